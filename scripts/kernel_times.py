"""Predicts how long kernels take on an H200 from what tern-count-kernels counts of them on the host.

A kernel takes the longest of what its memory, its caches, its shared memory, its instructions, its multiply-adds and its chain of
waits would take alone, and a constant for its start. The constants were fitted to half of the times of
docs/results/2026-11-26-h200.md; docs/results/2026-11-30-kernel-times.md says how well that foretells the other half.
"""
import pathlib
import re

MULTIPROCESSORS = 132
CLOCK = 1755.0  # per microsecond
SECTOR = 32  # bytes
REGISTERS = 16384  # of each of a multiprocessor's four parts; a warp takes a multiple of 256
SHARED = 228 * 1024  # bytes of a multiprocessor; a block takes 1 KiB beside its own

START = 3.0            # microseconds, of the first kernel of a pass
NEXT_START = 3.3       # of each that waits for another one
MEMORY = 4.28e6        # bytes a microsecond, of what a pass reads and writes once
CACHES = 4.24e6        # bytes a microsecond, of all sectors that move
PASSES = 1.28          # clocks of a multiprocessor for a pass over the banks of shared memory
INSTRUCTIONS = 7.7     # for each access of a warp
SCHEDULERS = 4         # of a multiprocessor, an instruction a clock each
FMA = 1.8              # the time of the multiply-adds, as a multiple of what 128 lanes need at best
TENSOR = 375e6         # operations a microsecond of tensor cores
WARPS = 38             # of a multiprocessor that hide each other's waits, at most
LOAD = 0.2             # microseconds that a load waits
BARRIER = 0.68         # microseconds that a barrier waits


class Kernel:
    """Counts of a kernel as tern-count-kernels writes them, scaled from the blocks that were looked at to all."""

    def __init__(self, counts):
        scale = counts["blocks"] / max(1, counts["counted_blocks"])
        self.address = counts["address"]
        self.launches = counts["launches"]
        self.blocks = counts["blocks"]
        self.threads = counts["threads"]
        self.shared_bytes = counts["shared_bytes"]
        self.warps = max(1.0, counts["blocks"] * max(1.0, counts["threads"] / 32))
        self.load_requests = counts["loads"]["requests"] * scale
        self.requests = sum(counts[which]["requests"] for which in ("loads", "stores")) * scale
        self.sectors = sum(counts[which]["sectors"] for which in ("loads", "stores")) * scale
        self.asked = sum(counts[which]["bytes"] for which in ("loads", "stores")) * scale
        self.shared_requests = sum(counts[which]["requests"] for which in ("shared_loads", "shared_stores")) * scale
        self.passes = sum(counts[which]["passes"] for which in ("shared_loads", "shared_stores")) * scale
        self.least_passes = sum(counts[which]["least"] for which in ("shared_loads", "shared_stores")) * scale
        self.barriers = counts["barriers"] / max(1, counts["counted_blocks"])

    def share_asked(self):
        """Of the bytes of all sectors that move, what was asked for."""
        return self.asked / (self.sectors * SECTOR) if self.sectors else 1.0

    def conflicts(self):
        """Passes over the banks, as a multiple of what they would be without conflicts."""
        return self.passes / self.least_passes if self.least_passes else 1.0

    def resident_warps(self, registers):
        """Of a multiprocessor, where a thread has so many registers (CUDA C++ Programming Guide, Compute Capabilities)."""
        warps = -(-self.threads // 32)
        of_a_part = REGISTERS // (-(-registers * 32 // 256) * 256)
        blocks = min(32, 64 // warps, SCHEDULERS * of_a_part // warps, SHARED // (self.shared_bytes + 1024))
        return blocks * warps

    def roofs(self, tensor_bytes, flops, on_tensor_cores):
        """Microseconds by name; flops: of this kernel."""
        resident = min(WARPS, max(1.0, self.threads / 32) * min(32, 2048 // max(32, self.threads)))
        rounds = max(1.0, self.warps / (MULTIPROCESSORS * resident))
        fma = flops / (2 * 128 * MULTIPROCESSORS * CLOCK) * FMA
        return {
            "memory": min(tensor_bytes, self.sectors * SECTOR) / MEMORY,
            "caches": self.sectors * SECTOR / CACHES,
            "shared memory": self.passes * PASSES / (MULTIPROCESSORS * CLOCK),
            "instructions": (self.requests + self.shared_requests) * INSTRUCTIONS / (MULTIPROCESSORS * SCHEDULERS * CLOCK),
            "multiply-adds": flops / TENSOR if on_tensor_cores else fma,
            "waits": rounds * (self.load_requests / self.warps * LOAD + self.barriers * BARRIER),
        }


def predict(case):
    """Microseconds of a case of tern-count-kernels, and for each of its kernels (Kernel, microseconds, name of the roof)."""
    kernels = [Kernel(counts) for counts in case["kernels"] if counts["blocks"] > 0]
    all_sectors = sum(kernel.sectors for kernel in kernels) or 1.0
    total, parts = 0.0, []
    for kernel in kernels:
        roofs = kernel.roofs(case["bytes"], case["flops"] * kernel.sectors / all_sectors,
                             case["implementation"] == "cuda_mma")
        roof = max(roofs, key=roofs.get)
        time = roofs[roof] + (NEXT_START if parts else START)
        parts.append((kernel, time, roof))
        total += time
    return total, parts


def measured_times(path):
    """Microseconds by (operation, pass, case, precision, implementation) of the table of kernels of a page in docs/results/."""
    times, columns = {}, {2: ("float32", "cuda"), 5: ("bfloat16", "cuda"), 6: ("bfloat16", "cuda_mma")}
    in_table = False
    for line in pathlib.Path(path).read_text().splitlines():
        in_table = line.startswith("| pass and case") or (in_table and line.startswith("|"))
        cells = [cell.strip() for cell in line.split("|")]
        name = re.fullmatch(r"(\w+)\.(\w+), (.*)", cells[1]) if in_table and len(cells) > 6 else None
        if not name:
            continue
        for column, kind in columns.items():
            text = cells[column].replace("*", "").replace(",", "")
            if re.fullmatch(r"[\d.]+", text):
                times[(*name.groups(), *kind)] = float(text)
    return times

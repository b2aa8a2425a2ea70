#!/usr/bin/env python3
"""Runs the commands of README.md, CONTRIBUTING.md and docs/, as they stand there, in a scratch folder.

usage: commands_test.py BIN [--onednn] [--bench]
BIN: the folder with the programs of this build; --onednn: it has oneDNN; --bench: only commands of tern-bench and on its
results, which are all that oneDNN changes

A command is a line of an indented block that starts with a program. The scratch folder has what the pages name:
build/release/bin, a data set DIR, images in photos/cat and photos/dog and cat.png, a trained run runs/RUN, the
weight files FILE and from_pytorch.safetensors, scripts/bench-report, scripts/scaling, and scripts/train without its installing and building.
What cannot run here is in NOT_RUN, with the reason; a line there that no page needs any more is an error, and so is a command that
fails.
"""

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAM = re.compile(
    r"(\w+=\S+ )*(\./|(build|scripts|tests|docs)/|(apt-get|bash|cmake|ctest|curl|git|mkdir|mpirun|pip3?|python3?|tar|tern)( |$))"
)
SAMPLES = {"data_batch_%d.bin" % k: 4 for k in range(1, 6)} | {"test_batch.bin": 8}

ONEDNN = r"scripts/bench-report .*--baseline onednn"
NOT_RUN = {  # whole commands: regular expression -> why
    r"(apt-get|pip) install .*": "installs packages",
    r"build/release/bin/tern data fetch.*": "needs the network",
    r"cmake --preset .*|cmake --build .*|ctest --preset .*": "builds this tree and tests it, which CI does",
    r"cmake -S docs/examples .*": "the test consumer does it",
    r"cmake --install .*": "the test consumer does it",
    r"mpirun --host .*": "needs several machines",
    r"mpirun .* --device cuda .*": "needs several GPUs",
    r"scripts/train": "trains for minutes; CI runs it for a few steps",
    r"(TERN_PRESET=\w+ )?scripts/test.*": "builds this tree and tests it, which CI does",
    r"scripts/(format|tidy).*": "changes or reads the whole tree; CI runs the first",
    r"scripts/docs": "needs doxygen; CI runs it",
    r"scripts/fuzz .*": "needs clang and a minute; CI runs it",
    r"scripts/mutate .*": "builds and tests for minutes",
    r"scripts/compare .*": "needs PyTorch and minutes",
    r"scripts/kernel-report.*": "needs nvcc and minutes",
    r"scripts/reproduce-paper .*": "takes minutes; a test runs it at a tiny scale",
    r"scripts/scaling --ranks .*": "takes minutes",
    r"scripts/gpu-tree .*": "builds this tree for a GPU",
    r"tar -xf DIR\.tar\.xz.*|\./gpu-check .*": "needs a GPU; a test runs it with pretended programs",
    r"build/release/bin/tern-test-.*": "a test of its own",
    r"build/release/bin/tern-bench .*cuda.*|scripts/bench-report .*gpu\.json.*": "needs a GPU",
    ONEDNN: "needs a build with oneDNN; CI's stage interop has one",
    r"python3 docs/interop/tern_weights\.py .*": "needs torch and safetensors: the test interop runs it",
    r"python3 tests/interop/compare_opinfo\.py .*": "needs torch's own tests",
    r"python3 /usr/share/benchmark/compare\.py .*": "needs Debian's libbenchmark-tools and python3-scipy",
}


def commands(page):
    """(line number, command) of each command; a line that ends in a backslash continues."""
    lines = page.read_text().split("\n")
    number = 0
    while number < len(lines):
        start, text = number + 1, lines[number]
        while text.endswith("\\"):
            number += 1
            text = text[:-1].rstrip() + " " + lines[number].strip()
        number += 1
        if text.startswith("    ") and PROGRAM.match(text[4:]):
            yield start, re.sub(r"\s+# .*", "", text.strip())


def make_png(path, side, colour):
    """An image of one colour."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes(colour) * side) * side
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def make_place(bin_folder):
    """The files that the pages name, in the current folder."""
    Path("build/release").mkdir(parents=True)
    Path("build/release/bin").symlink_to(bin_folder)
    Path("docs").symlink_to(ROOT / "docs")
    Path("scripts").mkdir()
    for name in ("bench-report", "scaling"):
        (Path("scripts") / name).symlink_to(ROOT / "scripts" / name)
    Path("scripts/train").write_text('#!/bin/sh\nexec build/release/bin/tern train "$@"\n')
    Path("scripts/train").chmod(0o755)
    Path("DIR").mkdir()
    for name, count in SAMPLES.items():
        samples = b"".join(bytes([k % 10]) + bytes((k * 7 + i) % 256 for i in range(3072)) for k in range(count))
        (Path("DIR") / name).write_bytes(samples)
    for k in range(10):
        make_png(Path("photos/cat") / f"{k}.png", 40, (k, 0, 255))
        make_png(Path("photos/dog") / f"{k}.png", 32, (k, 255, 0))
    make_png(Path("cat.png"), 50, (9, 9, 9))
    run("build/release/bin/tern train --data DIR --steps 1 --run runs/RUN").check_returncode()
    for name in ("FILE", "from_pytorch.safetensors"):
        shutil.copy("runs/RUN/last.safetensors", name)


def run(command):
    own = {"HOME": os.getcwd(), "BENCHMARK_MIN_TIME": "0.001", "TERN_THREADS": "1"}
    own |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TERN_")} | own
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def main():
    found = [(page.relative_to(ROOT), line, command) for page in PAGES for line, command in commands(page)]
    used, ran, failed = set(), 0, 0
    bin_folder = Path(sys.argv[1]).resolve()
    if "--onednn" in sys.argv[2:]:
        del NOT_RUN[ONEDNN]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_place(bin_folder)
        for page, line, command in found:
            reasons = [pattern for pattern in NOT_RUN if re.fullmatch(pattern, command)]
            used.update(reasons)
            if reasons:
                print(f"{page}:{line}: not run, {NOT_RUN[reasons[0]]}: {command}")
                continue
            if "--bench" in sys.argv[2:] and not re.search("tern-bench|bench-report", command):
                continue
            start = time.monotonic()
            done = run(command)
            ran += 1
            seconds = time.monotonic() - start
            print(f"{page}:{line}: status {done.returncode}, {seconds:.1f} s: {command}", flush=True)
            if done.returncode:
                failed += 1
                print(done.stdout)
        os.chdir("/")
    for pattern in NOT_RUN.keys() - used:
        failed += 1
        print(f"no page has a command like this any more: {pattern}")
    print(f"{ran} of {len(found)} commands run, {failed} faults")
    if failed or ran < 10:
        sys.exit(1)


if __name__ == "__main__":
    main()

"""What this machine and the programs on it can do."""

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import measuring

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "bench/peers"), str(ROOT / "tests/distributed")]
import jobs  # noqa: E402
import machine  # noqa: E402

MPIRUN = dataclasses.replace(jobs.OPEN_MPI, flags=["--oversubscribe", "--bind-to", "none"])


@dataclasses.dataclass(frozen=True)
class Here:
    tern: str
    python: str       # for PyTorch and Keras
    info: dict        # of tern info --json
    has_workers: bool  # whether tern train takes --workers
    has_report: bool   # whether there is tern report
    lacks: dict       # "MPI", "GPU", "PyTorch", "PyTorch's GPU", "Keras": why not, or ""

    @property
    def cpus(self):
        return self.info["threads"]

    def facts(self):
        """As the page lists them."""
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        gpus = ", ".join(device["name"] for device in self.info["devices"] if not device["problem"])
        return {"CPU": f"{machine.cpu_name()}, {self.cpus} CPUs, {self.info['simd']}", "memory": f"{memory:.1f} GiB",
                "GPU": gpus or "none", "load when it began": f"{os.getloadavg()[0]:.1f}",
                "tern": f"{self.info['tern']}{commit()}, {self.info['build']}", "MPI": self.info["mpi"]}


def commit():
    done = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False) \
        if shutil.which("git") else None
    return f" ({done.stdout.strip()})" if done and done.returncode == 0 else ""


def help_of(*command):
    return subprocess.run([*command, "--help"], capture_output=True, text=True, check=False).stdout


def lacking(info, python):
    """What is not there, and why."""
    usable = [device for device in info["devices"] if not device["problem"]]
    no_gpu = "" if usable else info["no_device"] or "; ".join(device["problem"] for device in info["devices"])
    no_mpi = "" if "Open MPI" in info["mpi"] else f"tern finds no Open MPI ({info['mpi']})"
    if not no_mpi and not shutil.which(MPIRUN.program):
        no_mpi = f"needs {MPIRUN.program}: apt-get install openmpi-bin"

    def no_module(*modules):
        if not shutil.which(python):
            return f"there is no {python}; --python names a Python"
        module = measuring.missing_module(python, modules)
        return f"{python} has no {module}; --python names a Python that has it" if module else ""

    no_torch = no_module("torch", "numpy")
    sees = [python, "-c", "import torch; raise SystemExit(not torch.cuda.is_available())"]
    blind = no_torch or no_gpu or (subprocess.run(sees, capture_output=True, check=False).returncode and "PyTorch finds no CUDA device")
    return {"MPI": no_mpi, "GPU": no_gpu, "PyTorch": no_torch, "PyTorch's GPU": blind or "", "Keras": no_module("keras", "tensorflow", "numpy")}


def look_around(tern, python):
    """Raises measuring.Failed where tern does not run, or is another version."""
    environment = jobs.own_environment()
    del environment["TERN_THREADS"]  # to see how many it takes by itself
    info = measuring.run_json([tern, "info", "--json"], environment=environment)
    if not {"threads", "devices", "no_device", "mpi", "simd", "models"} <= info.keys():
        raise measuring.Failed(f"{tern} info --json says too little: it is not a tern of this version")
    commands = [line.split()[:1] for line in help_of(tern).splitlines()]
    return Here(tern, python, info, "--workers" in help_of(tern, "train"), ["report"] in commands, lacking(info, python))

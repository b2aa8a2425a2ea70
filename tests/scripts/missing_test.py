#!/usr/bin/env python3
"""What the scripts say where what they call is missing, or are called wrongly: one line, with what mends it.

usage: missing_test.py
Each row runs in a copy of the tree without history, from another folder, by a path with a blank. Programs that are
"missing" are so by a PATH that has links to all others; those that a row has beside NEEDED are pretended, so that no
result depends on what is installed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAILED = []
NEEDED = "bash env cat awk sed grep head tail cut od tr sort dirname basename realpath mktemp rm mkdir ln cp ls date nproc python3 uname".split()
PYTHON = Path("/usr/bin/python3") if Path("/usr/bin/python3").exists() else Path(sys.executable)

# What the scripts ask of them in a tree without history.
PRETENDED = {
    "clang-format": "#!/bin/sh\necho 'Debian clang-format version 14.0.6'\n",
    "clang-tidy": "#!/bin/sh\n",
    "git": "#!/bin/sh\necho 'fatal: not a git repository (or any of the parent directories): .git' >&2\nexit 128\n",
}

NO_TORCH = "has no torch; pip install torch numpy, or run this with a Python that has them"
# Script and arguments; exit status; what its one line on standard error has; programs beside NEEDED that are there.
ROWS = [
    ("scripts/format", 1, "format: needs clang-format 14: apt-get install clang-format", ""),
    ("scripts/format", 1, "format: needs git to list the files of the tree (apt-get install git)", "clang-format"),
    ("scripts/format", 1, "format: git cannot list the files of the tree (fatal: not a git repository", "clang-format git"),
    ("scripts/format none.cpp", 1, "format: none.cpp: no such file", "clang-format git"),
    ("scripts/format --chek", 2, "format: takes no --chek; see ", "clang-format git"),
    ("scripts/check-text", 1, "check-text: needs git to list the files of the tree", ""),
    ("scripts/check-text", 1, "check-text: git cannot list the files of the tree (fatal: not a git repository", "git"),
    ("scripts/check-text none.md", 1, "check-text: none.md: no such file", "git"),
    ("scripts/check-text --all", 2, "check-text: takes no --all; see ", "git"),
    ("scripts/check-includes none", 2, "check-includes: none: no such folder", ""),
    ("scripts/check-includes --fly", 2, "check-includes: takes no --fly; usage: ", ""),
    ("scripts/tidy", 1, "tidy: needs clang-tidy: apt-get install clang-tidy", "git"),
    ("scripts/tidy", 1, "build/release/compile_commands.json; first: cmake --preset release", "git clang-tidy"),
    ("scripts/tidy none.cpp", 1, "tidy: none.cpp: no such file", "git clang-tidy"),
    ("scripts/docs extra", 2, "docs: takes no extra; see ", ""),
    ("scripts/docs", 1, "docs: needs doxygen: apt-get install doxygen", ""),
    ("scripts/fuzz 1 nothing", 2, "fuzz: no target nothing, only: ", ""),
    ("scripts/fuzz 1", 1, "fuzz: needs clang++: apt-get install clang", ""),
    ("scripts/gpu-tree", 2, "gpu-tree: needs one DIR; see ", ""),
    ("scripts/gpu-tree --fly x DIR", 2, "gpu-tree: takes no --fly; see ", ""),
    ("scripts/gpu-tree DIR", 1, "gpu-tree: needs cmake: apt-get install cmake", ""),
    ("scripts/gpu-check", 1, "No such file or directory: '{tree}/build/release/bin/tern'; --bin names its folder", ""),
    ("scripts/gpu-check --bin no-json", 1, "wrote no JSON: it is not a tern of this version", ""),
    ("scripts/gpu-check --bin old", 1, "names no models: it is not a tern of this version", ""),
    ("scripts/gpu-check --bin gpu --out file", 1, "gpu-check: --out file: File exists", ""),
    ("scripts/gpu-check --epochs 0", 2, "--epochs must be at least 1, got 0", ""),
    ("scripts/gpu-check --limit nan", 2, "--limit must be at least 0, got nan", ""),
    ("scripts/gpu-check --only fly", 2, "--only: fly is none of tests, ", ""),
    ("scripts/kernel-report", 1, "no such file; configure first: cmake --preset release", ""),
    ("scripts/kernel-report --build no-json", 1, "is not JSON (", ""),
    ("scripts/kernel-report --build no-cuda", 1, "no-cuda compiles no CUDA source of kernels/; with CUDA: cmake --preset cuda", ""),
    ("scripts/kernel-report --build no-nvcc", 1, "[/nowhere/nvcc] No such file or directory; configure again where nvcc is", ""),
    ("scripts/kernel-report --counts --build no-cuda", 1, "no-cuda/bin/tern-count-kernels] No such file or directory; build it, with CUDA", ""),
    ("scripts/kernel-report --check none.json", 1, "none.json'; write it with --record", ""),
    ("scripts/scaling", 1, "scaling: {tree}/build/release/bin/tern: no such program; --tern says where it is", ""),
    ("scripts/scaling --tern gpu/tern", 1, "scaling: needs mpirun.openmpi: apt-get install openmpi-bin", ""),
    ("scripts/scaling --rounds 0", 2, "--rounds must be at least 1, got 0", ""),
    ("scripts/scaling --ranks 1,two", 2, "argument --ranks: must be numbers of ranks, as 1,2,4; got 1,two", ""),
    ("scripts/scaling --link 1e9", 2, "argument --link: must be BITS_PER_SECOND:SECONDS, as 1e9:1e-3; got 1e9", ""),
    ("scripts/scaling --link 0:1", 2, "argument --link: must be BITS_PER_SECOND:SECONDS, as 1e9:1e-3; got 0:1", ""),
    ("scripts/bench-report none.json", 1, "bench-report: none.json: No such file or directory", ""),
    ("scripts/bench-report file", 1, "bench-report: file: not JSON: ", ""),
    ("scripts/bench-report no-json", 1, "bench-report: no-json: Is a directory", ""),
    ("scripts/bench-report", 2, "required: RESULTS.json", ""),
    ("scripts/compare --data synthetic", 1, "compare: no {tree}/build/release/bin/tern; make it: cmake --preset release", ""),
    ("scripts/compare --inference", 1, "bin/tern-bench; make it: cmake --preset release && cmake --build build/release --target "
     "tern-bench; or say where it is: --tern-bench", ""),
    ("scripts/compare --operations", 1, "bin/tern-bench; make it: cmake --preset release", ""),
    ("scripts/compare --inference --tern-bench gpu/tern --python none", 1, "compare: no none; --python names a Python", ""),
    ("scripts/compare --inference --tern-bench gpu/tern --python {python}", 1, "has no torch; --python names a Python", ""),
    ("scripts/compare --inference --tern-bench none/tern-bench", 1, "compare: no none/tern-bench; make it: ", ""),
    ("scripts/compare", 2, "--data: the folder with CIFAR-10's .bin files, or: synthetic", ""),
    ("scripts/compare --warmup -1", 2, "argument --warmup: -1, expected at least 1", ""),
    ("scripts/compare --tern-flags '", 2, "argument --tern-flags: ': No closing quotation", ""),
    ("scripts/compare --steps x", 2, "argument --steps: invalid positive value: 'x'", ""),
    ("scripts/reproduce-paper --data synthetic --output x", 1, "reproduce-paper: {tree}/build/release/bin/tern: no such program; --tern says", ""),
    ("scripts/reproduce-paper --data synthetic --output x --tern no-json/tern", 1, "reproduce-paper: no-json/tern info --json: wrote no JSON", ""),
    ("scripts/reproduce-paper --data synthetic --output x --tern old/tern", 1, "says too little: it is not a tern of this version", ""),
    ("scripts/reproduce-paper --output x", 2, "--data: the folder with CIFAR-10's .bin files, or: synthetic", ""),
    ("scripts/reproduce-paper --data synthetic", 2, "the following arguments are required: --output", ""),
    ("scripts/reproduce-paper --data synthetic --output x --only fly", 2, "argument --only: fly is none of sequential, threads, ", ""),
    ("scripts/reproduce-paper --data synthetic --output x --epochs 0", 2, "argument --epochs: 0, expected at least 1", ""),
    ("scripts/reproduce-paper --data synthetic --output x --scale big", 2, "argument --scale: invalid choice: 'big'", ""),
    ("bench/peers/keras_peer.py --data DIR --steps 1", 1, f"keras_peer.py: {PYTHON} has no numpy; pip install tensorflow", ""),
    ("bench/peers/pytorch.py --data synthetic", 1, f"pytorch.py: {PYTHON} {NO_TORCH}".replace("no torch", "no numpy"), ""),
    ("scripts/time-to-accuracy --data synthetic --tern none", 1, "time-to-accuracy: none: No such file", ""),
    ("scripts/time-to-accuracy", 2, "--data: the folder with CIFAR-10's .bin files", ""),
    ("bench/peers/recipe.py", 1, f"pytorch.py: {PYTHON} {NO_TORCH}".replace("no torch", "no numpy"), ""),
    ("bench/peers/inference.py", 1, f"inference.py: {PYTHON} {NO_TORCH}", ""),
    ("tests/parity/parity.py --data DIR", 1, NO_TORCH.replace("no torch", "no numpy"), ""),
    ("tests/parity/replicas.py tern", 1, f"replicas.py: {PYTHON} {NO_TORCH}".replace("no torch", "no numpy"), ""),
]
HELP = "bench-report check-includes check-text compare docs format fuzz gpu-check gpu-tree kernel-report reproduce-paper scaling tidy".split()


def make_tree(tree):
    """The scripts and what they read of the tree, as from an archive."""
    tree.mkdir()
    for name in ("scripts", "bench", "tests", "docs", "CMakePresets.json"):
        (tree / name).symlink_to(ROOT / name)
    # Where scripts look for the tree they follow no link to it.
    (tree / "scripts").unlink()
    (tree / "scripts").mkdir()
    for path in (ROOT / "scripts").iterdir():
        if path.is_file():
            (tree / "scripts" / path.name).write_bytes(path.read_bytes())
            (tree / "scripts" / path.name).chmod(path.stat().st_mode)
    for package in ("bench_report", "reproduce_paper"):
        (tree / "scripts" / package).symlink_to(ROOT / "scripts" / package)


def make_place():
    """Files for the rows, in the current folder."""
    Path("file").write_text("no JSON")
    for folder, text in {"no-json": "no JSON", "no-cuda": "[]", "no-nvcc": ""}.items():
        Path(folder).mkdir()
        Path(folder, "compile_commands.json").write_text(text)
    source = Path("tree of tern").resolve() / "kernels/pad/pad_cuda.cu"
    Path("no-nvcc/compile_commands.json").write_text(
        f'[{{"file": "{source}", "command": "/nowhere/nvcc -c x -o y", "directory": "."}}]')
    for folder, answer in {"no-json": "hello", "gpu": '{"devices": [{"problem": ""}], "no_device": "", "operations": [], "models": []}',
                           "old": '{"devices": [{"problem": ""}], "no_device": "", "operations": []}'}.items():
        Path(folder).mkdir(exist_ok=True)
        Path(folder, "tern").write_text(f"#!/bin/sh\necho '{answer}'\n")
        Path(folder, "tern").chmod(0o755)


def folder_of_programs(extra):
    """A folder with links to NEEDED and the extra programs."""
    folder = Path("bin " + extra).resolve()
    if not folder.exists():
        folder.mkdir()
        for name in NEEDED + extra.split():
            program = folder / name
            if name == "python3":  # one that has no torch, whatever is installed
                program.write_text(f'#!/bin/sh\nexec {PYTHON} -S "$@"\n')
            elif name in PRETENDED:
                program.write_text(PRETENDED[name])
            else:
                program.symlink_to(shutil.which(name))
            if not program.is_symlink():
                program.chmod(0o755)
    return folder


def run(tree, words, extra):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("TERN_", "PYTHON", "GIT_"))}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PATH": str(folder_of_programs(extra))}
    return subprocess.run([str(tree / words[0]), *words[1:]], env=environment, capture_output=True, text=True, timeout=60)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(Path(folder).resolve())
        tree = Path("tree of tern").resolve()
        make_tree(tree)
        make_place()
        before = sorted(os.listdir())
        for command, status, expected, extra in ROWS:
            words = [word.format(tree=tree, python=folder_of_programs("") / "python3") for word in command.split()]
            done = run(tree, words, extra)
            # argparse prints its usage before its line; scripts that install say first that they cannot here.
            lines = [line for line in done.stderr.splitlines() if not line.startswith(("This is not a Debian-like", "usage:", "  "))]
            good = done.returncode == status and len(lines) == 1 and expected.format(tree=tree) in lines[0]
            if not good or "Traceback" in done.stderr:
                FAILED.append(f"{command} ({extra}): status {done.returncode}, expected {status} and '{expected}' in:\n{done.stderr}")
        for name in HELP:
            done = run(tree, [f"scripts/{name}", "--help"], "")
            if done.returncode != 0 or done.stderr or len(done.stdout) < 80:
                FAILED.append(f"{name} --help: status {done.returncode}, {done.stdout}{done.stderr}")
        left = [name for name in os.listdir() if name not in before and not name.startswith("bin ")]
        if left:
            FAILED.append(f"left behind: {left}")
        os.chdir("/")
    print("\n".join(FAILED) or f"{len(ROWS)} rows are as they should be")
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()

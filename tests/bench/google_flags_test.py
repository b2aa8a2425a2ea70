#!/usr/bin/env python3
"""tern-bench's flags of Google Benchmark: what is wrong is one line of tern's, before anything is measured or written.

usage: google_flags_test.py TERN_BENCH
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

PROGRAM = str(Path(sys.argv[1]).resolve())
QUICK = ["--benchmark_filter=^pad.*/cpu/", "--benchmark_min_time=0.001"]
FAILED = []

USAGE = [  # flags, the line after "tern-bench: "
    (["--benchmark_filter=nothing"],
     "[--benchmark_filter] must match a name of tern-bench --benchmark_list_tests, got nothing"),
    (["--benchmark_filter=nothing", "--benchmark_list_tests"],
     "[--benchmark_filter] must match a name of tern-bench --benchmark_list_tests, got nothing"),
    (["--benchmark_filter=("], "[--benchmark_filter] must be a regular expression, got (: "),
    (["--benchmark_filter=a", "--benchmark_filter=b"],
     "[--benchmark_filter] takes one value, once; see tern-bench --help"),
    (["--benchmark_min_time=abc"], "[--benchmark_min_time] must be a number of at least 0, got abc"),
    (["--benchmark_min_time=nan"], "[--benchmark_min_time] must be a number of at least 0, got nan"),
    (["--benchmark_min_warmup_time=-1"], "[--benchmark_min_warmup_time] must be a number of at least 0, got -1"),
    (["--benchmark_repetitions=-1"],
     "[--benchmark_repetitions] must be a whole number from 1 to 2147483647, got -1"),
    (["--benchmark_repetitions=99999999999"],
     "[--benchmark_repetitions] must be a whole number from 1 to 2147483647, got 99999999999"),
    (["--benchmark_format=xml"], "[--benchmark_format] must be one of console, json, csv, got xml"),
    (["--benchmark_out=out", "--benchmark_out_format=xml"],
     "[--benchmark_out_format] must be one of console, json, csv, got xml"),
    (["--benchmark_out_format=json"], "[--benchmark_out_format] goes together with --benchmark_out"),
    (["--benchmark_out", ""], "[--benchmark_out] must name the file to write, got an empty name"),
    (["--benchmark_color=red"], "[--benchmark_color] must be one of auto, true, false, got red"),
    (["--benchmark_time_unit=h"], "[--benchmark_time_unit] must be one of ns, us, ms, s, got h"),
    (["--benchmark_list_tests=maybe"], "[--benchmark_list_tests] takes no value, or true or false, got maybe"),
    (["--benchmark_context=x"], "[--benchmark_context] must be KEY=VALUE,..., got x"),
    (["--benchmark_context=a=1,a=2"], "[--benchmark_context] has the key a twice, or tern-bench has it"),
    (["--benchmark_context=copy=1"], "[--benchmark_context] has the key copy twice, or tern-bench has it"),
    (["--benchmark_fly"], "[tern-bench] takes no --benchmark_fly; see tern-bench --help"),
    (["--benchmark_filt=x"], "[tern-bench] takes no --benchmark_filt=x; see tern-bench --help"),
    (["--benchmark_min_time"], "[--benchmark_min_time] takes one value, once; see tern-bench --help"),
    (["extra"], "[tern-bench] takes no extra; see tern-bench --help"),
    ([""], '[tern-bench] takes no ""; see tern-bench --help'),
    (["--profile", "--benchmark_filter=x"],
     "[tern-bench --profile] takes no --benchmark_filter=x; see tern-bench --profile --help"),
    (["--profile", "--steps"], "[--steps] takes one value, once; see tern-bench --profile --help"),
    (["--profile", "--onednn=maybe"], "[--onednn] takes no value, or true or false, got maybe"),
    (["--inference", "--json="], "[--json] takes one value, once; see tern-bench --inference --help"),
]
FILES = [  # flags that need a file, which cannot be written
    (["--benchmark_out=folder"], "[folder] is a folder, expected a file"),
    (["--benchmark_out=none/out"], "[none/out] cannot be created: No such file or directory"),
    (["--benchmark_out=old/out"], "[old/out] cannot be written: Not a directory"),
    (["--profile", "--json=folder"], "[folder] is a folder, expected a file"),
    (["--inference", "--json=none/out"], "[none/out] cannot be created: No such file or directory"),
]


def check(condition, text):
    if not condition:
        FAILED.append(text)


def run(*flags, **variables):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BENCHMARK_")}
    return subprocess.run([PROGRAM, *flags], capture_output=True, text=True, check=False, timeout=120,
                          env=environment | {"TERN_THREADS": "1"} | variables)


def check_refused(status, flags, line, **variables):
    done = run(*flags, **variables)
    check((done.returncode, done.stdout) == (status, ""), f"{flags}: status {done.returncode}, {done.stdout}")
    check(done.stderr.count("\n") == 1 and done.stderr.startswith(f"tern-bench: {line}"), f"{flags}: {done.stderr}")
    check(sorted(os.listdir()) == ["folder", "old"], f"{flags}: left {os.listdir()}")


def check_files():
    """Written when all is there: also over an old file, and into a pipe, which stays one."""
    done = run(*QUICK, "--benchmark_out=old", "--benchmark_context=note=x")
    result = json.loads(Path("old").read_text())
    check(done.returncode == 0 and "pad.forward" in done.stdout, f"status {done.returncode}, {done.stderr}")
    check(len(result["benchmarks"]) == 2 and result["context"]["note"] == "x", f"the file: {result}")
    os.mkfifo("pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_text()), daemon=True)
    reader.start()
    run(*QUICK, "--benchmark_out=pipe")
    reader.join(20)
    check(Path("pipe").is_fifo() and read and json.loads(read[0])["benchmarks"], f"the pipe gave {read}")
    full = run(*QUICK, "--benchmark_out=/dev/full")
    line = "tern-bench: [/dev/full] cannot be written: No space left on device"
    check(full.returncode == 1 and full.stderr.splitlines()[-1] == line, f"a full disk: {full.stderr}")
    # The library would end the process for want of counters.
    check(run(*QUICK, BENCHMARK_PERF_COUNTERS="CYCLES").returncode == 0, "BENCHMARK_PERF_COUNTERS")
    with open("/dev/full", "w") as nowhere:
        done = subprocess.run([PROGRAM, "--benchmark_list_tests"], stdout=nowhere, stderr=subprocess.PIPE, text=True)
    check((done.returncode, done.stderr) == (1, "tern-bench: [standard output] cannot be written\n"), f"{done}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("folder").mkdir()
        Path("old").write_text("old")
        for flags, line in USAGE:
            check_refused(2, flags, line)
        for flags, line in FILES:
            check_refused(1, flags, line)
        check_refused(2, ["--benchmark_filter=nothing", "--benchmark_out=old"], "[--benchmark_filter] must match")
        check_refused(2, [], "[--benchmark_format] must be one of", BENCHMARK_FORMAT="xml")
        check(Path("old").read_text() == "old", "an older file is gone")
        check_files()
        os.chdir("/")
    for text in FAILED:
        print(text)
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""scripts/bench-report on results that this test writes: its table, its page, and what it says of bad files."""

import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/bench-report"
FAILED = []

CPU_CONTEXT = {
    "date": "2026-11-26T10:00:00+00:00", "host_name": "somewhere", "num_cpus": 2, "mhz_per_cpu": 2445,
    "load_avg": [1.26, 1, 1], "copy": "10.123 GB/s read and written", "peak float32": "50.5 GFLOP/s", "threads": "2",
}  # fmt: skip
GPU_CONTEXT = {
    "device": "Some GPU", "device copy": "2800 GB/s read and written", "device peak float32": "61000.25 GFLOP/s",
    "device peak bfloat16": "6.6e+05 GFLOP/s", "threads": "16", "copy": "99 GB/s", "peak float32": "999 GFLOP/s",
}  # fmt: skip


def check(condition, text):
    if not condition:
        FAILED.append(text)


def row(name, **values):
    return {"name": name, "run_name": name, "run_type": "iteration", "repetition_index": 0, "time_unit": "us", **values}


def rates(copy, peak=None):
    computed = {} if peak is None else {"GFLOP/s": peak / 2, "%peak": peak}
    return {"GB/s": copy / 10, "%copy": copy, **computed}


def on_cpu(name, microseconds, copy, peak=None, **values):
    return row(f"{name}/real_time", real_time=microseconds, **rates(copy, peak), **values)


def on_gpu(name, microseconds, copy, peak=None):
    # real_time is the mean of the launches, "us" the median, which counts.
    name = f"{name}/iterations:15/manual_time"
    return row(name, real_time=7 * microseconds, us=microseconds, **rates(copy, peak))


def refused(name, why):
    return row(name, real_time=0.0, error_occurred=True, error_message=why)


CPU_ROWS = [
    on_cpu("conv2d.forward/3x3 3-32/ref", 90000, 1, 2),
    on_cpu("conv2d.forward/3x3 3-32/cpu", 1200, 20, 80),
    on_cpu("pad.forward/image batch/cpu", 50, 110),
    on_cpu("softmax.forward/1000 classes, log/cpu", 30, 40, 10, repetition_index=0),
    on_cpu("softmax.forward/1000 classes, log/cpu", 10, 60, 30, repetition_index=1),
    on_cpu("softmax.forward/1000 classes, log/cpu", 20, 50, 20, repetition_index=2),
    {**on_cpu("softmax.forward/1000 classes, log/cpu", 99, 1), "run_type": "aggregate", "aggregate_name": "mean"},
    on_cpu("odd.step/a|b <i>&amp; 1/2/cuda/float32/hot\n\"x\"/cpu", 3, 5, 6),
    refused("odd.step/never/cpu/real_time", "sum | mean <only>"),
]
GPU_ROWS = [
    on_gpu("conv2d.forward/3x3 3-32/cuda/float32/cold", 24, 15, 20),
    on_gpu("conv2d.forward/3x3 3-32/cuda/float32/hot", 12, 15, 20),
    on_gpu("conv2d.forward/3x3 3-32/cuda/bfloat16/cold", 20, 15, 20),
    refused("conv2d.forward/3x3 3-32/cuda_mma/float32/cold/iterations:15/manual_time", "only 16-bit types"),
    on_gpu("conv2d.forward/3x3 3-32/cuda_mma/bfloat16/cold", 6, 15, 20),
    on_gpu("conv2d.forward/3x3 3-32/cudnn/float32/cold", 30, 15, 20),
    on_gpu("pad.forward/image batch/cuda/float32/cold", 0.5, 99),
    refused("pad.forward/image batch/cudnn/float32/cold/iterations:15/manual_time", "only 16-bit types"),
]


def write(name, rows, context):
    Path(name).write_text(json.dumps({"context": context, "benchmarks": rows}))


def run(*arguments):
    done = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def says(out, *lines):
    for line in lines:
        check(line in out.splitlines(), f"no line {line!r} in\n{out}")


def check_cpu_alone():
    status, out, err = run("cpu.json")
    check(status == 0 and not err, f"CPU alone: status {status}, {err}")
    says(
        out,
        "* cpu.json: 2026-11-26T10:00:00+00:00; 2 CPUs of 2445 MHz; load 1.3 when it started; copy: 10.1 GB/s read and "
        "written; peak float32: 50.5 GFLOP/s; threads: 2",
        "Microseconds of a run, the fastest marked. CPU: float32.",
        "| pass and case | ref | cpu | nearest peak |",
        "| --- | ---: | ---: | ---: |",
        "| conv2d.forward, 3x3 3-32 | 90,000 | **1,200** | 80% of compute |",
        "| pad.forward, image batch |  | **50.0** | 110% of copy |",
        "| softmax.forward, 1000 classes, log |  | **20.0** | 50% of copy |",
        '| odd.step, a\\|b \\<i>&amp; 1/2/cuda/float32/hot?"x" |  | **3.00** | 6% of compute |',
        "| odd.step, never |  | - (1) |  |",
        "* (1) sum \\| mean \\<only>",
    )
    check("somewhere" not in out, "the name of the host is told")
    says(run("cpu.json", "--baseline", "ref")[1], "| conv2d.forward, 3x3 3-32 | 90,000 | **1,200** | 75.0 | 80% of compute |")


def check_order():
    """Interleaved runs come in any order; they are shown as they were registered."""
    names = ["b.x/1/cpu", "a.x/2/cpu", "a.x/1/cpu"]
    rows = [on_cpu(name, 1, 1, family_index=index) for index, name in enumerate(names)]
    write("order.json", rows[::-1], {})
    lines = [line for line in run("order.json")[1].splitlines() if ".x, " in line]
    check([line[:7] for line in lines] == ["| b.x, ", "| a.x, ", "| a.x, "] and ", 2 " in lines[1], f"order {lines}")


def check_rounded():
    """A version that rounds its inputs stands beside those of bfloat16, not of float32."""
    write("rounded.json", [on_cpu("linear.forward/64/cpu", 4, 1), on_cpu("linear.forward/64/cpu_bf16", 2, 1)], {})
    says(run("rounded.json")[1], "| linear.forward, 64 | **4.00** | 1% of copy |")
    says(run("rounded.json", "--dtype", "bfloat16")[1], "| linear.forward, 64 | 4.00 | **2.00** | 1% of copy |")


def check_both():
    status, out, err = run("cpu.json", "gpu.json")
    check(status == 0 and not err, f"both: status {status}, {err}")
    says(
        out,
        "Microseconds of a run, the fastest marked. CPU: float32; GPU: float32, inputs not in the L2 cache.",
        "| pass and case | ref | cpu | cuda | cuda_mma | cudnn | CPU / GPU | nearest peak |",
        "| conv2d.forward, 3x3 3-32 | 90,000 | 1,200 | **24.0** | - (1) | 30.0 | 50.0 | 20% of compute |",
        "| pad.forward, image batch |  | 50.0 | **0.50** |  | - (1) | 100.0 | 99% of copy |",
        "* (1) only 16-bit types",
    )
    says(
        run("cpu.json", "gpu.json", "--dtype", "bfloat16")[1],
        "| conv2d.forward, 3x3 3-32 | 90,000 | 1,200 | 20.0 | **6.00** | 200.0 | 20% of compute |",
        "| pad.forward, image batch |  | **50.0** |  |  |  | 110% of copy |",
    )
    says(
        run("gpu.json", "--baseline", "cudnn")[1],
        "| pass and case | cuda | cuda_mma | cudnn | cudnn / fastest other | nearest peak |",
        "| conv2d.forward, 3x3 3-32 | **24.0** | - (1) | 30.0 | 1.25 | 20% of compute |",
    )
    says(run("gpu.json", "--cache", "hot")[1], "| conv2d.forward, 3x3 3-32 | **12.0** | 20% of compute |")


def check_page():
    for files, roofs in ((["cpu.json", "gpu.json"], ["CPU: 50.5 GFLOP/s, 10.1 GB/s", "GPU: 61,000 GFLOP/s, 2,800 GB/s"]),
                         (["cpu.json"], ["CPU: 50.5 GFLOP/s, 10.1 GB/s"])):  # fmt: skip
        status, out, err = run(*files, "--html", "page.html")
        check(status == 0 and out == run(*files)[1], f"the table beside the page: status {status}, {err}")
        page = Path("page.html").read_text(encoding="utf-8")
        check("<script" not in page and "http" not in page, "the page needs something else")
        root = xml.etree.ElementTree.fromstring(f"<root>{page[page.index('<body>') : page.index('</html>')]}</root>")
        figures = {figure.find("h3").text: figure for figure in root.iter("figure")}
        check(list(figures) == ["conv2d", "pad", "softmax", "odd"], f"figures {list(figures)}")
        titles = [title.text for title in figures["conv2d"].iter("title")]
        check(titles[: len(roofs)] == roofs, f"roofs {titles}")
        cpu = "conv2d.forward, 3x3 3-32, cpu: 1,200 µs, 40.0 GFLOP/s (80% of compute), 2.00 GB/s (20% of copy)"
        check(cpu in titles, f"marks {titles}")
        check(len(titles) == len(roofs) + len(files) * 2, f"refused rows have no marks: {titles}")
        bars = [bar.find("title").text for bar in figures["pad"].iter("rect")]
        check(bars[0] == "pad.forward, image batch, cpu: 50.0 µs, 11.0 GB/s (110% of copy)", f"bars {bars}")
        check(any("odd.step, a|b <i>&amp; 1/2" in "".join(cell.itertext()) for cell in root.iter("td")), "an odd name in the page's table")
        check("NaN" not in page and "nan" not in page, "a coordinate that is not a number")


def check_fails(expected, *arguments, status=1):
    got, out, err = run(*arguments)
    check(got == status and not out, f"{arguments}: status {got}, {out}")
    check(err.startswith(f"bench-report: {expected}") and err.count("\n") == 1, f"{arguments}: {err}")


def check_bad_files():
    Path("link.html").symlink_to("cpu.json")
    check_fails("none.json: No such file or directory", "none.json")
    check_fails("cpu.json: \"conv2d.forward/3x3 3-32/ref/float32\" is in cpu.json too", "cpu.json", "cpu.json")
    check_fails("no row of a GPU is float16 cold, there are bfloat16 cold,", "gpu.json", "--dtype", "float16")
    check_fails("--baseline cudnn: there is only ref, cpu", "cpu.json", "--baseline", "cudnn")
    for page in "cpu.json", "link.html":
        check_fails(f"--html {page} would replace cpu.json, which is read", "cpu.json", "--html", page)
    check_fails("nowhere/page.html: No such file or directory", "cpu.json", "--html", "nowhere/page.html")
    texts = {
        "": "not JSON: ", "{\"benchmarks\": [": "not JSON: ", "\udcff": "not JSON: ", "[1]": "not what --benchmark_out_format=json",
        "{}": "not what ", '{"benchmarks": []}': "no benchmarks in it", '{"benchmarks": [3]}': "not what ",
        '{"benchmarks": [{"name": 3}]}': "not what ", '{"benchmarks": [{"name": "a.b/c/cpu"}]}': "not what ",
        '{"benchmarks": [], "context": 3}': "not what ",
    }  # fmt: skip
    for text, expected in texts.items():
        Path("bad.json").write_text(text, encoding="utf-8", errors="surrogateescape")
        check_fails(f"bad.json: {expected}", "bad.json")
    rows = {
        "not above 0": (on_cpu("a.b/c/cpu", 0, 1), "not what "),
        "no number": (on_cpu("a.b/c/cpu", 1, float("nan")), "not what "),
        "another program's": (row("BM_copy/8", real_time=1), '"BM_copy/8" is not OPERATION.PASS/CASE/IMPLEMENTATION'),
        "a GPU without type": (row("a.b/c/cuda", us=1), '"a.b/c/cuda" is not '),
    }
    for bad, expected in rows.values():
        write("bad.json", [bad], {})
        check_fails(f"bad.json: {expected}", "bad.json")
    write("bad.json", [GPU_ROWS[0], GPU_ROWS[0]], {})
    check_fails("bad.json: \"conv2d.forward/3x3 3-32/cuda/float32/cold/iterations:15/manual_time\" appears twice", "bad.json")
    write("bare.json", [on_cpu("a.b/c/cpu", 1, 1, 1), refused("a.b/d/cpu", "no")], {})
    check(run("bare.json", "--html", "page.html")[0] == 0, "a file without facts about the machine")


def check_command_line():
    for arguments in ([], ["cpu.json", "--colour"], ["cpu.json", "--dtype", "float8"], ["cpu.json", "--html"]):
        status, out, err = run(*arguments)
        check(status == 2 and not out, f"{arguments}: status {status}, {out}")
        check("bench-report: error: " in err, f"{arguments}: {err}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write("cpu.json", CPU_ROWS, CPU_CONTEXT)
        write("gpu.json", GPU_ROWS, GPU_CONTEXT)
        check_cpu_alone()
        check_order()
        check_rounded()
        check_both()
        check_page()
        check_bad_files()
        check_command_line()
        os.chdir("/")
    for text in FAILED:
        print(text)
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()

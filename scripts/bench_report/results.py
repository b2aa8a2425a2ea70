"""tern-bench's rows: read from the JSON of Google Benchmark, merged, chosen by data type and cache."""

import json
import math
import re
import statistics
from collections import namedtuple

CPU = ("ref", "cpu", "cpu_winograd", "cpu_bf16", "onednn")
GPU = ("cuda", "cuda_mma", "cudnn")
IMPLEMENTATIONS = (*CPU, *GPU)  # the order of columns
DTYPES = ("float32", "bfloat16", "float16")
ROUNDS = "cpu_bf16"  # rounds what it multiplies: beside bfloat16 alone
CACHES = ("cold", "hot")
MICROSECONDS = {"ns": 1e-3, "us": 1, "ms": 1e3, "s": 1e6}
COUNTERS = ("GFLOP/s", "GB/s", "%peak", "%copy")

NAME = re.compile(
    rf"([^/]+)/(.+)/(?:({'|'.join(CPU)})|({'|'.join(GPU)})/({'|'.join(DTYPES)})/({'|'.join(CACHES)}))"
    r"(?:/(?:real_time|process_time|manual_time|(?:iterations|repeats|threads|min_time|min_warmup_time):[\d.]+))*",
    re.DOTALL,
)

Key = namedtuple("Key", "which case implementation dtype cache")  # which: OPERATION.PASS; cache: "" on the CPU
Row = namedtuple("Row", "microseconds counters refusal")  # counters: those of COUNTERS there are; refusal: or ""
Roofs = namedtuple("Roofs", "gflops gbytes")  # per second
File = namedtuple("File", "path context rows")  # rows: by Key


class BadResults(Exception):
    """What is wrong with the files, in one line."""


def printable(text):
    return "".join(c if c.isprintable() else "?" for c in text)


def key_of(name):
    match = NAME.fullmatch(name)
    if match is None:
        raise BadResults(f'"{printable(name)}" is not OPERATION.PASS/CASE/IMPLEMENTATION of tern-bench')
    which, case, on_cpu, on_gpu, dtype, cache = match.groups()
    return Key(printable(which), printable(case), on_cpu or on_gpu, dtype or "float32", cache or "")


def finite(value):
    if not math.isfinite(value):
        raise ValueError("no number")
    return value


def time_of(run):
    """Microseconds; of a GPU the median of the launches."""
    time = finite(run["us"] if "us" in run else run["real_time"] * MICROSECONDS[run["time_unit"]])
    if time <= 0:
        raise ValueError("a time that is not above 0")
    return time


def row_of(runs):
    """Of the repetitions of one benchmark: medians."""
    refusals = [run["error_message"] for run in runs if run.get("error_occurred")]
    if refusals:
        return Row(None, {}, printable(refusals[0]))
    counters = {key: statistics.median(finite(run[key]) for run in runs) for key in COUNTERS if key in runs[0]}
    return Row(statistics.median(map(time_of, runs)), counters, "")


def repetitions(benchmarks):
    """The runs by Key; one that appears twice is not one of several repetitions."""
    runs = {}
    for run in sorted(benchmarks, key=lambda run: run.get("family_index", 0)):  # as registered: they may be interleaved
        if run.get("run_type") == "aggregate":
            continue
        name = run.get("run_name", run["name"])
        numbered = runs.setdefault(key_of(name), {})
        if numbered.setdefault(run.get("repetition_index", 0), run) is not run:
            raise BadResults(f'"{printable(name)}" appears twice')
    return {key: list(numbered.values()) for key, numbered in runs.items()}


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except OSError as error:
        raise BadResults(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadResults(f"{path}: not JSON: {error}") from None
    try:
        rows = {key: row_of(runs) for key, runs in repetitions(content["benchmarks"]).items()}
        context = dict(content.get("context", {}))
    except BadResults as error:
        raise BadResults(f"{path}: {error}") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise BadResults(f"{path}: not what --benchmark_out_format=json writes") from None
    if not rows:
        raise BadResults(f"{path}: no benchmarks in it")
    return File(path, context, rows)


def read_all(paths):
    files, origin = [], {}
    for path in paths:
        files.append(read(path))
        for key in files[-1].rows:
            if key in origin:
                raise BadResults(f'{path}: "{"/".join(filter(None, key))}" is in {origin[key]} too')
            origin[key] = path
    return files


def chosen(files, dtype, cache):
    """{(which, case): {implementation: Row}}: of the CPU all that computes so, of the GPU what `dtype` and `cache` say."""
    cases, others = {}, set()
    for file in files:
        for key, row in file.rows.items():
            if key.implementation == ROUNDS and dtype != "bfloat16":
                continue
            if key.implementation in CPU or (key.dtype, key.cache) == (dtype, cache):
                cases.setdefault((key.which, key.case), {})[key.implementation] = row
            else:
                others.add(f"{key.dtype} {key.cache}")
    if others and not any(name in GPU for rows in cases.values() for name in rows):
        raise BadResults(f"no row of a GPU is {dtype} {cache}, there are {', '.join(sorted(others))}")
    return cases


def implementations(cases):
    return [name for name in IMPLEMENTATIONS if any(name in rows for rows in cases.values())]


def number_before(text):
    match = re.match(r"\d+(\.\d+)?(e[+-]?\d+)?", str(text))
    return float(match[0]) if match else None


def roofs(files, dtype):
    """{"CPU": Roofs, "GPU": Roofs}, as far as known: the highest of the files that have such rows."""
    gpu_peak = "device peak " + ("float32" if dtype == "float32" else "bfloat16")
    keys = {"CPU": (CPU, "peak float32", "copy"), "GPU": (GPU, gpu_peak, "device copy")}
    result = {}
    for side, (names, *facts) in keys.items():
        contexts = [file.context for file in files if any(key.implementation in names for key in file.rows)]
        found = [[number_before(context.get(fact, "")) for context in contexts] for fact in facts]
        if all(any(numbers) for numbers in found):
            result[side] = Roofs(*(max(filter(None, numbers)) for numbers in found))
    return result

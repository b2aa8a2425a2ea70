"""The table CPU against GPU, and what stands around it; as Markdown."""

import re
from collections import namedtuple

from bench_report.results import CPU, GPU, implementations, printable

NOT_SHOWN = ("caches", "executable", "host_name", "json_schema_version", "library_build_type", "library_version")
Cell = namedtuple("Cell", "text fastest")
Table = namedtuple("Table", "head lines refusals")  # lines: lists of Cell; refusals: {reason: number}


def number(value):
    digits = 0 if value >= 1000 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def facts(files):
    """A line for each file: when, where, and the hardware peaks that were measured."""
    lines = []
    for file in files:
        context, shown = dict(file.context), []
        if "date" in context:
            shown.append(str(context.pop("date")))
        if "num_cpus" in context:
            shown.append(f"{context.pop('num_cpus')} CPUs of {context.pop('mhz_per_cpu', '?')} MHz")
        if load := context.pop("load_avg", None):
            shown.append(f"load {load[0]:.1f} when it started")
        if context.pop("cpu_scaling_enabled", False):
            shown.append("CPU frequency scaling is on")
        for key, value in context.items():
            if key not in NOT_SHOWN:
                rounded = re.sub(r"^\d+\.\d+", lambda match: number(float(match[0])), str(value))
                shown.append(f"{key}: {rounded}")
        lines.append(printable(f"{file.path}: {'; '.join(shown)}"))
    return lines


def what_is_timed(names, dtype, cache):
    cpu = "CPU: float32" if any(name in CPU for name in names) else ""
    where = "not in the L2 cache" if cache == "cold" else "in the L2 cache where they fit"
    gpu = f"GPU: {dtype}, inputs {where}" if any(name in GPU for name in names) else ""
    return "Microseconds of a run, the fastest marked. " + "; ".join(filter(None, [cpu, gpu])) + "."


def fastest(rows):
    """The name in {implementation: Row} with the least time; None where all refused."""
    timed = {name: row.microseconds for name, row in rows.items() if not row.refusal}
    return min(timed, key=timed.get) if timed else None


def nearest_peak(row):
    """The share of compute or copy, whichever is larger."""
    shares = {"compute": row.counters.get("%peak"), "copy": row.counters.get("%copy")}
    known = {peak: share for peak, share in shares.items() if share is not None}
    if not known:
        return ""
    peak = max(known, key=known.get)
    return f"{known[peak]:.0f}% of {peak}"


def sides(names, baseline):
    """Names of the baseline and of what is compared with it; `cpu` is all there is of the CPU against the GPU."""
    if baseline == "cpu":
        return [name for name in names if name in CPU], [name for name in names if name in GPU]
    return [name for name in names if name == baseline], [name for name in names if name != baseline]


def ratio(rows, base, others):
    """The time of the fastest of `base` over that of the fastest of `others`; "" where one is not there."""
    times = []
    for group in (base, others):
        name = fastest({name: rows[name] for name in group if name in rows})
        if name is None:
            return ""
        times.append(rows[name].microseconds)
    return number(times[0] / times[1])


def table(cases, baseline):
    names = implementations(cases)
    base, others = sides(names, baseline)
    compared = bool(base and others)
    head = ["pass and case", *names]
    if compared:
        head.append("CPU / GPU" if baseline == "cpu" else f"{baseline} / fastest other")
    head.append("nearest peak")
    lines, refusals = [], {}
    for (which, case), rows in cases.items():
        best = fastest(rows)
        line = [Cell(f"{which}, {case}", False)]
        for name in names:
            row = rows.get(name)
            text = "" if row is None else number(row.microseconds) if not row.refusal else \
                f"- ({refusals.setdefault(row.refusal, len(refusals) + 1)})"
            line.append(Cell(text, name == best))
        if compared:
            line.append(Cell(ratio(rows, base, others), False))
        line.append(Cell(nearest_peak(rows[best]) if best else "", False))
        lines.append(line)
    return Table(head, lines, refusals)


def escaped(text):
    return re.sub(r"([\\|*`<])", r"\\\1", text)


def markdown(files, table_, sentence):
    def line(cells):
        return "| " + " | ".join(cells) + " |"

    lines = [f"* {escaped(fact)}" for fact in facts(files)]
    lines += ["", sentence, "", line(table_.head), line(["---"] + ["---:"] * (len(table_.head) - 1))]
    for cells in table_.lines:
        lines.append(line(f"**{cell.text}**" if cell.fastest else escaped(cell.text) for cell in cells))
    if table_.refusals:
        lines += ["", "Not run:", ""]
        lines += [f"* ({count}) {escaped(reason)}" for reason, count in table_.refusals.items()]
    return "\n".join(lines) + "\n"

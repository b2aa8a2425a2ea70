"""Figures of one operation as SVG: a roofline where it computes, bars of GB/s where it only moves numbers."""

import math
from html import escape

from bench_report.results import CPU
from bench_report.table import number

WIDTH = 360  # that of a phone: texts keep their size there
LEFT, RIGHT, TOP, BOTTOM = 40, 10, 8, 34
PLOT_HEIGHT = 210
MARK = 4.5
TRACK = (66, 268)  # of bars: from 0 to the largest share
SHAPES = {  # corners around the origin, for a mark of size 1; none: a circle
    "ref": [(-1, -0.35), (-0.35, -1), (0, -0.65), (0.35, -1), (1, -0.35), (0.65, 0), (1, 0.35), (0.35, 1), (0, 0.65),
            (-0.35, 1), (-1, 0.35), (-0.65, 0)],
    "cpu_winograd": [(-1.2, 0), (-0.6, -1.05), (0.6, -1.05), (1.2, 0), (0.6, 1.05), (-0.6, 1.05)],
    "cpu_bf16": [(-1.2, -0.6), (1.2, -0.6), (1.2, 0.6), (-1.2, 0.6)],
    "cuda": [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)],
    "cuda_mma": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    "cudnn": [(0, -1.2), (1.15, 0.8), (-1.15, 0.8)],
    "onednn": [(0, 1.2), (1.15, -0.8), (-1.15, -0.8)],
}  # fmt: skip


def mark(name, x, y, title=""):
    inside = f"<title>{escape(title)}</title>" if title else ""
    if name not in SHAPES:
        return f'<circle class="mark {name}" cx="{x:.1f}" cy="{y:.1f}" r="{MARK}">{inside}</circle>'
    corners = " ".join(f"{x + MARK * dx:.1f},{y + MARK * dy:.1f}" for dx, dy in SHAPES[name])
    return f'<polygon class="mark {name}" points="{corners}">{inside}</polygon>'


def text(x, y, content, kind="", anchor="start"):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


def line(x0, y0, x1, y1, kind):
    return f'<line class="{kind}" x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"/>'


def svg(height, label, parts):
    opening = f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}">'
    return "\n".join([opening, *parts, "</svg>"])


def title_of(which, case, name, row):
    shares = {key: row.counters.get(key) for key in ("%peak", "%copy")}
    share = {key: "" if value is None else f" ({value:.0f}% of {'compute' if key == '%peak' else 'copy'})"
             for key, value in shares.items()}  # fmt: skip
    rates = [f"{number(row.counters[rate])} {rate}{share[of]}" for rate, of in (("GFLOP/s", "%peak"), ("GB/s", "%copy"))
             if rate in row.counters]  # fmt: skip
    return f"{which}, {case}, {name}: {', '.join([number(row.microseconds) + ' µs', *rates])}"


class LogAxis:
    def __init__(self, low, high, start, end):
        self.low = math.log10(low)
        self.high = max(math.log10(high), self.low + 2)  # at least two powers of ten
        self.start, self.end = start, end

    def __call__(self, value):
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def decades(self):
        return range(math.ceil(self.low), math.floor(self.high) + 1)


def decade_text(exponent):
    if exponent < 0:
        return f"{10.0**exponent:.{-exponent}f}"
    return f"{10 ** (exponent % 3)}{['', 'k', 'M', 'G'][min(exponent // 3, 3)]}"


def grid(x, y):
    parts = []
    for exponent in x.decades():
        at = x(10.0**exponent)
        parts += [line(at, y.start, at, y.end, "grid"), text(at, y.start + 13, decade_text(exponent), anchor="middle")]
    for exponent in y.decades():
        at = y(10.0**exponent)
        parts += [line(x.start, at, x.end, at, "grid"), text(x.start - 5, at + 3.5, decade_text(exponent), anchor="end")]
    parts.append(text((x.start + x.end) / 2, y.start + 28, "flop per byte (upwards: GFLOP/s)", anchor="middle"))
    return parts


def roof(side, roofs, x, y):
    """Copying limits up to the ridge, computing from there on."""
    ridge, last = roofs.gflops / roofs.gbytes, 10**x.high
    first = max(10**x.low, 10**y.low / roofs.gbytes)
    points = [(first, first * roofs.gbytes), (ridge, roofs.gflops), (last, roofs.gflops)]
    path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)
    title = f"{side}: {number(roofs.gflops)} GFLOP/s, {number(roofs.gbytes)} GB/s"
    return [
        f'<polyline class="roof {side}" points="{path}"><title>{escape(title)}</title></polyline>',
        text(x.end - 2, y(roofs.gflops) - 4, side, "roofname", "end"),
    ]


def roofline(operation, points, roofs):
    """points: (title, implementation, flop per byte, GFLOP/s)."""
    drawn = {side: roofs[side] for side in roofs if any((name in CPU) == (side == "CPU") for _, name, _, _ in points)}
    across = [intensity for _, _, intensity, _ in points]
    upwards = [gflops for _, _, _, gflops in points]
    ridges = [one.gflops / one.gbytes for one in drawn.values()]
    x = LogAxis(min(across + ridges) / 2, 3 * max(across + ridges), LEFT, WIDTH - RIGHT)
    high = 2.5 * max(upwards + [one.gflops for one in drawn.values()])
    y = LogAxis(min(upwards) / 2, high, TOP + PLOT_HEIGHT, TOP)
    parts = grid(x, y)
    for side, one in drawn.items():
        parts += roof(side, one, x, y)
    parts += [mark(name, x(intensity), y(gflops), title) for title, name, intensity, gflops in points]
    return svg(TOP + PLOT_HEIGHT + BOTTOM, f"roofline of {operation}", parts)


def bars(operation, groups):
    """groups: {label: [(title, implementation, GB/s, share of copying in percent)]}."""
    largest = max(105.0, *(share for group in groups.values() for _, _, _, share in group))
    start, end = TRACK

    def at(share):
        return start + share / largest * (end - start)

    parts, y = [text(at(100), 11, "copy peak", anchor="middle")], 18
    for label, group in groups.items():
        parts.append(text(4, y + 10, label, "label"))
        y += 15
        for title, name, gbytes, share in group:
            parts += [
                text(start - 5, y + 9, name, anchor="end"),
                f'<rect class="{name}" x="{start}" y="{y}" width="{at(share) - start:.1f}" height="10" rx="1.5">'
                f"<title>{escape(title)}</title></rect>",
                text(WIDTH - 4, y + 9, f"{number(gbytes)} GB/s", anchor="end"),
            ]
            y += 14
        y += 5
    return svg(y, f"GB/s of {operation}", [line(at(100), 15, at(100), y, "roof"), *parts])


def computes(row):
    return row.counters.get("GFLOP/s", 0) > 0 and row.counters.get("GB/s", 0) > 0


def figures(cases, roofs):
    """{operation: [SVG]}."""
    points, groups = {}, {}
    for (which, case), rows in cases.items():
        operation, _, pass_name = which.partition(".")
        for name, row in rows.items():
            if row.refusal:
                continue
            title = title_of(which, case, name, row)
            if computes(row):
                gflops, gbytes = row.counters["GFLOP/s"], row.counters["GB/s"]
                points.setdefault(operation, []).append((title, name, gflops / gbytes, gflops))
            elif "GB/s" in row.counters and "%copy" in row.counters:
                bar = (title, name, row.counters["GB/s"], row.counters["%copy"])
                groups.setdefault(operation, {}).setdefault(f"{pass_name}, {case}", []).append(bar)
    result = {}
    for which, _ in cases:
        operation = which.partition(".")[0]
        if operation in result:
            continue
        result[operation] = [roofline(operation, points[operation], roofs)] if operation in points else []
        if operation in groups:
            result[operation].append(bars(operation, groups[operation]))
    return result

"""The page: figures of all operations and the table, in one file that needs nothing else."""

import re
from html import escape

from bench_report import plots
from bench_report.results import implementations, roofs
from bench_report.table import facts

STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1c2126; --faint: #59636e; --rule: #dfe3e8;
  --ref: #7b8591; --cpu: #0b66c2; --cpu_winograd: #6a4fc9; --cpu_bf16: #8a6d00; --onednn: #00808a; --cuda: #c2410c; --cuda_mma: #a3269b; --cudnn: #2f7d32; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181c; --ink: #e8ebee; --faint: #a3adb8; --rule: #333b44;
  --ref: #98a2ad; --cpu: #5aa9f5; --cpu_winograd: #a893f0; --cpu_bf16: #d9b93b; --onednn: #3cc4cd; --cuda: #ff8a4c; --cuda_mma: #e17bdb; --cudnn: #6cc571; } }
body { margin: 0 auto; max-width: 1240px; padding: 12px; background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.4em; } h2 { font-size: 1.15em; margin-top: 1.6em; } h3 { font-size: 1em; margin: 0 0 4px; }
ul { padding-left: 1.2em; overflow-wrap: anywhere; }
.legend { position: sticky; top: 0; z-index: 1; background: var(--ground); border-bottom: 1px solid var(--rule);
  padding: 6px 0; display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 14px; }
.legend span { display: flex; align-items: center; gap: 5px; }
.legend svg { width: 14px; height: 14px; } .legend .long { width: 28px; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 22px 18px;
  margin-top: 14px; }
figure { margin: 0; min-width: 0; } figure svg { display: block; width: 100%; max-width: 460px; }
svg text { font: 10.5px system-ui, sans-serif; fill: var(--faint); }
svg .label { fill: var(--ink); } svg .roofname { fill: var(--ink); font-weight: 600; }
.grid { stroke: var(--rule); } .roof { stroke: var(--ink); stroke-width: 1.5; fill: none; }
.GPU { stroke-dasharray: 6 3; }
.mark { stroke: var(--ground); stroke-width: 0.8; fill-opacity: 0.9; }
.ref { fill: var(--ref); } .cpu { fill: var(--cpu); } .cpu_winograd { fill: var(--cpu_winograd); }
.cpu_bf16 { fill: var(--cpu_bf16); } .onednn { fill: var(--onednn); }
.cuda { fill: var(--cuda); } .cuda_mma { fill: var(--cuda_mma); } .cudnn { fill: var(--cudnn); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { padding: 3px 9px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { text-align: left; white-space: normal; min-width: 11em; padding-left: 0; }
@media (max-width: 600px) { table { font-size: 13px; } th, td { padding: 3px 5px; }
  th:first-child, td:first-child { min-width: 9.5em; max-width: 9.5em; } }
td b { background: color-mix(in srgb, var(--cudnn) 18%, transparent); padding: 1px 4px; border-radius: 3px; }
"""


def listed(lines):
    return ["<ul>", *(f"<li>{escape(line)}</li>" for line in lines), "</ul>"] if lines else []


def legend(names, known_roofs):
    items = [f'<span><svg viewBox="0 0 14 14">{plots.mark(name, 7, 7)}</svg>{name}</span>' for name in names]
    for side, one in known_roofs.items():
        roof = f"{side} peak: {plots.number(one.gflops)} GFLOP/s, {plots.number(one.gbytes)} GB/s"
        items.append(
            f'<span><svg class="long" viewBox="0 0 28 14"><line class="roof {side}" x1="0" y1="7" x2="28" y2="7"/></svg>'
            f"{roof}</span>"
        )
    return ['<div class="legend">', *items, "</div>"]


def figure_list(figures):
    lines = ['<div class="figures">']
    for operation, drawings in figures.items():
        if drawings:
            lines += [f"<figure><h3>{escape(operation)}</h3>", *drawings, "</figure>"]
    return [*lines, "</div>"]


def table_lines(table):
    lines = ['<div class="scroll"><table>', "<tr>" + "".join(f"<th>{escape(name)}</th>" for name in table.head) + "</tr>"]
    for cells in table.lines:
        texts = [f"<b>{escape(cell.text)}</b>" if cell.fastest else escape(cell.text) for cell in cells]
        texts[0] = re.sub(r"[._]", r"\g<0><wbr/>", texts[0])  # a phone breaks lines there
        lines.append("<tr>" + "".join(f"<td>{text}</td>" for text in texts) + "</tr>")
    return [*lines, "</table></div>"]


def page(files, cases, table, sentence, dtype):
    known_roofs = roofs(files, dtype)
    explained = (
        "Rooflines: what copying (slope) and computing (flat) allow at most, measured; a mark for each case and "
        "implementation. Bars: operations that only move numbers, against a copy that runs from memory, which what "
        "stays in a cache may exceed."
    )
    body = [
        "<h1>tern-bench</h1>",
        *listed(facts(files)),
        f"<p>{escape(explained)}</p>",
        "<section>",
        *legend(implementations(cases), known_roofs),
        *figure_list(plots.figures(cases, known_roofs)),
        "</section>",
        "<h2>Times</h2>",
        f"<p>{escape(sentence)}</p>",
        *table_lines(table),
    ]
    if table.refusals:
        body += ["<p>Not run:</p>", *listed(f"({count}) {reason}" for reason, count in table.refusals.items())]
    head = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>tern-bench</title><style>{STYLE}</style></head><body>",
    ]
    return "\n".join([*head, *body, "</body></html>"]) + "\n"

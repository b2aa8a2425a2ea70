"""The Markdown page of gpu-check."""


def report(environment, results):
    """environment: what look_around() found; results: the rows of each stage."""
    info = environment["tern"]
    lines = ["# gpu-check", "", f"{environment['date']}, tern {environment['version']}", ""]
    for device in info["devices"]:
        capability = device["compute_capability"]
        lines.append(f"* {device['device']}: {device['name']}, compute capability {capability}")
    lines.append(f"* CUDA {info['cuda_runtime']}, driver for {info['cuda_driver']}")
    lines.append(f"* code for {info['cuda_architectures']}")
    lines.append(f"* cuDNN: {info['cudnn'] or 'not found'}")
    lines.append(f"* PyTorch: {environment['torch'] or 'none that sees the GPU'}")
    lines.append(f"* `{environment['command']}`")
    lines += [f"* {key}: {value}" for key, value in environment.get("peaks", {}).items()]
    for stage, rows in results.items():
        lines += ["", f"## {stage}", ""] + TABLES.get(stage, plain_table)(rows)
        for row in rows:
            if row["verdict"] == "failed":
                lines += ["", f"{row['name']} failed:", ""] + ["    " + line for line in reasons(row)[:40]]
    return "\n".join(lines) + "\n"


def reasons(row):
    text = "\n".join(row.get("failures", [])[:5]) or row.get("output", "") or row.get("why", "")
    return text.splitlines()


def verdict(row):
    return f"{row['verdict']}: {row['why']}" if "why" in row else row["verdict"]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| --- " * len(head) + "|"]
    return lines + ["| " + " | ".join(cells) + " |" for cells in rows]


def shown(value):
    return "-" if value is None else f"{value:.4g}"


def plain_table(rows):
    cells = [[row["name"], verdict(row), str(row.get("seconds", ""))] for row in rows]
    return table(["what", "verdict", "seconds"], cells)


def bench_table(rows):
    keys = ["us", "GB/s", "%copy", "GFLOP/s", "%peak"]
    cases = [case for row in rows for case in row.get("rows", [])]
    cells = [[case["name"], *(shown(case.get(key)) for key in keys)] for case in cases]
    others = [row for row in rows if row["verdict"] != "passed"]
    return table(["case", *keys], cells) + [""] + plain_table(others)


def train_table(rows):
    def cell(row):
        return ", ".join(shown(row.get(key)) for key in ("train_accuracy", "test_accuracy", "seconds"))

    cells = []
    for row in rows:
        for i, mine in enumerate(row.get("tern", [])):
            theirs = row["torch"][i] if i < len(row["torch"]) else None
            cells.append([row["name"], str(mine["epoch"]), cell(mine), cell(theirs) if theirs else "-"])
    head = ["model", "epoch", "tern: train and test accuracy, seconds", "PyTorch: the same"]
    return table(head, cells) + [""] + plain_table(rows)


def peers_table(rows):
    cells = [[row["name"], shown(row.get("images_per_second")), verdict(row)] for row in rows]
    return table(["what", "images/s", "verdict"], cells)


TABLES = {"bench": bench_table, "train": train_table, "peers": peers_table, "step": peers_table}

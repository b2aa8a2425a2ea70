"""What --trace and times.jsonl must be, for tests."""

import json
from collections import defaultdict

PARTS = ["load", "forward", "backward", "exchange", "optimizer", "statistics", "evaluation", "save", "other"]
ROUNDING = 1e-2  # microseconds: sums of numbers to the nanosecond


def read_trace(path):
    """(trace, its complete events)"""
    trace = json.loads(path.read_text())
    return trace, [event for event in trace["traceEvents"] if event["ph"] == "X"]


def wrong_nesting(events):
    """Events that begin in another of their thread and end behind it."""
    wrong = []
    threads = defaultdict(list)
    for event in events:
        threads[event["pid"], event["tid"]].append(event)
    for of_thread in threads.values():
        around = []
        for event in sorted(of_thread, key=lambda event: (event["ts"], -event["dur"])):
            while around and around[-1]["ts"] + around[-1]["dur"] <= event["ts"] + ROUNDING / 2:
                around.pop()
            if around and event["ts"] + event["dur"] > around[-1]["ts"] + around[-1]["dur"] + ROUNDING:
                wrong.append((around[-1], event))
            around.append(event)
    return wrong


def own_seconds(events, name):
    """Of the training thread in parts of that name, without what is nested in these."""
    total = sum(event["dur"] for event in events if event["name"] == name)
    inner = [event for event in events if event["cat"] == "part" and event["name"] in PARTS]
    for outer in (event for event in events if event["name"] == name):
        end = outer["ts"] + outer["dur"]
        inside = [event for event in inner if event is not outer and outer["ts"] <= event["ts"]
                  and event["ts"] + event["dur"] <= end + ROUNDING]
        total -= sum(event["dur"] for event in inside)
    return total / 1e6


def wrong_times(path, epochs, ranks):
    """What is wrong with a times.jsonl."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    wrong = []
    if [line["epoch"] for line in lines] != list(range(1, epochs + 1)):
        wrong.append(f"epochs {[line['epoch'] for line in lines]}")
    for line in lines:
        if [rank["rank"] for rank in line["ranks"]] != list(range(ranks)):
            wrong.append(f"epoch {line['epoch']} has ranks {line['ranks']}")
        for rank in line["ranks"]:
            if list(rank) != ["rank", "host", "seconds", "waits"] or list(rank["seconds"]) != PARTS:
                wrong.append(f"epoch {line['epoch']} has {rank}")
            if min(rank["seconds"].values()) < 0 or min(rank["waits"].values(), default=0) < 0:
                wrong.append(f"epoch {line['epoch']} has {rank}")
    return wrong

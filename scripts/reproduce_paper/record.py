"""Runs what is planned, and keeps what each measurement brought in a file of its own, so that none is made twice."""

import dataclasses
import json
import os
import shutil
import time
from pathlib import Path

import measuring
from reproduce_paper.here import jobs

JUDGED = "train_loss train_accuracy validation_loss validation_accuracy".split()


def write_whole(path, text):
    """The file has the whole text or is as it was."""
    new = path.with_name(path.name + ".new")
    with open(new, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def write_json(path, value):
    write_whole(path, json.dumps(value, indent=1) + "\n")


def read_json(path):
    """None where there is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise measuring.Failed(f"{path}: {error}; remove it to measure it again") from None


def read_lines(path):
    try:
        return [json.loads(line) for line in path.read_text().splitlines()]
    except (OSError, ValueError) as error:
        raise measuring.Failed(f"{path}: {error}") from None


def epochs_of(lines):
    """A validated run ends with a line of its tests."""
    return [line for line in lines if "epoch" in line]


def rate(measurement, rows):
    """Images/s of all rows together, and seconds of an epoch of as many images as the paper's has."""
    seconds = sum(row["seconds"] for row in rows)
    images = sum(row["seconds"] * row["images_per_second"] for row in rows)
    of_epoch = round(images / len(rows))
    extrapolated = measurement.steps > 0 or of_epoch != measurement.run.images
    return {"images": of_epoch, "images_per_second": images / seconds, "extrapolated": extrapolated,
            "seconds_per_epoch": measurement.run.images / (images / seconds)}


def why(failure):
    """One line: tern's own, where it said one, else the last that was said."""
    lines = [line for line in failure.output.splitlines() if line.strip()]
    own = [line for line in lines if line.startswith("tern: ")]
    return (own or lines or [str(failure)])[0 if own else -1]


class Record:
    def __init__(self, out):
        self.out = Path(out)

    def agree(self, settings):
        """Raises where the folder is one of other settings."""
        former, now = read_json(self.out / "settings.json"), dataclasses.asdict(settings)
        if former not in (None, now):
            key = next(key for key in now if former.get(key) != now[key])
            raise ValueError(f"--output {self.out}: was measured with {key} {former.get(key)}, not {now[key]}; give another folder")

    def open(self, settings):
        for name in ("parts", "runs", "logs"):
            (self.out / name).mkdir(parents=True, exist_ok=True)
        write_json(self.out / "settings.json", dataclasses.asdict(settings))

    def part(self, name):
        return self.out / "parts" / f"{name}.json"

    def kept(self, name):
        return read_json(self.part(name))

    def call(self, command, name):
        """The JSON object that a command prints; what it says meanwhile is in a log."""
        path = self.out / "logs" / f"{name}.log"
        with open(path, "w", encoding="utf-8") as log:
            try:
                return measuring.run_json(command, errors=log, environment=jobs.own_environment())
            except measuring.Failed as failure:
                raise measuring.Failed(str(failure), path.read_text(errors="replace")) from None

    def train(self, measurement):
        """What a run of tern brought: its log line, and all of them. An interrupted run of epochs goes on."""
        folder, command = self.out / "runs" / measurement.name, measurement.command
        if measurement.epochs and (folder / "config.toml").exists():
            start = command[: command.index("train") + 1]
            command = [*start, "--resume", "--run", str(folder), "--json"]
        else:
            shutil.rmtree(folder, ignore_errors=True)
        answer = self.call(command, measurement.name)
        lines = read_lines(folder / "metrics.jsonl")
        return {"command": command, "answer": answer, "metrics": lines, "rows": epochs_of(lines)}

    def measure(self, measurement, plan):
        started, clock = time.strftime("%Y-%m-%d %H:%M:%S %z"), time.monotonic()
        if measurement.peer:
            answer = self.call(measurement.command, measurement.name)
            brought = {"command": measurement.command, "answer": answer, "rows": answer["results"][0]["rows"]}
        else:
            brought = self.train(measurement)
        if measurement.bits_of and self.kept(measurement.bits_of):
            brought["equal_bits"] = self.compare(measurement)
        if measurement.epochs and not measurement.peer:
            command = plan.evaluation(measurement)
            brought |= {"evaluation_command": command, "evaluation": self.call(command, f"{measurement.name}-evaluation")}
        kept = {key: value for key, value in dataclasses.asdict(measurement).items() if key not in ("command", "run", "missing")}
        whole = {**kept, "paper_run": measurement.run.key, "network": measurement.run.network, "started": started,
                 "wall_seconds": time.monotonic() - clock, "rate": rate(measurement, brought["rows"]), **brought}
        write_json(self.part(measurement.name), whole)
        return whole

    def compare(self, measurement):
        """Whether two runs have the same metrics and weights as far as both went; raises where they do not."""
        folders = [self.out / "runs" / name for name in (measurement.name, measurement.bits_of)]
        logs = [epochs_of(read_lines(folder / "metrics.jsonl")) for folder in folders]
        epochs = min(map(len, logs))
        for mine, other in zip(*logs):
            for key in JUDGED:
                if mine[key] != other[key]:
                    raise measuring.Failed(f"{key} of epoch {mine['epoch']} is {mine[key]!r}, in {measurement.bits_of} {other[key]!r}")
        step = min(int(path.name.split("-")[1]) for path in (folders[0] / "checkpoints").iterdir())
        weights = [folder / "checkpoints" / f"step-{step}" / "weights.safetensors" for folder in folders]
        try:
            differ = weights[0].read_bytes() != weights[1].read_bytes()
        except OSError as error:
            raise measuring.Failed(f"{error.filename}: {error.strerror}") from None
        if differ:
            raise measuring.Failed(f"{weights[0]} and {weights[1]} have not the same bytes")
        return {"with": measurement.bits_of, "epochs": epochs, "step": step, "metrics": True, "weights": True}

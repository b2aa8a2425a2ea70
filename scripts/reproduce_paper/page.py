"""The Markdown page: the paper's tables, and ours beside them. A pure function of what results.json holds."""

import shlex

from bench_report.table import escaped, number
from gpu_report import table
from measuring import count
from reproduce_paper.here import ROOT
from reproduce_paper import published
from reproduce_paper.published import MFLOP, MIRRORED, PYTORCH, RUNS, SEQUENTIAL

EXTRAPOLATED = " (extrapolated)"
NONE = "-"


def share(value):
    return NONE if value is None else f"{value:.4f}"


def title(part):
    return f"{part['title']}, {part['threads']}"


def marked(part):
    """Seconds of an epoch of the paper's size."""
    return number(part["rate"]["seconds_per_epoch"]) + (EXTRAPOLATED if part["rate"]["extrapolated"] else "")


def speed_table(parts):
    """Everything in images/s, beside the paper's first run and tern's own plain one."""
    own = next((part["rate"]["images_per_second"] for part in parts if part["name"] == "sequential-ref"), None)
    rows = []

    def row(name, network, rate, seconds, images):
        rows.append([name, f"`{network}`", number(rate), seconds, f"{images:,}", number(rate / SEQUENTIAL.images_per_second),
                     number(rate / own) if own else NONE, number(rate * MFLOP[network] / 1e3)])

    for run in RUNS.values():
        row(f"paper, {run.title}", run.network, run.images_per_second, number(run.seconds_per_epoch), run.images)
    for part in parts:
        row(escaped(title(part)), part["network"], part["rate"]["images_per_second"], marked(part), RUNS[part["paper_run"]].images)
    return table(["run", "network", "images/s", "seconds per epoch", "of images", "times the paper's first run",
                  "times tern's plain loops", "GFLOP/s"], rows)


def speed_up_table():
    """In seconds per epoch, as the paper compares its runs, and in images, since its epochs differ."""
    rows = [[run.title, number(SEQUENTIAL.seconds_per_epoch / run.seconds_per_epoch), number(run.images_per_second / SEQUENTIAL.images_per_second)]
            for run in RUNS.values()]
    return table(["paper", "in seconds per epoch", "in images/s"], rows)


def log_table(run, parts):
    """A row for each epoch of the paper's log, with those of every run that stands beside it."""
    beside = [part for part in parts if part["paper_run"] == run.key and part["epochs"] and part["part"] != "recipe"]
    head = ["epoch", "paper: accuracy", "paper: s"]
    for part in beside:
        judge = judged(part)
        head += [f"{title(part)}: accuracy", "loss", f"{judge} accuracy" if judge else "test accuracy", "s"]
    rows = []
    for epoch in range(1, max([run.epochs, *(len(part["rows"]) for part in beside)]) + 1):
        cells = [str(epoch), *((share(run.accuracies[epoch - 1]), f"{run.seconds[epoch - 1]:g}") if epoch <= run.epochs else (NONE, NONE))]
        for part in beside:
            if epoch > len(part["rows"]):
                cells += [NONE] * 4
                continue
            line = part["rows"][epoch - 1]
            cells += [share(line["train_accuracy"]), share(line["train_loss"]), share(line.get(f"{judged(part)}_accuracy")), number(line["seconds"])]
        rows.append(cells)
    return table([escaped(cell) for cell in head], rows)


def judged(part):
    """What was looked at after each epoch."""
    return "validation" if "validation_accuracy" in part["rows"][0] else "test"


def timed_alone(run, parts):
    """What was too slow for an epoch, in a line each."""
    return [f"* {title(part)}: {number(part['rate']['images_per_second'])} images/s in {count(part['steps'], 'step')}; an epoch of {run.images:,} images "
            f"would take {marked(part)} s." for part in parts if part["paper_run"] == run.key and part["steps"]]


def quality_table(parts):
    """Of the test images, with the weights of the last epoch."""
    rows = [[f"paper, {run.title}", str(run.epochs), share(run.accuracies[-1]), *[NONE] * 5] for run in (SEQUENTIAL, PYTORCH)]
    rows.append([f"paper, {MIRRORED.title} (notebook)", str(MIRRORED.epochs), share(MIRRORED.accuracies[-1]),
                 share(published.MIRRORED_TEST_ACCURACY), share(published.MIRRORED_TEST_LOSS), *[NONE] * 3])
    for part in parts:
        if not part["epochs"]:
            continue
        last = part["rows"][-1]
        found = part.get("evaluation") or {"accuracy": last.get("test_accuracy"), "loss": last.get("test_loss"), "macro": {}}
        macro = [share(found["macro"].get(key)) for key in ("precision", "recall", "f1")]
        rows.append([escaped(title(part)), str(len(part["rows"])), share(last["train_accuracy"]), share(found["accuracy"]), share(found["loss"]), *macro])
    return table(["run", "epochs", "training accuracy", "test accuracy", "test loss", "macro precision", "macro recall", "macro F1"], rows)


def equal_bits(parts):
    for part in parts:
        if bits := part.get("equal_bits"):
            yield (f"`{part['name']}` and `{bits['with']}` have equal bits: losses and accuracies of {count(bits['epochs'], 'epoch')}, and the weights "
                   f"after step {bits['step']}, byte by byte. So the accuracy on two processes is that of one.")


def about_images(settings, info):
    if settings["data"] == "synthetic":
        yield "**The images are synthetic: accuracies say nothing about CIFAR-10, only images/s may be compared.**"
    elif info["train"] < SEQUENTIAL.images:
        yield f"**Trained on {info['train']:,} images, the paper on {SEQUENTIAL.images:,}: accuracies and losses cannot be compared.**"


def section(heading, *blocks):
    lines = [f"## {heading}", ""]
    for block in blocks:
        block = list(block)
        lines += [*block, ""] if block else []
    return lines


def page(results):
    parts, settings = results["measurements"], results["settings"]
    facts = [f"* {key}: {escaped(value)}" for key, value in results["machine"].items()]
    facts += [f"* {name}" for name in sorted({escaped(peer(part)) for part in parts if part["peer"]})]
    facts.append(f"* images: {escaped(settings['data'])}, {results['images']['train']:,} to train on, {results['images']['test']:,} tests")
    logs = ((1, SEQUENTIAL), (2, PYTORCH), (3, MIRRORED))
    lines = ["# The paper's comparison on this machine", "",
             "Aamir, Raheel, Noor us Sabah: \"Parallelization of Image Classification using Convolutional Neural Networks\". What is known of its "
             "results are the logs of three runs, training accuracy and seconds of each epoch (tables 1 to 3), and one evaluation in a notebook. "
             "In the other tables what is the paper's follows from these.", "",
             f"Made by `{escaped(results['command'])}`, {results['date']}.", "", *facts, ""]
    lines += [line for text in about_images(settings, results["images"]) for line in (text, "")]
    for index, run in logs:
        beside = f"`--preset {run.preset}`: `{run.network}`, batches of {run.batch_size}, {run.images:,} images in the paper."
        lines += section(f"Table {index}: {run.title}", [beside], log_table(run, parts), timed_alone(run, parts),
                         equal_bits(parts) if run is MIRRORED else [])
    lines += section("Table 4: seconds and images per second", speed_table(parts),
                     [f"A time marked{EXTRAPOLATED} is the images of a paper's epoch / (images/s of the steps, or of the smaller epoch, that were run). "
                      "The paper's times are means over its epochs."])
    lines += section("Table 5: speed-ups that follow from the paper's logs", speed_up_table())
    lines += section("Table 6: accuracy, precision, recall, F1", quality_table(parts),
                     ["Of the test images by `tern evaluate`, weights of the last epoch, means over the classes; PyTorch's and Keras' accuracy is their own. What "
                      "tern's own recipes reach, which are not the paper's, is in docs/training.md; `--only recipe` trains one."])
    lines += section("What the paper's runs were", [f"* {remark}" for remark in published.REMARKS])
    lines += section("Commands", [line for part in parts for line in commands(part)])
    if results["not_run"] or results["failed"]:
        lines += section("Not run", [f"* {name}: {escaped(reason)}" for name, reason in results["not_run"].items()],
                         [f"* {name} failed: {escaped(reason)}" for name, reason in results["failed"].items()])
    return "\n".join(lines[:-1]) + "\n"


def commands(part):
    for command in (part["command"], part.get("evaluation_command")):
        if command:
            yield "    " + shlex.join(command).replace(f"{ROOT}/", "")


def peer(part):
    facts = part["answer"]["environment"]
    return f"{part['program']}: " + ", ".join(f"{key} {facts[key]}" for key in ("torch", "keras", "tensorflow", "python") if key in facts)

#!/usr/bin/env python3
"""Trains tern's networks with PyTorch on the same CIFAR-10 binary files and prints times and accuracies.

    pytorch.py --data DIR --steps 20 --variants eager,channels_last,channels_last+compile
    pytorch.py --data DIR --epochs 2 --device cuda --variants channels_last+autocast --json

A variant is one or more words joined by "+":
    eager          PyTorch as it is
    channels_last  images and weights in N, H, W, C memory order
    compile        torch.compile (see --compile-mode)
    autocast       bfloat16 where autocast chooses it
    tf32           lets CUDA use TF32 for float32 convolutions and products (off without this word)

Every variant starts from the same seed. The data set lies on the device as bytes; a batch is gathered and
scaled there. Losses and hits are summed on the device and read once per log line, so no step waits for them.
"""

import argparse
import json
import platform
import resource
import sys
import time

import operations
from machine import cpu_name

try:
    import cifar10
    import models
    import torch
    from torch.nn import functional as F
except ImportError as error:
    sys.exit(f"pytorch.py: {sys.executable} has no {error.name}; pip install torch numpy, or run this with a Python that has them")

WORDS = {"eager", "channels_last", "compile", "autocast", "tf32"}
SHOWN = "epoch train_loss train_accuracy test_accuracy seconds_per_step images_per_second seconds".split()


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], epilog=f"A variant: {', '.join(sorted(WORDS))}, joined by +"
    )
    add = parser.add_argument
    add("--model", choices=sorted(models.MODELS), default="mini_xception")
    add("--data", required=True, metavar="DIR", help="CIFAR-10's binary folder or its parent, or: synthetic")
    add("--device", choices=["cpu", "cuda"], default="cpu")
    add("--variants", default="eager,channels_last", help="comma-separated (default: %(default)s)")
    add("--batch-size", type=int, default=64)
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument("--epochs", type=int)
    amount.add_argument("--steps", type=int)
    add("--warmup", type=int, default=3, help="untimed steps before --steps (default: %(default)s)")
    add("--threads", type=int, default=torch.get_num_threads())
    add("--workers", type=int, default=0, help="loader processes; 0: the data set lies on the device")
    add("--seed", type=int, default=0)
    add("--shuffle", choices=["on", "off"], default="on")
    add("--normalize", choices=["unit", "half"], help="default: as the model was trained in its paper")
    add("--optimizer", choices=["adam", "sgd"], default="adam")
    add("--lr", type=float, default=1e-3)
    add("--momentum", type=float, default=0.0, help="for sgd")
    add("--epsilon", type=float, help="for adam; default: as the model was trained in its paper")
    add("--compile-mode", default="default", help="torch.compile's mode")
    add("--profile", action="store_true", help="of --steps, the seconds of a step by kind of operation (CPU)")
    add("--evaluate", action="store_true", help="test accuracy after every epoch")
    add("--json", action="store_true", help="one JSON object on standard output, log lines on standard error")
    arguments = parser.parse_args()
    if min(arguments.batch_size, arguments.threads) < 1:
        parser.error("--batch-size and --threads: expected at least 1")
    arguments.variants = arguments.variants.split(",")
    for variant in arguments.variants:
        if unknown := set(variant.split("+")) - WORDS:
            parser.error(f"--variants {variant}: unknown {', '.join(sorted(unknown))}")
    if arguments.epochs is None and arguments.steps is None:
        arguments.epochs = 1
    if arguments.profile and (arguments.steps is None or arguments.device != "cpu"):
        parser.error("--profile: needs --steps and --device cpu")
    if arguments.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: PyTorch finds no CUDA device")
    return arguments


class ResidentBatches:
    """Batches gathered from a data set that lies on the device as bytes. The last, short batch is kept."""

    def __init__(self, images, labels, arguments, generator=None):
        """Shuffled when there is a generator to shuffle with."""
        self.images = torch.from_numpy(images).to(arguments.device)
        self.labels = torch.from_numpy(labels).to(arguments.device)
        self.batch_size, self.generator = arguments.batch_size, generator

    def __iter__(self):
        count = len(self.labels)
        order = torch.randperm(count, generator=self.generator) if self.generator else torch.arange(count)
        for picked in order.to(self.images.device).split(self.batch_size):
            yield self.images[picked], self.labels[picked]


def loader_batches(images, labels, arguments, generator=None):
    """The same batches through worker processes, as most PyTorch programs read their data."""
    cuda = arguments.device == "cuda"
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.from_numpy(images), torch.from_numpy(labels)),
        batch_size=arguments.batch_size,
        shuffle=generator is not None,
        num_workers=arguments.workers,
        persistent_workers=True,
        pin_memory=cuda,
        generator=generator,
    )

    class OnDevice:
        def __iter__(self):
            for x, y in loader:
                yield x.to(arguments.device, non_blocking=True), y.to(arguments.device, non_blocking=True)

    return OnDevice()


def endless(batches):
    while True:
        yield from batches


class Trainer:
    def __init__(self, variant, arguments):
        words = set(variant.split("+"))
        self.device = arguments.device
        self.normalize = arguments.normalize or models.NORMALIZE[arguments.model]
        self.memory_format = torch.channels_last if "channels_last" in words else torch.contiguous_format
        self.autocast = "autocast" in words
        precision = "tf32" if "tf32" in words else "ieee"
        torch.backends.cuda.matmul.fp32_precision = precision
        torch.backends.cudnn.conv.fp32_precision = precision
        torch.backends.cudnn.benchmark = True

        model = models.build(arguments.model, arguments.seed)
        self.model = model.to(self.device).to(memory_format=self.memory_format)
        # Fused optimizers are the quickest PyTorch has, on both kinds of device.
        if arguments.optimizer == "adam":
            epsilon = models.ADAM_EPSILON[arguments.model] if arguments.epsilon is None else arguments.epsilon
            self.optimizer = torch.optim.Adam(model.parameters(), lr=arguments.lr, eps=epsilon, fused=True)
        else:
            self.optimizer = torch.optim.SGD(
                model.parameters(), lr=arguments.lr, momentum=arguments.momentum, fused=True
            )
        self.forward = torch.compile(model, mode=arguments.compile_mode) if "compile" in words else model
        self.reset()

    def reset(self):
        """Starts a new log line: sums on the device, so that reading them is the only wait."""
        self.loss = torch.zeros((), device=self.device)
        self.hits = torch.zeros((), device=self.device, dtype=torch.int64)
        self.count = 0

    def logits(self, pixels):
        x = models.normalize(pixels.float(), self.normalize).contiguous(memory_format=self.memory_format)
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.autocast):
            return self.forward(x).float()

    def step(self, pixels, labels):
        logits = self.logits(pixels)
        loss = F.cross_entropy(logits, labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self._count(logits.detach(), loss.detach(), labels)

    def _count(self, logits, loss, labels):
        self.loss += loss * len(labels)
        self.hits += (logits.argmax(dim=1) == labels).sum()
        self.count += len(labels)

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def row(self, seconds, steps):
        return {
            "train_loss": self.loss.item() / self.count,
            "train_accuracy": self.hits.item() / self.count,
            "seconds": seconds,
            "seconds_per_step": seconds / steps,
            "images_per_second": self.count / seconds,
            "steps": steps,
            "peak_resident_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,  # of the process so far
        }

    @torch.no_grad()
    def evaluate(self, batches):
        self.model.eval()
        self.reset()
        for pixels, labels in batches:
            logits = self.logits(pixels)
            self._count(logits, F.cross_entropy(logits, labels), labels)
        self.model.train()
        return {"test_loss": self.loss.item() / self.count, "test_accuracy": self.hits.item() / self.count}


def timed(trainer, batches):
    """Trains on the batches; one log line with their means and the time they took."""
    trainer.reset()
    trainer.wait()
    start, steps = time.perf_counter(), 0
    for pixels, labels in batches:
        trainer.step(pixels, labels)
        steps += 1
    trainer.wait()
    return trainer.row(time.perf_counter() - start, steps)


def profiled(trainer, batches):
    """The same with `by_kind`: seconds of a step by kind of operation, as PyTorch's profiler sees them."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], record_shapes=True) as profiler:
        row = timed(trainer, batches)
    seconds = operations.by_kind_pytorch(profiler.events())
    return row | {"by_kind": {kind: value / row["steps"] for kind, value in seconds.items()}}


def take(batches, count):
    for _ in range(count):
        yield next(batches)


def train(variant, arguments, train_set, test_set):
    """Yields a log line for every epoch, or one for --steps."""
    trainer = Trainer(variant, arguments)
    generator = torch.Generator().manual_seed(arguments.seed) if arguments.shuffle == "on" else None
    make = loader_batches if arguments.workers else ResidentBatches
    batches = make(*train_set, arguments, generator)
    if arguments.steps:
        stream = endless(batches)
        for pixels, labels in take(stream, arguments.warmup):
            trainer.step(pixels, labels)
        run = profiled if arguments.profile else timed
        yield run(trainer, take(stream, arguments.steps))
        return
    for epoch in range(1, arguments.epochs + 1):
        row = {"epoch": epoch, **timed(trainer, batches)}
        if test_set:
            row |= trainer.evaluate(ResidentBatches(*test_set, arguments))
        yield row


def data_set(data, files, count):
    try:
        return cifar10.noise(count) if data == "synthetic" else cifar10.read_or_exit(data, files)
    except (OSError, ValueError) as error:
        sys.exit(f"pytorch.py: --data {data}: {error}")


def environment(arguments):
    cuda = arguments.device == "cuda"
    return {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": torch.cuda.get_device_name() if cuda else cpu_name(),
        "threads": torch.get_num_threads(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cuda": torch.version.cuda if cuda else None,
        "cudnn": torch.backends.cudnn.version() if cuda else None,
    }


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    rows_to = sys.stderr if arguments.json else sys.stdout
    facts = environment(arguments)
    print(", ".join(f"{key} {value}" for key, value in facts.items() if value is not None), file=rows_to)

    train_set = data_set(arguments.data, cifar10.TRAIN, 50_000)
    test_set = data_set(arguments.data, cifar10.TEST, 10_000) if arguments.evaluate else None

    results = []
    for variant in arguments.variants:
        rows = []
        for row in train(variant, arguments, train_set, test_set):
            rows.append(row)
            text = "  ".join(f"{key} {row[key]:.4g}" for key in SHOWN if key in row)
            print(f"{variant}: {text}", file=rows_to, flush=True)
        results.append({"variant": variant, "rows": rows})
    if arguments.json:
        settings = {key: value for key, value in vars(arguments).items() if key != "json"}
        print(json.dumps({"environment": facts, "settings": settings, "results": results}, indent=1))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Trains in PyTorch with the settings of a run of tern, as its config.toml has them, and prints a row per epoch.

    recipe.py RUN/config.toml --data DIR --variant channels_last+compile --json

For networks of one recipe side by side: the same network and initialisation, batches, augmentation, loss, optimizer, schedule,
averaged weights, and running statistics that are taken anew before an evaluation. Random numbers are PyTorch's own, so that
curves are equal but for chance. Seconds are those of training, as tern's. A setting that is not known here ends the program.
Variants are those of pytorch.py.
"""

import argparse
import copy
import json
import math
import sys
import time
import tomllib
from pathlib import Path

import pytorch
import torch
from torch.nn import functional as F

# Settings that say nothing about what is computed, or that --data and --variant replace.
OTHER = set("data epochs save_every keep device kernels threads workers graph log_steps tensorboard replicas exchange bucket_size "
            "timeout preset".split())
KNOWN = set("model batch_size seed shuffle augment normalize optimizer lr momentum nesterov betas epsilon weight_decay decay schedule "
            "warmup final_lr label_smoothing running_statistics precision power ema clip_norm early_size auxiliary_lr".split())
STATISTICS_SAMPLES = 1024


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("config", type=Path, metavar="CONFIG", help="config.toml of a run")
    add("--data", required=True, metavar="DIR")
    add("--variant", default="channels_last")
    add("--epochs", type=int, help="end after so many of the run's")
    add("--seed", type=int, help="another one than the run's")
    add("--threads", type=int, default=torch.get_num_threads())
    add("--json", action="store_true", help="a JSON object per row")
    arguments = parser.parse_args()
    config = tomllib.loads(arguments.config.read_text())
    unknown = sorted(set(config) - KNOWN - OTHER)
    augment = parse_augmentation(config["augment"])
    unknown += [f"augment {name}" for name in set(augment) - {"crop", "flip", "cutout"}]
    for name, values in {"normalize": {"unit", "half", "dataset"}, "precision": {"float32"}, "shuffle": {"on"},
                         "optimizer": {"adam", "adamw", "sgd", "muon"}, "running_statistics": {"precise", "published"},
                         "schedule": {"constant", "cosine", "one-cycle", "polynomial"}}.items():
        if config[name] not in values:
            unknown.append(f"{name} {config[name]}")
    if unknown:
        parser.error(f"{arguments.config}: not known here: {', '.join(unknown)}")
    return arguments, config, augment


def parse_augmentation(text):
    """The parts of tern's text: {"crop": ["4", "reflect"], "flip": ["alternate"]}."""
    text = {"none": "", "crop-flip": "crop=4,flip"}.get(text, text)
    parts = (part.partition("=") for part in text.split(",") if part)
    return {name: value.split(":") if value else [] for name, _, value in parts}


class Augmented:
    """Whole epochs at once are cut out of the padded set, which lies in memory: the quickest way that PyTorch has for this."""

    def __init__(self, images, augment, generator):
        self.augment, self.generator = augment, generator
        self.padding = int(augment["crop"][0]) if "crop" in augment else 0
        border = (augment.get("crop") or ["", ""])[1:]
        self.mode = {"black": "constant", "edge": "replicate", "reflect": "reflect"}[border[0] if border else "black"]
        self.first_flips = torch.rand(len(images), generator=generator) < 0.5
        pads = [self.padding] * 4
        # The two modes that are not constant take no bytes.
        self.padded = F.pad(images.float(), pads, self.mode).to(torch.uint8) if self.padding else images

    def epoch(self, number):
        """All images of an epoch, from 0: uint8 (R, 3, H, W)."""
        count, size = len(self.padded), self.padded.shape[2] - 2 * self.padding
        images = self.padded
        if self.padding:
            images = torch.empty_like(self.padded[:, :, :size, :size])
            moves = torch.randint(0, 2 * self.padding + 1, (count, 2), generator=self.generator)
            for down in range(2 * self.padding + 1):
                for right in range(2 * self.padding + 1):
                    at = ((moves[:, 0] == down) & (moves[:, 1] == right)).nonzero()[:, 0]
                    images[at] = self.padded[at, :, down:down + size, right:right + size]
        if "flip" in self.augment:
            alternate = self.augment["flip"] == ["alternate"]
            flips = self.first_flips ^ (number % 2 == 1) if alternate else torch.rand(count, generator=self.generator) < 0.5
            images = torch.where(flips[:, None, None, None], images.flip(3), images)
        return images

    def cut_out(self, x):
        """Squares of 0 in the normalised batch, around centres within the image."""
        if "cutout" not in self.augment:
            return x
        side, size = int(self.augment["cutout"][0]), x.shape[2]
        begin = torch.randint(0, size, (2, len(x), 1), generator=self.generator) - side // 2
        at = torch.arange(size)
        rows, columns = ((at >= begin[i]) & (at < begin[i] + side) for i in range(2))
        return x.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0)


def covered(size, smaller):
    """(smaller, size): the share of each old pixel in a new one, which is the mean of what it covers."""
    begin = torch.arange(smaller)[:, None] * size / smaller
    old = torch.arange(size)
    overlap = torch.minimum(begin + size / smaller, old + 1) - torch.maximum(begin, old)
    return overlap.clamp(min=0) * smaller / size


def rate_at(config, step, steps, steps_per_epoch):
    """docs/training.md, Schedules."""
    top, name = config["lr"], config["schedule"]
    if name == "one-cycle":
        rise = round(config["warmup"] * steps_per_epoch) if "warmup" in config else round(0.3 * steps)
        low = config.get("final_lr", top / 250000)

        def cosine(a, b, share):
            return b + (a - b) * (1 + math.cos(math.pi * share)) / 2

        at = rise - 1
        return cosine(top / 25, top, step / at) if step < at else cosine(top, low, (step - at) / (steps - 1 - at))
    warmup = round(config.get("warmup", 0) * steps_per_epoch)
    if step < warmup:
        return top * (step + 1) / (warmup + 1)
    share, low = (step - warmup) / (steps - warmup), config.get("final_lr", 0)
    if name == "constant":
        return top
    fall = (1 + math.cos(math.pi * share)) / 2 if name == "cosine" else (1 - share) ** config.get("power", 1)
    return low + (top - low) * fall


class Muon:
    """docs/training.md, Optimizers, in float32; matrices of one shape go through Newton and Schulz together."""

    def __init__(self, matrices, config):
        self.momentum, self.decay = config["momentum"], config.get("weight_decay", 0)
        self.kinds = {}
        for weight in matrices:
            self.kinds.setdefault((len(weight), weight[0].numel()), []).append(weight)
        self.means = {shape: torch.zeros(len(weights), *shape) for shape, weights in self.kinds.items()}

    @torch.no_grad()
    def step(self, rate):
        for (rows, columns), weights in self.kinds.items():
            gradients, mean = torch.stack([w.grad.reshape(rows, columns) for w in weights]), self.means[rows, columns]
            mean.lerp_(gradients, 1 - self.momentum)
            x = gradients.lerp(mean, self.momentum)
            x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
            for _ in range(5):
                a = x.mT @ x if rows > columns else x @ x.mT
                b = a * -4.7750 + a @ a * 2.0315
                x = x * 3.4445 + (x @ b if rows > columns else b @ x)
            for weight, change in zip(weights, x * max(1, rows / columns) ** 0.5):
                weight.mul_(1 - rate * self.decay).sub_(change.reshape(weight.shape), alpha=rate)


class Optimizers:
    """What the settings ask for, as one: a step sets the rates."""

    def __init__(self, config, model):
        self.weights, self.muon = list(model.parameters()), None
        rest, rate = self.weights, config["lr"]
        if config["optimizer"] == "muon":
            inner = [w for w in self.weights if w.dim() > 1][1:-1]
            matrices = {id(w): w for w in inner if w.dim() == 2 or w.shape[1] > 1}
            self.muon, rate = Muon(matrices.values(), config), config["auxiliary_lr"]
            rest = [w for w in rest if id(w) not in matrices]
        self.ratio = rate / config["lr"]
        least = 2 if config.get("decay") == "weights" else 0  # dimensions of what decays
        groups = [{"params": [w for w in rest if w.dim() >= least], "weight_decay": config.get("weight_decay", 0)},
                  {"params": [w for w in rest if w.dim() < least], "weight_decay": 0}]
        groups = [group for group in groups if group["params"]]
        if config["optimizer"] == "sgd":
            self.rest = torch.optim.SGD(groups, lr=rate, momentum=config.get("momentum", 0),
                                        nesterov=config.get("nesterov", False), fused=True)
        else:
            kind = torch.optim.Adam if config["optimizer"] == "adam" else torch.optim.AdamW
            self.rest = kind(groups, lr=rate, betas=tuple(config["betas"]), eps=config["epsilon"], fused=True)

    def zero_grad(self):
        for weight in self.weights:
            weight.grad = None

    def step(self, rate):
        if self.muon:
            self.muon.step(rate)
        for group in self.rest.param_groups:
            group["lr"] = rate * self.ratio
        self.rest.step()


class Recipe(pytorch.Trainer):
    def __init__(self, variant, arguments, config):
        super().__init__(variant, arguments)
        self.config, self.optimizer = config, Optimizers(config, self.model)
        self.average = copy.deepcopy(self.model) if "ema" in config else None
        self.steps_done = 0

    def train_step(self, x, labels, rate):
        x = x.contiguous(memory_format=self.memory_format)
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.autocast):
            logits = self.forward(x).float()
        loss = F.cross_entropy(logits, labels, label_smoothing=self.config["label_smoothing"])
        self.optimizer.zero_grad()
        loss.backward()
        if "clip_norm" in self.config:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config["clip_norm"])
        self.optimizer.step(rate)
        self.steps_done += 1
        if self.average:
            share = 1 - min(self.config["ema"], self.steps_done / (self.steps_done + 9)) if self.steps_done > 1 else 1
            with torch.no_grad():
                torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), share)
        self._count(logits.detach(), loss.detach(), labels)

    @torch.no_grad()
    def take_statistics(self, model, images, batch_size):
        """PyTorch's swa_utils.update_bn over the same number of images as tern takes."""
        norms = [layer for layer in model.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
        kept = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None
        model.train()
        for part in images[:STATISTICS_SAMPLES].split(batch_size):
            model(self.normalized(part))
        for norm, momentum in zip(norms, kept):
            norm.momentum = momentum

    def normalized(self, pixels):
        if self.normalize == "dataset":
            x = (pixels.float() - self.mean) / self.deviation
        else:
            x = pytorch.models.normalize(pixels.float(), self.normalize)
        return x.contiguous(memory_format=self.memory_format)

    def test_accuracy(self, train_images, test_images, test_labels):
        model = self.average or self.model
        if self.config["running_statistics"] == "precise":
            order = torch.randperm(len(train_images), generator=torch.Generator().manual_seed(0))[:STATISTICS_SAMPLES]
            self.take_statistics(model, train_images[order], self.config["batch_size"])
        model.eval()
        with torch.no_grad():
            hits = sum((model(self.normalized(x)).argmax(1) == y).sum().item()
                       for x, y in zip(test_images.split(256), test_labels.split(256)))
        model.train()
        return hits / len(test_labels)


def rows(trainer, arguments, config, augment, train_set, test_set):
    images, labels = (torch.from_numpy(part) for part in train_set)
    test_images, test_labels = (torch.from_numpy(part) for part in test_set)
    generator = torch.Generator().manual_seed(arguments.seed)
    augmented = Augmented(images, augment, generator)
    # A channel at a time: all in float32 would be 600 MB.
    statistics = [torch.std_mean(images[:, channel].float(), correction=0) for channel in range(images.shape[1])]
    trainer.deviation, trainer.mean = (torch.stack(kept).reshape(1, -1, 1, 1) for kept in zip(*statistics))
    early_size, early_epochs = config.get("early_size", (1, 0))
    shares = covered(images.shape[2], early_size)
    steps_per_epoch = -(-len(labels) // config["batch_size"])
    steps, step = config["epochs"] * steps_per_epoch, 0
    for epoch in range(arguments.epochs or config["epochs"]):
        trainer.reset()
        start = time.perf_counter()
        pixels = augmented.epoch(epoch)
        for picked in torch.randperm(len(labels), generator=generator).split(config["batch_size"]):
            x = trainer.normalized(pixels[picked])
            if epoch < early_epochs:
                x = (shares @ x @ shares.T).contiguous(memory_format=trainer.memory_format)
            trainer.train_step(augmented.cut_out(x), labels[picked], rate_at(config, step, steps, steps_per_epoch))
            step += 1
        row = trainer.row(time.perf_counter() - start, steps_per_epoch)
        yield {"epoch": epoch + 1, **row, "test_accuracy": trainer.test_accuracy(images, test_images, test_labels)}


def main():
    arguments, config, augment = parse_arguments()
    torch.set_num_threads(arguments.threads)
    arguments.seed = config["seed"] if arguments.seed is None else arguments.seed
    arguments.model, arguments.normalize, arguments.device = config["model"], config["normalize"], "cpu"
    arguments.optimizer, arguments.lr, arguments.epsilon, arguments.momentum = "sgd", 0.1, None, 0
    arguments.compile_mode, arguments.batch_size = "default", config["batch_size"]
    trainer = Recipe(arguments.variant, arguments, config)
    train_set = pytorch.data_set(arguments.data, pytorch.cifar10.TRAIN, 50_000)
    test_set = pytorch.data_set(arguments.data, pytorch.cifar10.TEST, 10_000)
    for row in rows(trainer, arguments, config, augment, train_set, test_set):
        text = "  ".join(f"{key} {row[key]:.4g}" for key in pytorch.SHOWN if key in row)
        print(json.dumps(row) if arguments.json else text, flush=True)


if __name__ == "__main__":
    sys.exit(main())

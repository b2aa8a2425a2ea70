"""What is measured, by which commands, and how long that will take."""

import dataclasses
from pathlib import Path

from measuring import count
from reproduce_paper.here import MPIRUN, ROOT
from reproduce_paper.published import MIRRORED, PYTORCH, SEQUENTIAL, Run

PARTS = ["sequential", "threads", "replicas", "gpu", "engine", "recipe"]
USUAL = PARTS[:-1]
WORKERS = 4  # of the paper's PyTorch run
HELD_OUT = 0.2
RECIPE_EPOCHS = 8
WARMUP = 3
QUICKER = 10  # so many steps of tern's own kernels for one of its plain loops
TESTS_AS_TRAINING = 3  # images evaluated in the time of one trained on
# Images/s in training, of a thread of a Xeon with AVX-512, and of one H200 (docs/results).
PER_THREAD = {("ref", "mini_xception"): 4, ("tern", "mini_xception"): 210, ("tern", "mini_xception_dense"): 150,
              ("PyTorch", "mini_xception"): 45, ("PyTorch", "mini_xception_dense"): 35, ("Keras", "mini_xception"): 30}
PER_GPU = {("tern", "mini_xception"): 14_000, ("tern", "mini_xception_dense"): 10_900, ("PyTorch", "mini_xception_dense"): 9_000}


@dataclasses.dataclass(frozen=True)
class Settings:
    data: str
    images: int       # to train on; None in a plan that a folder decides
    tests: int
    epochs: int       # at most; each run has no more than the paper's
    peer_epochs: int
    steps: int        # of what is too slow for an epoch


@dataclasses.dataclass(frozen=True)
class Measurement:
    name: str
    part: str
    title: str
    run: Run          # of the paper, which it stands beside
    program: str      # tern, PyTorch, Keras
    threads: str
    command: list
    rate: float       # images/s that are expected
    epochs: int = 0
    steps: int = 0    # in the place of epochs
    warmup: int = 0   # steps that PyTorch and Keras do not count
    peer: bool = False
    held_out: bool = False
    bits_of: str = ""  # the measurement whose weights it must have
    missing: str = ""  # why it cannot run here

    def epoch_images(self, settings):
        return settings.images - round(HELD_OUT * settings.images) if self.held_out else settings.images

    def seconds(self, settings):
        """By formula, without starting programs."""
        if self.steps:
            return (self.warmup + self.steps) * min(self.run.batch_size, settings.images) / self.rate
        tested = (settings.tests + (settings.images - self.epoch_images(settings))) / TESTS_AS_TRAINING
        return self.epochs * (self.epoch_images(settings) + tested) / self.rate


class Plan:
    def __init__(self, settings, here, folder, out):
        self.settings, self.here, self.folder, self.out = settings, here, folder, Path(out)
        self.cpus = here.cpus

    def train(self, name, part, title, run, threads, *flags, device="cpu", program="tern", rate=None, ranks=1, preset=None, **more):
        amount = ["--steps", str(more["steps"])] if more.get("steps") else ["--epochs", str(more["epochs"])]
        launcher = [MPIRUN.program, *MPIRUN.flags, "-n", str(ranks)] if ranks > 1 else []
        command = [*launcher, self.here.tern, "train", "--preset", preset or run.preset, "--data", self.folder, *amount, "--device", device,
                   "--threads", str(threads), *flags, "--run", str(self.out / "runs" / name), "--json"]
        expected = rate or ranks * threads * PER_THREAD[program, run.network]
        told = f"{ranks} processes, {count(threads, 'thread')} each" if ranks > 1 else device if device != "cpu" else count(threads, "thread")
        return Measurement(name, part, title, run, "tern", told, command, expected, **more)

    def peer(self, name, part, title, run, program, threads, *flags, script="pytorch.py", device="cpu", told="", **more):
        amount = ["--steps", str(more["steps"]), "--warmup", str(WARMUP)] if more.get("steps") else ["--epochs", str(more["epochs"])]
        command = [self.here.python, str(ROOT / "bench/peers" / script), "--data", self.folder, "--batch-size", str(run.batch_size),
                   "--threads", str(threads), *amount, *flags, "--json"]
        rate = PER_GPU[program, run.network] if device == "cuda" else threads * PER_THREAD[program, run.network]
        lack = "PyTorch's GPU" if device == "cuda" else program
        return Measurement(name, part, title, run, program, told or count(threads, "thread"), command, rate, peer=True,
                           warmup=WARMUP if more.get("steps") else 0, missing=self.here.lacks[lack], **more)

    def epochs(self, run):
        return min(self.settings.epochs, run.epochs)

    def sequential(self):
        steps = self.settings.steps
        network = ["--model", SEQUENTIAL.network, "--variants", "eager"]
        yield self.train("sequential-ref", "sequential", "tern, its plain loops", SEQUENTIAL, 1, "--kernels", "ref", program="ref", steps=steps)
        yield self.peer("sequential-pytorch", "sequential", "PyTorch", SEQUENTIAL, "PyTorch", 1, *network, steps=steps)
        yield self.peer("sequential-keras", "sequential", "Keras", SEQUENTIAL, "Keras", 1, script="keras_peer.py",
                        steps=steps)

    def threads(self):
        workers = ["--workers", str(WORKERS)]
        yield self.train("threads-tern", "threads", "tern", PYTORCH, self.cpus, *(workers if self.here.has_workers else []),
                         epochs=self.epochs(PYTORCH))
        yield self.peer("threads-pytorch", "threads", "PyTorch", PYTORCH, "PyTorch", self.cpus, *workers, "--evaluate",
                        "--model", PYTORCH.network, "--variants", "eager", epochs=min(self.settings.peer_epochs, PYTORCH.epochs),
                        told=f"{count(self.cpus, 'thread')}, {WORKERS} loaders")

    def replicas(self):
        ranks, epochs = 2, self.epochs(MIRRORED)
        flags = ["--replicas", str(ranks), "--keep", str(epochs)]  # checkpoints of all epochs, to be compared
        yield self.train("replicas-processes", "replicas", "tern, 2 replicas", MIRRORED, max(1, self.cpus // ranks), *flags, ranks=ranks,
                         epochs=epochs, held_out=True, missing=self.here.lacks["MPI"])
        yield self.train("replicas-alone", "replicas", "tern, 2 replicas in one process", MIRRORED, self.cpus, *flags, epochs=1,
                         held_out=True, bits_of="replicas-processes")

    def gpu(self):
        gpu = {"device": "cuda", "missing": self.here.lacks["GPU"]}
        workers = ["--workers", str(WORKERS)]
        for name, title, flags in (("gpu-dense", "tern", []), ("gpu-dense-cudnn", "tern with cuDNN", ["--kernels", "cudnn"])):
            yield self.train(name, "gpu", title, PYTORCH, self.cpus, *flags, *(workers if self.here.has_workers else []),
                             epochs=self.epochs(PYTORCH), rate=PER_GPU["tern", PYTORCH.network], **gpu)
        yield self.train("gpu-mirrored", "gpu", "tern, one replica", MIRRORED, self.cpus, epochs=self.epochs(MIRRORED), held_out=True,
                         rate=PER_GPU["tern", MIRRORED.network], **gpu)
        yield self.peer("gpu-pytorch", "gpu", "PyTorch", PYTORCH, "PyTorch", self.cpus, *workers, "--evaluate",
                        "--model", PYTORCH.network, "--variants", "eager", "--device", "cuda", device="cuda",
                        epochs=min(self.settings.epochs, PYTORCH.epochs), told=f"cuda, {WORKERS} loaders")

    def engine(self):
        yield self.train("engine-thread", "engine", "tern, its own kernels", SEQUENTIAL, 1, steps=QUICKER * self.settings.steps)
        yield self.train("engine-sequential", "engine", "tern, its own kernels", SEQUENTIAL, self.cpus, epochs=self.epochs(SEQUENTIAL))

    def recipe(self):
        yield self.train("recipe-quick", "recipe", "tern's recipe `quick`, not the paper's", SEQUENTIAL, self.cpus, preset="quick",
                         epochs=RECIPE_EPOCHS)

    def measurements(self, parts):
        return [measurement for part in PARTS if part in parts for measurement in getattr(self, part)()]

    def evaluation(self, measurement):
        """Of the last weights, not the best: the paper has no others."""
        weights = self.out / "runs" / measurement.name / "last.safetensors"
        device = measurement.threads if measurement.threads.startswith("cuda") else "cpu"
        return [self.here.tern, "evaluate", "--checkpoint", str(weights), "--data", self.folder, "--device", device,
                "--threads", str(self.cpus), "--json"]

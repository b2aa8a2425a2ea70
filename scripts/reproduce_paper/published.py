"""What is known of the runs of Aamir, Raheel, Noor us Sabah: "Parallelization of Image Classification using Convolutional Neural
Networks": the logs that it prints, and what its two public notebooks say of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    key: str
    title: str
    preset: str       # of tern train
    network: str
    batch_size: int
    images: int       # of an epoch
    accuracies: tuple  # in training, after each epoch
    seconds: tuple     # of each epoch

    @property
    def epochs(self):
        return len(self.seconds)

    @property
    def seconds_per_epoch(self):
        return sum(self.seconds) / self.epochs

    @property
    def images_per_second(self):
        return self.images / self.seconds_per_epoch


SEQUENTIAL = Run(
    "sequential", "sequential: TensorFlow on a CPU", "paper-sequential", "mini_xception", 32, 50_000,
    (0.5215, 0.6588, 0.7058, 0.7371, 0.7671, 0.7856, 0.8018, 0.8156),
    (1509, 1481, 1468, 1473, 1485, 1467, 1475, 1466),
)
PYTORCH = Run(
    "pytorch", "CUDA and loader threads: PyTorch on a T4", "paper-pytorch", "mini_xception_dense", 64, 50_000,
    (0.4918, 0.6375, 0.7009, 0.7407, 0.7666, 0.7932, 0.8132, 0.8298, 0.8450, 0.8578,
     0.8671, 0.8751, 0.8856, 0.8943, 0.9017, 0.9094, 0.9170, 0.9225, 0.9299, 0.9334),
    (36.80, 33.76, 34.05, 35.27, 33.57, 34.12, 33.37, 33.84, 33.53, 33.50,
     34.13, 33.33, 34.05, 33.89, 33.87, 33.46, 33.46, 33.64, 33.35, 33.76),
)
MIRRORED = Run(
    "mirrored", "MirroredStrategy and Dask: TensorFlow on a T4", "paper-mirrored", "mini_xception", 32, 40_000,
    (0.4662, 0.6161, 0.6724, 0.7108, 0.7404, 0.7627, 0.7784, 0.7969, 0.8102, 0.8222,
     0.8309, 0.8411, 0.8488, 0.8566, 0.8615, 0.8686, 0.8763, 0.8804, 0.8841, 0.8915),
    (48, 36, 36, 35, 36, 36, 35, 36, 35, 36, 37, 35, 36, 36, 35, 36, 36, 36, 36, 36),
)
RUNS = {run.key: run for run in (SEQUENTIAL, PYTORCH, MIRRORED)}

# Of the third run after its last epoch; in the notebook, not in the paper.
MIRRORED_TEST_ACCURACY, MIRRORED_TEST_LOSS = 0.7033, 1.0906

# Floating-point operations of an image and training step, in millions: 6 for each multiply-add of docs/models.md, but for
# the gradient of the images, which nobody asks for.
IMAGE_GRADIENT = 2 * 32 * 32 * 9 * 3 * 32 / 1e6
MFLOP = {"mini_xception": 6 * 84.976256 - IMAGE_GRADIENT, "mini_xception_dense": 6 * 397.247744 - IMAGE_GRADIENT}

REMARKS = [
    "Two networks go by one name. The first and the third run train `mini_xception` (94,474 parameters, separable convolutions), the "
    "second `mini_xception_dense` (391,050, plain ones), which computes 4.7 times as much for an image. Images/s of different "
    "networks are no speed-up; the column GFLOP/s counts the work.",
    "All runs on a GPU had one T4, so the third had one replica: nothing was mirrored, and no gradient was exchanged.",
    "The third run split off a fifth of the training images (not stratified, `random_state` 42) and never used it: its epochs are 40,000 "
    "images, those of the others 50,000. In images/s the second run is the faster one, against the paper's words.",
    "The accuracies of the logs are those of training. Only a notebook, not the paper, evaluates one of them on the test images, the third: "
    f"{MIRRORED_TEST_ACCURACY:.4f}, at a loss of {MIRRORED_TEST_LOSS:.4f} and a training accuracy of {MIRRORED.accuracies[-1]:.4f}: it overfits.",
    "Of the logs training accuracies and seconds are known: beside our losses, precision, recall and F1 stands nothing of the paper's, "
    "though it names these measures.",
    "Speed-ups of seconds per epoch are of different machines as well: a CPU against a GPU.",
    "Keras adds Adam's epsilon before it corrects the moments, tern after that, as PyTorch does.",
]

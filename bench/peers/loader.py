#!/usr/bin/env python3
"""Reads a folder of images with PyTorch's DataLoader and torchvision, and prints images per second.

    loader.py photos --image-size 32 --workers 0,1,2

The folder has one folder of images for each class (torchvision.datasets.ImageFolder). Resize, CenterCrop and ToTensor
make of an image what `tern-bench --loader` makes of it. Worker processes stay from epoch to epoch.
"""

import argparse
import json
import sys
import time

try:
    import torch
    from torchvision import datasets, transforms
except ImportError as error:
    sys.exit(f"loader.py: {sys.executable} has no {error.name}; pip install torch torchvision pillow, or run this with a Python that has them")

WARM_UP = 3  # batches: the workers have started then


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("folder")
    add("--image-size", type=int, default=32)
    add("--batch-size", type=int, default=64)
    add("--workers", default="0,1,2", help="a row for each number (default: %(default)s)")
    add("--threads", type=int, default=torch.get_num_threads())
    add("--seconds", type=float, default=10, help="measured for each number (default: %(default)s)")
    add("--json", action="store_true", help="one JSON object on standard output")
    arguments = parser.parse_args()
    arguments.workers = [int(number) for number in arguments.workers.split(",")]
    if min(arguments.batch_size, arguments.image_size, arguments.threads) < 1 or min(arguments.workers) < 0:
        parser.error("--batch-size, --image-size and --threads: expected at least 1, --workers at least 0")
    return arguments


def rate(images, workers, batch_size, seconds):
    loader = torch.utils.data.DataLoader(
        images, batch_size, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=workers > 0
    )
    done, start = 0, None
    while True:
        for batch, _ in loader:
            done += 1
            if done == WARM_UP:
                start = time.perf_counter()
            elif start and time.perf_counter() - start >= seconds:
                return (done - WARM_UP) * batch_size / (time.perf_counter() - start)


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    images = datasets.ImageFolder(
        arguments.folder,
        transforms.Compose(
            [transforms.Resize(arguments.image_size), transforms.CenterCrop(arguments.image_size), transforms.ToTensor()]
        ),
    )
    if len(images) < arguments.batch_size:
        sys.exit(f"loader.py: {arguments.folder} has {len(images)} images, fewer than a batch of {arguments.batch_size}")
    rates = {workers: rate(images, workers, arguments.batch_size, arguments.seconds) for workers in arguments.workers}
    if arguments.json:
        print(json.dumps({"torch": torch.__version__, "images_per_second": rates}))
        return
    print(f"PyTorch {torch.__version__}, {len(images)} images of {arguments.folder}, {arguments.image_size} pixels, batches of {arguments.batch_size}\n")
    print(f"{'workers':<10} {'read, images/s':>16}")
    for workers, value in rates.items():
        print(f"{workers:<10} {value:16.0f}")


if __name__ == "__main__":
    main()

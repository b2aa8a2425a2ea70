"""How long a step takes on several devices, by formula. docs/scaling.md says where the numbers are from."""

import json
import math
from dataclasses import dataclass

EAGER_BYTES = 64 << 10  # of Open MPI over TCP: longer messages ask first, there and back (btl_tcp_eager_limit)
BLOCK = 256             # numbers with one scale, --exchange-type int8


@dataclass(frozen=True)
class Link:
    """Between two hosts, both ways at once."""
    latency: float  # seconds from the call of one rank to the message at the other
    rate: float     # bytes a second

    def operation(self, sizes):
        """An all-to-all or all-gather in which a rank sends and gets messages of these sizes at once."""
        sizes = [size for size in sizes if size > 0]
        asks = 3 if any(size > EAGER_BYTES for size in sizes) else 1
        return asks * self.latency + sum(sizes) / self.rate


@dataclass(frozen=True)
class Form:
    """How gradients are summed: the flags --exchange, --exchange-type, --exchange-share, --bucket-size and --local-steps."""
    type: str = "float32"
    share: float = 0.01
    local_steps: int = 0
    overlap: bool = True
    bucket_bytes: int = 128 << 10

    def messages(self, numbers, ranks):
        """Bytes of a message to each other rank, for each operation in its order."""
        part = numbers / ranks
        return {"float32": [4 * part] * 2,
                "bfloat16": [2 * part] * 2,
                "int8": [part + 4 * part / BLOCK] * 2,
                "top-k": [8 * self.share * numbers]}[self.type]

    def sent_bytes(self, numbers, ranks):
        """By a rank in a step, in the mean."""
        return (ranks - 1) * sum(self.messages(numbers, ranks)) / max(self.local_steps, 1)


def exchange_seconds(form, numbers, statistics, ranks, link, backward_seconds, steps=math.inf):
    """What a step waits for, in the mean over a run of so many. `numbers` are the parameters, `statistics` the numbers of
    running statistics."""
    if ranks == 1:
        return 0.0
    others = ranks - 1

    def operations(sizes):
        return sum(link.operation([size] * others) for size in sizes)

    totals = operations([64])  # losses and metrics
    gradients = form.messages(numbers, ranks)
    if form.local_steps:
        whole = sum(operations([size]) for size in [4 * numbers] * 3 + [4 * statistics])  # Adam's moments, too
        return (operations(gradients) + 2 * totals) / form.local_steps + whole / steps
    rest = operations([4 * statistics]) + totals
    if not form.overlap or form.type != "float32":
        return operations(gradients) + rest
    buckets = max(1, math.floor(4 * numbers / form.bucket_bytes))
    each = operations(size / buckets for size in gradients)
    # The last bucket is whole when the backward pass ends; those before it had their share of that time.
    hidden = backward_seconds * (buckets - 1) / buckets
    return each + max(0.0, (buckets - 1) * each - hidden) + rest


def sizes_of(weights):
    """How many numbers the parameters of a weight file have, and its running statistics."""
    with open(weights, "rb") as file:
        tensors = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    count = {True: 0, False: 0}
    for name, tensor in tensors.items():
        if name != "__metadata__" and not name.endswith("num_batches_tracked"):
            count["running_" in name] += math.prod(tensor["shape"])
    return count[False], count[True]


@dataclass(frozen=True)
class Gpus:
    """A step of B images on one GPU takes fixed + B image seconds; a network of so many bytes of gradients."""
    name: str
    fixed: float
    image: float
    gradient_bytes: float

    def step(self, images):
        return self.fixed + images * self.image


# NCCL's own model of its tree (src/graph/tuning.cc), for each protocol: base latency, that of a hop on NVLink and on InfiniBand in
# seconds, and the share of the rate that its flags leave. Assumed are eight GPUs a host, and bytes a second that they reach.
TREE = {"LL": (6.8e-6, 0.6e-6, 5e-6, 1 / 2), "LL128": (14e-6, 1.25e-6, 8.5e-6, 120 / 128)}
NVLINK_RATE, NETWORK_RATE, GPUS_OF_A_HOST = 300e9, 40e9, 8


def all_reduce_seconds(byte_count, gpus):
    if gpus == 1:
        return 0.0
    inside, across = min(gpus, GPUS_OF_A_HOST), math.log2(math.ceil(gpus / GPUS_OF_A_HOST))
    rate = NETWORK_RATE if across else NVLINK_RATE
    return min(base + 2 * ((inside - 1) * nvlink + across * network) + 2 * byte_count / (share * rate)
               for base, nvlink, network, share in TREE.values())


def speed_up(gpus_kind, images, gpus):
    """Strong scaling: the same batch on so many GPUs."""
    step = gpus_kind.step(images / gpus) + all_reduce_seconds(gpus_kind.gradient_bytes, gpus)
    return gpus_kind.step(images) / step


# mini_xception in float32. An H200 at batches of 64 and 512 on 2026-11-26, and what its 3.4 us of memory traffic an image and one
# captured graph would leave (a goal, nothing that was measured).
KINDS = [Gpus("measured on an H200", 1.2e-3, 33.6e-6, 378e3), Gpus("at the floor of an H200", 80e-6, 3.4e-6, 378e3)]

"""Latencies of what runs batches of images. Needs no packages."""

import math
import time

WARM_UP = 5  # compiling and choosing kernels
RUNS = 5  # at least


def repeat(run, images, seconds):
    """Seconds of each run, one after the other."""
    times = []
    while sum(times) < seconds or len(times) < RUNS:
        start = time.perf_counter()
        run(images)
        times.append(time.perf_counter() - start)
    return times


def percentile(times, share):
    """The smallest of ascending times that `share` of them do not exceed."""
    return times[max(math.ceil(share * len(times)), 1) - 1]


def measure(run, images, seconds):
    """Images per second and percentiles of the seconds of run(images). A run with a `stream` keeps several batches going at once: its
    rate is that of all of them, where it is a batch over the median otherwise."""
    for _ in range(WARM_UP):
        run(images)
    if stream := getattr(run, "stream", None):
        times, elapsed = stream(images, seconds)
        rate = len(times) * len(images) / elapsed
    else:
        times = repeat(run, images, seconds)
        rate = len(images) / percentile(sorted(times), 0.5)
    times.sort()
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    row = {"batch_size": len(images), "images_per_second": rate, "runs": len(times)}
    return row | {key: percentile(times, share) for key, share in shares.items()}

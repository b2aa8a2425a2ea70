#!/usr/bin/env python3
"""Trains mini_xception on two replicas in tern and in PyTorch, in float64 from equal weights over the same
samples, and compares losses, weights and running statistics. Needs torch, numpy and Open MPI's mpirun.

    replicas.py build/release/bin/tern            (some minutes; exit status 1 if anything is too far off)

    apart     tern --replicas 2 against DistributedDataParallel over gloo, two processes
    synced    tern --sync-batch-norm under mpirun against one process of PyTorch that has the whole batch
              (PyTorch's SyncBatchNorm is for GPUs only)

The 47 images, noise, are batches of 16, 16 and 15, and the last is cut into 8 and 7. DistributedDataParallel averages
gradients equally, so that there each piece's loss is weighted by its samples; the weight of 8 of 16 is 1.
It keeps the running statistics of the first process. tern merges those of all, and is compared with the mean
and variance of the inputs of each batch norm in both processes.

What tern computes apart in one process and in two under mpirun must be the same bits. All else is held to 1e-10,
relative to the norm of a tensor or to the loss. Left out, as in parity.py, are biases right before a batch norm: their
gradients are zero but for rounding. Adam moves them by up to some 1e-10 for it, differently in each run, and the
running means with them, so that its running means are left out, too. Two runs of PyTorch that only differ in the order
within batches are 5e-10 apart there.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import parity  # first: it says which Python packages are missing
import numpy as np
import torch
from torch import distributed

sys.path.append(str(parity.ROOT / "bench/peers"))
import cifar10  # noqa: E402

NAME, PIECES, SAMPLES, SIZE, STEPS = "mini_xception", 2, 47, 16, 4
BOUND = 1e-10
MPIRUN = ["mpirun", "-n", str(PIECES), "--bind-to", "none", "--oversubscribe"]
FLAGS = ["--precision", "float64", "--kernels", "ref", "--device", "cpu", "--threads", "1"]


def sum_of_processes(tensor):
    distributed.all_reduce(tensor)
    return tensor


def watch_statistics(model):
    """Running statistics as PyTorch's rule has them, but of the batches of all processes; move with each pass."""
    merged = {}

    def watch(mean_key, variance_key, layer):
        merged[mean_key], merged[variance_key] = layer.running_mean.clone(), layer.running_var.clone()

        def take(_, inputs):
            values = inputs[0].detach().transpose(0, 1).flatten(1)  # (C, values of this process)
            count = sum_of_processes(torch.tensor(values.shape[1]))
            mean = sum_of_processes(values.sum(1)) / count
            variance = sum_of_processes((values - mean[:, None]).square().sum(1)) / (count - 1)
            merged[mean_key].lerp_(mean, layer.momentum)
            merged[variance_key].lerp_(variance, layer.momentum)

        layer.register_forward_pre_hook(take)

    for key, module in model.named_modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            watch(f"{key}.running_mean", f"{key}.running_var", module)
    return merged


def train_piece(rank, folder, data, optimizer, weights):
    """One of the processes; the first one writes what came out."""
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=PIECES)
    model, stepper = parity.pytorch_model(NAME, optimizer, torch.float64, weights)
    merged = watch_statistics(model)
    parallel = torch.nn.parallel.DistributedDataParallel(model)
    losses = []
    for images, labels in parity.batches(data, SIZE, STEPS):
        own_images, own_labels = np.array_split(images, PIECES)[rank], np.array_split(labels, PIECES)[rank]
        share = len(own_labels) / len(labels)
        loss = parity.pytorch_loss(parallel, NAME, own_images, own_labels)
        stepper.zero_grad()
        (PIECES * share * loss).backward()
        stepper.step()
        losses.append(sum_of_processes(share * loss.detach()).item())
    if rank == 0:
        torch.save({"losses": losses, "state": {**model.state_dict(), **merged}}, f"{folder}/results.pt")
    distributed.destroy_process_group()


def run_parallel(data, optimizer, weights):
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(train_piece, (folder, data, optimizer, weights), PIECES)
        results = torch.load(f"{folder}/results.pt")
    return results["losses"], {key: value.numpy() for key, value in results["state"].items()}


def largest(mine, theirs, keys):
    return parity.largest_distance({key: mine[key] for key in keys}, {key: theirs[key] for key in keys})


def compare(how, optimizer, mine, theirs):
    """Prints a row; returns whether all is within the bound."""
    (losses, state), (true_losses, true_state) = mine, theirs
    pairs = parity.biases_before_batch_norm(NAME)
    state, true_state = (parity.comparable(each, pairs, STEPS) for each in (state, true_state))
    distances = {"losses": (parity.loss_distance(losses, true_losses), "")}
    statistics = {key for key in true_state if "running" in key}
    distances["weights"] = largest(state, true_state, true_state.keys() - statistics)
    if optimizer == "adam":
        statistics -= pairs.keys()
    distances["statistics"] = largest(state, true_state, statistics)
    good = all(distance <= BOUND for distance, _ in distances.values())  # false of a NaN
    row = ", ".join(f"{what} {distance:.1e} {key}".rstrip() for what, (distance, key) in distances.items())
    print(f"{how}/{optimizer}: {row} (bound {BOUND:g}): {'ok' if good else 'TOO FAR'}", flush=True)
    return good


def same_bits(optimizer, mine, theirs):
    """Prints a row; returns whether the two runs are."""
    (losses, state), (other_losses, other_state) = mine, theirs
    bits, other_bits = ({key: value.tobytes() for key, value in each.items()} for each in (state, other_state))
    good = losses == other_losses and bits == other_bits
    print(f"apart/{optimizer}: one process and {PIECES} have {'the same' if good else 'OTHER'} bits", flush=True)
    return good


def compare_runs(arguments, data, optimizer):
    weights = parity.initial_weights(NAME, arguments.seed)
    flags = [*FLAGS, *parity.optimizer_flags(NAME, optimizer)]

    def tern(*more, launcher=()):
        return parity.run_tern(arguments, NAME, SIZE, STEPS, [*flags, *more], weights, launcher)

    apart = tern("--replicas", str(PIECES))
    good = [same_bits(optimizer, apart, tern(launcher=MPIRUN))]
    good.append(compare("apart", optimizer, apart, run_parallel(data, optimizer, weights)))
    whole = parity.run_pytorch(data, NAME, SIZE, STEPS, optimizer, torch.float64, weights)
    good.append(compare("synced", optimizer, tern("--sync-batch-norm", launcher=MPIRUN), whole))
    return all(good)


def main():
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    parser.add_argument("tern", metavar="TERN", help="the program")
    parser.add_argument("--seed", type=int, default=0, help="of the initial weights")
    arguments = parser.parse_args()
    parity.check_program(arguments.tern)
    if not shutil.which("mpirun"):
        sys.exit(f"{parity.PROGRAM}: no mpirun; Open MPI has it (openmpi-bin)")
    torch.set_num_threads(1)
    images, labels = cifar10.noise(SAMPLES)
    with tempfile.TemporaryDirectory() as arguments.data:
        tensors = {"images": np.ascontiguousarray(images.transpose(0, 2, 3, 1)), "labels": labels}
        parity.write_safetensors(f"{arguments.data}/train.safetensors", tensors)
        good = [compare_runs(arguments, (images, labels), optimizer) for optimizer in parity.RATE]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()

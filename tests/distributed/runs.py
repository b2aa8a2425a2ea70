"""What runs read and leave: small data sets, and run folders compared and checked."""

import ctypes
import ctypes.util
import json
import pathlib
import random
import struct


def write_safetensors(path, samples, size, classes, dice):
    labels = bytes(dice.randrange(classes) for _ in range(samples))
    # A grey of the label's own under noise, so that there is something to learn.
    images = b"".join(bytes((label * 255 // classes + noise) // 2 for noise in dice.randbytes(3 * size * size))
                      for label in labels)
    header = json.dumps({"images": {"dtype": "U8", "shape": [samples, size, size, 3], "data_offsets": [0, len(images)]},
                         "labels": {"dtype": "U8", "shape": [samples],
                                    "data_offsets": [len(images), len(images) + samples]}}).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(struct.pack("<Q", len(header)) + header + images + labels)


def make_set(folder, train=101, test=21, size=8, classes=4, seed=0):
    """Of sizes that no number of ranks divides."""
    folder.mkdir()
    dice = random.Random(seed)
    write_safetensors(folder / "train.safetensors", train, size, classes, dice)
    write_safetensors(folder / "test.safetensors", test, size, classes, dice)
    return folder


def elements(path):
    """A safetensors file without its header, in which the sizes of files with times in them stand."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return data[8 + length:]


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def result(run):
    """All that equal flags on equal data must give again."""
    metrics = lines_of(run / "metrics.jsonl")
    for line in metrics:
        for key in ("seconds", "images_per_second"):  # which the tests of a validated run have not
            line.pop(key, None)
    last = (run / "last.safetensors").resolve()
    return {
        "weights": last.read_bytes(),
        "step": last.parent.name,
        "state": elements(last.parent / "state.safetensors"),
        "steps.jsonl": (run / "steps.jsonl").read_bytes() if (run / "steps.jsonl").exists() else b"",
        "metrics.jsonl": metrics,
    }


def differences(got, expected):
    return [what for what in expected if got[what] != expected[what]]


class Sum(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


def xxh128(data):
    library = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
    library.XXH3_128bits.restype = Sum
    library.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    value = library.XXH3_128bits(data, len(data))
    return f"{value.high:016x}{value.low:016x}"


def steps_of(run):
    """Of its checkpoints."""
    return sorted(int(path.name.split("-")[1]) for path in (run / "checkpoints").glob("step-*"))


def check_checkpoint(folder):
    """What is wrong with it."""
    wrong = []
    sums = folder / "XXH128SUMS"
    if not sums.exists():
        return [f"{folder.name} has no sums"]
    named = dict(reversed(line.split(maxsplit=1)) for line in sums.read_text().splitlines())
    for name in {"weights.safetensors", "state.safetensors"} | set(named):
        file = folder / name
        if not file.exists() or named.get(name) != xxh128(file.read_bytes()):
            wrong.append(f"{folder.name}/{name} is not what its sum says")
    return wrong


def check_run(run):
    """What is wrong with a folder that holds a run, or none yet. Names with a dot in front are what a process that was
    killed leaves, and the next one deletes."""
    wrong = []
    if not (run / "config.toml").exists():
        return [f"{path.name} is there without config.toml" for path in run.glob("[!.]*")] if run.exists() else []
    for step in steps_of(run):
        wrong += check_checkpoint(run / "checkpoints" / f"step-{step}")
    last = run / "last.safetensors"
    if last.is_symlink() and not last.exists():
        wrong.append(f"last.safetensors leads to {pathlib.Path(last).readlink()}, which is gone")
    for name in "metrics.jsonl", "steps.jsonl", "times.jsonl":
        for line in (run / name).read_bytes().split(b"\n")[:-1] if (run / name).exists() else []:
            try:
                json.loads(line)
            except ValueError:
                wrong.append(f"{name} has the line {line!r}")
    return wrong


def leftovers(run):
    """Files of a process that was killed."""
    return [str(path.relative_to(run)) for path in run.rglob(".*")]

#!/usr/bin/env python3
"""Makes the inputs that the targets start from: FOLDER/TARGET/NAME.  usage: make_corpus.py FOLDER"""

import json
import pathlib
import struct
import sys
import zlib

SAMPLE = 1 + 3 * 32 * 32


def checksum():
    sums = ("99aa06d3014798d86001c324468d497f", "9cc206e933214c57a8b3253a4a1f3f06")
    yield "whole", "".join(f"{s}  {n}\n" for s, n in zip(sums, ("state.safetensors", "weights.safetensors"))).encode()
    yield "names", "".join(f"{sums[0]}  {name}\n" for name in ("a  b", "-", "\\n", "猫", "..a")).encode()
    yield "cut-line", f"{sums[0]}  a".encode()
    yield "other-folder", f"{sums[0]}  ../a\n".encode()
    yield "twice", 2 * f"{sums[1]}  a\n".encode()


def cifar10():
    def batch(*labels):
        return b"".join(bytes([label]) + bytes((label + i) % 256 for i in range(SAMPLE - 1)) for label in labels)

    yield "two-samples", b"cat\ndog\n\0" + batch(0, 1)
    yield "wrong-label", b"cat\ndog\n\n\0" + batch(2)
    yield "utf8-names", "für\r\n猫\n😀\n".encode() + b"\0" + batch(1)
    yield "cut-sample", b"cat\n\0" + batch(0)[:-1]


def cifar100():
    def sample(coarse, fine):
        return bytes([coarse, fine]) + bytes((fine + i) % 256 for i in range(SAMPLE - 1))

    yield "two-samples", sample(19, 99) + sample(0, 0)
    yield "wrong-coarse", sample(20, 0)
    yield "wrong-fine", sample(0, 99) + sample(1, 100)
    yield "cut-sample", sample(0, 0)[:-1]
    yield "one-label", sample(0, 0)[1:]


def config():
    yield "whole", b"""model = "mini_xception"
epochs = 8
steps = 0x10
batch_size = 3_2
seed = 0o7
shuffle = 'on'
normalize = \"\"\"
unit\"\"\"
lr = 1e-3 # a comment
betas = [0.9, 0.999]
epsilon = inf
label_smoothing = -nan
weight_decay = 0
log_steps = true
"""
    yield "no-setting", b"colour = 1\n"
    yield "nested", b"a.b.c = [[1, [2.5, {x = 1979-05-27T07:32:00Z}]], {}]\n[[table]]\nk = 1\n"
    yield "escapes", 'model = "\\u00e9\\U0001F600\\t\\n\\"é"\n"data" = \'x\'\n'.encode()
    yield "too-large", b"epochs = 9223372036854775808\n"
    yield "twice", b"lr = 1\nlr = 2\n"


def png(width, height, depth, colour, rows, *before, interlace=0):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    chunks = [(b"IHDR", header), *before, (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*item) for item in chunks)


def jpeg(components, *before, frame=0xC0):
    """8 x 8 pixels of one colour: in each component the difference 0, then the end of the block."""

    def segment(kind, content):
        return bytes([0xFF, kind]) + struct.pack(">H", len(content) + 2) + content

    def codes(kind):  # one code, the bit 0, for the symbol 0
        return segment(0xC4, bytes([kind << 4, 1] + [0] * 15 + [0]))

    count = len(components)
    shape = struct.pack(">BHHB", 8, 8, 8, count) + b"".join(bytes([c, 0x11, 0]) for c in components)
    scan = bytes([count]) + b"".join(bytes([c, 0]) for c in components) + bytes([0, 63 if frame == 0xC0 else 0, 0])
    bits = 2 * count if frame == 0xC0 else count  # a progressive file's first scan has differences alone
    tables = segment(0xDB, bytes([0] + [1] * 64)) + codes(0) + codes(1)
    parts = b"".join(segment(*item) for item in before) + tables + segment(frame, shape) + segment(0xDA, scan)
    return b"\xff\xd8" + parts + bytes([0xFF >> bits]) + b"\xff\xd9"


def idx():
    def bytes_of(sizes, elements, kind=8):
        return struct.pack(f">BBBB{len(sizes)}I", 0, 0, kind, len(sizes), *sizes) + bytes(elements)

    yield "images", bytes_of([2, 3, 2], range(12))
    yield "labels", bytes_of([3], [0, 9, 255])
    yield "none", bytes_of([0], [])
    yield "cut", bytes_of([2, 3, 2], range(11))
    yield "cut-header", bytes_of([2, 3], [])
    yield "overflow", bytes_of([2**31, 2**31, 4], [])
    yield "largest", bytes_of([2**32 - 1] * 3, [0])
    yield "floats", bytes_of([1], range(4), kind=13)
    yield "packed", b"\x1f\x8b\x08" + bytes(7)


def image():
    yield "grey.ppm", b"P5 2 1 255\n\x00\xff"
    yield "colour.ppm", b"P6\n# a comment\n1 2\n255\n" + bytes(range(6))
    yield "wide.ppm", b"P6 1 1 65535\n" + bytes(range(6))
    yield "huge.ppm", b"P6 99999 99999 255\n"
    for bits, row in (24, bytes([*range(6), 0, 0])), (1, b"\x80\0\0\0"):
        palette = bytes(range(8)) if bits == 1 else b""
        header = struct.pack("<IiiHHIIiiII", 40, 2, -1, 1, bits, 0, 0, 0, 0, 0, 0)
        start = 14 + len(header) + len(palette)
        yield f"{bits}.bmp", b"BM" + struct.pack("<III", start + len(row), 0, start) + header + palette + row
    # 3 x 2 pixels, as libwebp writes them without loss and with it
    yield "exact.webp", bytes.fromhex("""
        524946462e000000574542505650384c210000002f024000002f201048da1f7b8941e9fffc276ba869db800d75fee5d488fec7f40200""")
    yield "near.webp", bytes.fromhex("""
        5249464644000000574542505650382038000000f001009d012a0300020002c04c25a80274ba00030906fb8000fee9fee4c14b9ffeae36ff
        ab43ff571b7da47f77457eed5d53b4feeac80000""")
    yield "grey.png", png(3, 2, 1, 0, bytes([0, 0xA0, 0, 0x40]))
    yield "colour.png", png(2, 1, 8, 2, bytes([1, *range(6)]))
    yield "alpha16.png", png(1, 1, 16, 6, bytes([0, *range(8)]))
    yield "palette.png", png(4, 1, 2, 3, bytes([0, 0x1B]), (b"PLTE", bytes(range(12))), (b"tRNS", b"\x00\x80"))
    yield "transparent.png", png(2, 1, 8, 0, bytes([0, 1, 2]), (b"gAMA", struct.pack(">I", 45455)), (b"tRNS", b"\0\1"))
    yield "interlaced.png", png(1, 1, 8, 4, bytes([0, 1, 2]), interlace=1)
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    little = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0"
    yield "grey.jpg", jpeg([1], (0xE1, exif))
    yield "colour.jpg", jpeg([1, 2, 3], (0xE1, little))
    yield "inks.jpg", jpeg([1, 2, 3, 4], (0xEE, b"Adobe\0\x64\0\0\0\0\x02"))
    yield "progressive.jpg", jpeg([1], frame=0xC2)


INFO = {
    "format_version": "1",
    "model": "mini_xception",
    "classes": '["cat","dog"]',
    "normalization": '{"name":"unit","scale":[0.00392,0.00392,0.00392],"shift":[0,-1.5,1e-3]}',
}


def file(header, data=b""):
    text = json.dumps(header, separators=(",", ":")).encode() if isinstance(header, dict) else header
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def safetensors():
    yield "empty", file({})
    yield "metadata", file({"__metadata__": INFO})
    yield "two-tensors", file({"a": tensor("F32", [2], 0, 8), "b": tensor("I64", [], 8, 16)}, bytes(range(16)))
    types = {"F64": 8, "F16": 2, "BF16": 2, "I32": 4, "U8": 1}
    begin, header = 0, {}
    for name, size in types.items():
        header[name] = tensor(name, [1, size], begin, begin + size * size)
        begin += size * size
    yield "types", file(header, bytes(begin))
    yield "no-elements", file({"a": tensor("F32", [0, 3], 0, 0)})
    yield "overlap", file({"a": tensor("U8", [2], 0, 2), "b": tensor("U8", [2], 1, 3)}, bytes(3))
    yield "overflow", file({"a": tensor("F64", [2**40, 2**40], 0, 0)})
    yield "name-twice", file(b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":1}')
    yield "number-too-large", file(b'{"a":1e999}')
    yield "skipped", file({"a": tensor("F8_E4M3", [2, 4], 0, 8), "b": tensor("F4", [2], 8, 9)}, bytes(9))
    yield "other-keys", file({"__metadata__": None, "a": tensor("U8", [1], 0, 1) | {"more": [[1]]}}, b"1")
    yield "pytorch", b"PK\3\4" + bytes(22) + bytes([16, 0, 0, 0]) + b"archive/data.pkl"
    yield "pickle", b"\x80\x04\x95\x1a" + bytes(7) + b"}."
    yield "page", b"<!DOCTYPE html>\n<title>Not found</title>\n"
    yield "cut-character", "猫".encode()[:2]


def safetensors_set():
    images = {"images": tensor("U8", [2, 2, 1, 3], 0, 12), "labels": tensor("U8", [2], 12, 14)}
    table = {"features": tensor("F32", [1, 2], 0, 8), "targets": tensor("F32", [1], 8, 12)}
    yield "images", file(images, bytes(12) + bytes((0, 1)))
    yield "named", file({"__metadata__": {"classes": '["cat","dog"]'}} | images, bytes(14))
    yield "not-names", file({"__metadata__": {"classes": '["cat",1]'}} | images, bytes(14))
    yield "table", file(table, bytes(12))
    wide = {"images": tensor("U8", [1, 1, 1], 8, 9), "labels": tensor("I64", [1], 0, 8)}
    yield "grey", file(wide, struct.pack("<q", 999) + b"\7")
    yield "label-out-of-range", file(wide, struct.pack("<q", -1) + b"\7")
    yield "both", file({"images": tensor("U8", [0, 1, 1], 0, 0), "features": tensor("F32", [0], 0, 0)})


def results_csv():
    yield "whole", b'{"epoch":1,"train_loss":2.5,"test_loss":null}\n{"epoch":2,"train_loss":1e-9,"test_loss":0.25}\n'
    yield "other-keys", b'{"epoch":1}\n{"best_epoch":1,"test_loss":3}'
    yield "quotes", '{"a,\\"b":"\\r\\n","é":true}\n'.encode()
    yield "nested", b'{"a":[[{}]]}\n'
    yield "none", b"[]\n"
    yield "empty-line", b"{}\n\n"
def run_log():
    row = {"epoch": 1, "train_loss": 2.5, "train_accuracy": 0.25, "test_loss": 2, "test_accuracy": 0.5, "seconds": 2.0,
           "images_per_second": 50, "learning_rate": 1e-3}
    none = {"test_loss": None, "test_accuracy": None}
    held = {"validation_loss": 1.0, "validation_accuracy": 0.5}

    def lines(*rows):
        return "".join(json.dumps(one) + "\n" for one in rows).encode()

    yield "two-epochs", lines(row, row | {"epoch": 2})
    yield "of-steps", lines(row | none, row | none)
    yield "validated", lines(row | held | none, {"best_epoch": 1, "test_loss": 1.0, "test_accuracy": 0.5})
    yield "cut", lines(row, row)[:-30]
    yield "backwards", lines(row | {"epoch": 2}, row)
    yield "no-number", lines(row | {"seconds": "2"})
    yield "large", lines(row | {"epoch": 2**63, "test_loss": 1e308})
    yield "number-too-large", b'{"epoch":1e999}\n'
    yield "nested", b'{"epoch":' + 50 * b"[" + 50 * b"]" + b"}\n"


def time_log():
    rank = {"rank": 0, "host": "a", "seconds": {"load": 1.0, "other": 0}, "waits": {"gradients": 0.5}}

    def lines(*ranks):
        return (json.dumps({"epoch": 1, "ranks": ranks}) + "\n").encode()

    yield "two-ranks", 2 * lines(rank, rank | {"rank": 1})
    yield "none", lines()
    yield "cut", lines(rank)[:-9]
    yield "negative", lines(rank | {"waits": {"a": -1}})
    yield "largest", lines(rank | {"rank": 2**64 - 1, "seconds": {"load": 1e308}})
    yield "names", lines(rank | {"host": "</script>\u0000\ud83d\ude00", "seconds": {"": 1, "\u007f": 2}})


def training_state():
    whole = {
        "step": 12, "epoch": 3, "batch": 2, "samples_since_log": 64, "seconds_since_log": 0.1, "best_step": 10,
        "best_epoch": 2, "best_value": 1 / 3, "metrics_bytes": 100, "steps_bytes": 2**40,
        "data_checksum": "99aa06d3014798d86001c324468d497f", "teacher_checksum": "",
    }
    yield "whole", json.dumps(whole).encode()
    yield "former-names", json.dumps(whole).replace("samples_since_log", "row_records").replace("seconds_since_log", "row_seconds").encode()
    yield "no-epoch", json.dumps(whole | {"epoch": 0}).encode()
    yield "negative", json.dumps(whole | {"steps_bytes": -1}).encode()
    yield "large", json.dumps(whole | {"step": 2**63 - 1, "metrics_bytes": 2**63, "seconds_since_log": 1e308}).encode()
    yield "words", json.dumps(whole | {"best_value": "1", "batch": True, "data_checksum": "\u00e9\0"}).encode()
    yield "whole-number", json.dumps(whole | {"seconds_since_log": 1, "best_value": 2**64 - 1}).encode()
    yield "number-too-large", b'{"seconds_since_log":1e999}'
    yield "nested", b'{"step":' + 50 * b"[" + 50 * b"]" + b"}"


def tuning():
    def table(device, *rows):
        return "\n".join([f'device = "{device}"', "[choices]", *rows, ""]).encode()

    forward = "conv2d.forward float32(64,32,32,3) float32(32,3,3,3) - -> float32(64,32,32,32)"
    yield "whole", b"# comment\n" + table("cpu", f'"{forward}" = "ref"', '"linear.forward" = "cpu"')
    yield "no-choice", table("cpu")
    yield "other-device", table("NVIDIA H200", f'"{forward}" = "ref"')
    yield "no-device", b"[choices]\n"
    yield "no-operation", table("cpu", '"conv.forward" = "ref"')
    yield "no-pass", table("cpu", '"conv2d.backward" = "ref"')
    yield "no-version", table("cpu", '"conv2d.forward" = "cudnn"', '"linear.forward" = "fast"')
    yield "no-text", table("cpu", '"conv2d.forward" = 1')
    yield "escapes", table("cpu", '"conv2d.forward \\"\\n\\u00e9" = \'ref\'')


def weights_info():
    def lines(**changes):
        return "".join(f"{key}={value}\n" for key, value in (INFO | changes).items()).encode()

    yield "whole", lines()
    yield "other-version", lines(format_version="2")
    yield "no-classes", lines(classes="[]")
    yield "names-with-escapes", lines(classes='["\\u00e9","\\ud83d\\ude00"]')
    yield "bad-json", lines(normalization="{")
    yield "number-too-large", lines(normalization='{"name":"unit","scale":[1e999,1,1],"shift":[0,0,0]}')


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    for make in (checksum, cifar10, cifar100, config, idx, image, results_csv, run_log, safetensors, safetensors_set, time_log, training_state,
                 tuning, weights_info):
        folder = root / make.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in make():
            (folder / name).write_bytes(content)

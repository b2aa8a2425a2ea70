#!/usr/bin/env python3
"""Makes the inputs that the targets start from: tests/fuzz/corpus/TARGET/NAME.  usage: make_corpus.py [TARGET...]"""

import json
import pathlib
import struct
import sys

RECORD = 1 + 3 * 32 * 32


def cifar10():
    def batch(*labels):
        return b"".join(bytes([label]) + bytes((label + i) % 256 for i in range(RECORD - 1)) for label in labels)

    yield "two-records", b"cat\ndog\n\0" + batch(0, 1)
    yield "wrong-label", b"cat\ndog\n\n\0" + batch(2)
    yield "utf8-names", "für\r\n猫\n😀\n".encode() + b"\0" + batch(1)
    yield "cut-record", b"cat\n\0" + batch(0)[:-1]


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


INFO = {
    "format_version": "1",
    "model": "mini_xception",
    "classes": '["cat","dog"]',
    "normalization": '{"name":"unit","scale":[0.00392,0.00392,0.00392],"shift":[0,-1.5,1e-3]}',
}


def safetensors():
    def file(header, data=b""):
        text = json.dumps(header, separators=(",", ":")).encode() if isinstance(header, dict) else header
        return struct.pack("<Q", len(text)) + text + data

    def tensor(dtype, shape, begin, end):
        return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}

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
    root = pathlib.Path(__file__).parent / "corpus"
    for make in (cifar10, config, safetensors, weights_info):
        if sys.argv[1:] and make.__name__ not in sys.argv[1:]:
            continue
        folder = root / make.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in make():
            (folder / name).write_bytes(content)

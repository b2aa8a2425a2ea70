"""What inference.py times: the words of each runtime's variants, the modules that they import, the packages that bring these.

Imports none of them, so that scripts/compare can ask with any Python what another one lacks.
"""

from typing import NamedTuple


class Runtime(NamedTuple):
    name: str
    words: frozenset
    modules: dict  # word, or "" for every variant -> what it imports
    packages: str


EXPORTER = ["onnx", "onnxscript"]
PYTORCH = Runtime("pytorch", frozenset("eager channels_last compile freeze script".split()), {}, "torch numpy safetensors")
OTHERS = (
    Runtime("onnxruntime", frozenset("onnxruntime int8 qoperator no_spin".split()), {"": ["onnxruntime", *EXPORTER]},
            "onnxruntime onnx onnxscript safetensors"),
    Runtime("openvino", frozenset("openvino int8 bfloat16 throughput no_pin".split()), {"": ["openvino", *EXPORTER], "int8": ["nncf"]},
            "openvino nncf onnx onnxscript safetensors"),
)


def words_of(variant):
    return set(variant.split("+"))


def runtime_of(variant):
    """The one that is named, or PyTorch."""
    words = words_of(variant)
    return next((runtime for runtime in OTHERS if runtime.name in words), PYTORCH)


def modules_of(variant):
    words = words_of(variant)
    return [name for word, names in runtime_of(variant).modules.items() if word in words | {""} for name in names]


def problem_of(variant):
    """What is wrong with the words of a variant, or nothing."""
    words, runtime = words_of(variant), runtime_of(variant)
    if unknown := words - runtime.words:
        return f"unknown {', '.join(sorted(unknown))}; of {runtime.name}: {', '.join(sorted(runtime.words))}"
    if "qoperator" in words and "int8" not in words:
        return "qoperator is a format of int8"
    return ""


def is_float32(variant):
    return not words_of(variant) & {"int8", "bfloat16"}

"""ONNX Runtime for inference.py."""

import logging

import exported
import onnx
import onnxruntime

CALIBRATION_BATCH = 64


def quantize(network, file, operators):
    """Writes weights in int8, with a scale for each output channel, and activations in uint8."""
    from onnxruntime import quantization
    from onnxruntime.quantization import shape_inference

    class Images(quantization.CalibrationDataReader):
        def __init__(self, name):
            images = network.calibration_inputs()
            self._batches = ({name: images[k:k + CALIBRATION_BATCH]} for k in range(0, len(images), CALIBRATION_BATCH))

        def get_next(self):
            return next(self._batches, None)

    logging.getLogger().setLevel(logging.ERROR)
    prepared = file.with_suffix(".prepared.onnx")
    shape_inference.quant_pre_process(str(network.onnx), str(prepared))
    form = quantization.QuantFormat.QOperator if operators else quantization.QuantFormat.QDQ
    images = Images(onnx.load(prepared).graph.input[0].name)
    quantization.quantize_static(str(prepared), str(file), images, quant_format=form, per_channel=True,
                                 activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8)


class Runner:
    """Images (batch_size, C, H, W) to logits, on `threads` threads."""

    def __init__(self, words, network, batch_size, threads):
        file = network.onnx
        if "int8" in words:
            operators = "qoperator" in words
            name = "onnxruntime-qoperator.onnx" if operators else "onnxruntime-int8.onnx"
            file = network.made(name, lambda path: quantize(network, path, operators))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_free_dimension_override_by_name(exported.BATCH, batch_size)
        options.add_session_config_entry("session.intra_op.allow_spinning", "0" if "no_spin" in words else "1")
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self._name = self._session.get_inputs()[0].name

    def input(self, images):
        """Images as a run takes them, which is not timed."""
        return images

    def __call__(self, images):
        return self._session.run(None, {self._name: images})[0]

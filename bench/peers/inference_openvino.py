"""OpenVINO for inference.py."""

import time

import openvino


def quantize(network, file):
    """Writes weights and activations in int8, as NNCF does by default."""
    import nncf

    images = network.calibration_inputs()
    samples = nncf.Dataset([images[k:k + 1] for k in range(len(images))])
    model = nncf.quantize(openvino.Core().read_model(network.onnx), samples, subset_size=len(images))
    openvino.save_model(model, file, compress_to_fp16=False)


class Runner:
    """Images (batch_size, C, H, W) to logits, on `threads` threads."""

    def __init__(self, words, network, batch_size, threads):
        file = network.onnx
        if "int8" in words:
            file = network.made("openvino-int8.xml", lambda path: quantize(network, path))
        core = openvino.Core()
        model = core.read_model(file)
        model.reshape([batch_size, *network.image])
        self._model = core.compile_model(model, "CPU", {
            "ENABLE_CPU_PINNING": "no_pin" not in words,
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "bf16" if "bfloat16" in words else "f32",
            "PERFORMANCE_HINT": "THROUGHPUT" if "throughput" in words else "LATENCY",
        })
        self._request = self._model.create_infer_request()
        if "throughput" in words:
            self.stream = self._stream

    def input(self, images):
        """Images as a run takes them, which is not timed."""
        return images

    def __call__(self, images):
        return self._request.infer([images], share_inputs=True)[0]

    def _stream(self, images, seconds):
        """Seconds of each batch, with as many at a time as OpenVINO likes best, and of all together."""
        times = []
        queue = openvino.AsyncInferQueue(self._model)
        queue.set_callback(lambda request, _: times.append(request.latency * 1e-3))
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            queue.start_async([images], share_inputs=True)
        queue.wait_all()
        return times, time.perf_counter() - start

"""PyTorch for inference.py."""

import torch


class Runner:
    """Images (batch_size, C, H, W) to logits, on `threads` threads."""

    def __init__(self, words, network, batch_size, threads):
        torch.set_num_threads(threads)
        self._order = torch.channels_last if "channels_last" in words else torch.contiguous_format
        self._model = network.module().to(memory_format=self._order)
        # inductor freezes weights only where nothing is recorded, and not in inference mode
        with torch.no_grad():
            if "script" in words:
                images = torch.rand(batch_size, *network.image).contiguous(memory_format=self._order)
                frozen = torch.jit.freeze(torch.jit.trace(self._model, images))
                self._model = torch.jit.optimize_for_inference(frozen)
            if "compile" in words:
                torch._dynamo.reset()
                torch._inductor.config.freezing = "freeze" in words
                self._model = torch.compile(self._model)

    def input(self, images):
        """Images as a run takes them, which is not timed."""
        return torch.from_numpy(images).contiguous(memory_format=self._order)

    def __call__(self, images):
        with torch.no_grad():
            return self._model(images)

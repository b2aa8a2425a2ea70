"""tern's `mini_xception` in PyTorch: the keys of `state_dict()` are the names in tern's weight files, and padding and
initialisation are tern's."""

import math

from torch import nn
from torch.nn import functional as F


def glorot_uniform_(weight, fan_in, fan_out):
    """Keras' default for kernels: uniform in +-sqrt(6 / (fan_in + fan_out))."""
    limit = math.sqrt(6.0 / (fan_in + fan_out))
    nn.init.uniform_(weight, -limit, limit)


class SeparableConv2d(nn.Module):
    """Depthwise 3x3 without bias, then pointwise 1x1 with bias."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.depthwise = nn.Conv2d(in_channels, in_channels, 3, padding=1, groups=in_channels, bias=False)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


def batch_norm(channels):
    """Keras keeps 0.99 of the running statistics; PyTorch's momentum is the other share."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class Entry(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 32, 3, padding=1)
        self.bn1 = batch_norm(32)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.bn2 = batch_norm(64)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


class Middle(nn.Module):
    """A residual block; nothing follows the sum."""

    def __init__(self, channels):
        super().__init__()
        self.sep1 = SeparableConv2d(channels, channels)
        self.bn1 = batch_norm(channels)
        self.sep2 = SeparableConv2d(channels, channels)
        self.bn2 = batch_norm(channels)

    def forward(self, x):
        y = F.relu(self.bn1(self.sep1(x)))
        return x + self.bn2(self.sep2(y))


class Exit(nn.Module):
    def __init__(self):
        super().__init__()
        self.sep1 = SeparableConv2d(64, 128)
        self.bn1 = batch_norm(128)
        self.sep2 = SeparableConv2d(128, 128)
        self.bn2 = batch_norm(128)

    def forward(self, x):
        x = F.relu(self.bn1(self.sep1(x)))
        x = F.relu(self.bn2(self.sep2(x)))
        # TensorFlow's "same" for 32 -> 16: one pixel after, none before. The last window then hangs over the
        # edge by exactly one pixel, which ceil_mode drops just as padding with -inf would, without a copy.
        x = F.max_pool2d(x, 3, stride=2, ceil_mode=True)
        return x.mean(dim=(2, 3))


class Head(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.fc1 = nn.Linear(128, 64)
        self.fc2 = nn.Linear(64, classes)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))


class MiniXception(nn.Module):
    """(N, channels, H, W), H and W even -> logits (N, classes); softmax is left to the loss."""

    # What its own training uses where no flag says otherwise.
    NORMALIZE, ADAM_EPSILON = "unit", 1e-7

    def __init__(self, classes=10, channels=3):
        super().__init__()
        self.entry = Entry(channels)
        self.middle = nn.ModuleList(Middle(64) for _ in range(4))
        self.exit = Exit()
        self.head = Head(classes)
        self.apply(self._initialise)

    @staticmethod
    def _initialise(module):
        if isinstance(module, nn.Conv2d):
            taps = module.kernel_size[0] * module.kernel_size[1]
            # Keras stores a depthwise kernel as (3, 3, C, 1), so its fans are 9 C and 9.
            depthwise = module.groups > 1
            fan_out = taps if depthwise else taps * module.out_channels
            glorot_uniform_(module.weight, taps * module.in_channels, fan_out)
        elif isinstance(module, nn.Linear):
            glorot_uniform_(module.weight, module.in_features, module.out_features)
        if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, x):
        x = self.entry(x)
        for block in self.middle:
            x = block(x)
        return self.head(self.exit(x))

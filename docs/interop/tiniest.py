"""tern's `tiniest` in PyTorch: the keys of `state_dict()` are the names in tern's weight files; PyTorch's own initialisation
is tern's."""

from torch import nn
from torch.nn import functional as F

GROUP_SIZE = 8  # channels that are normalised together


def group_norm(channels):
    return nn.GroupNorm(channels // GROUP_SIZE, channels)


class GatedBlock(nn.Module):
    def __init__(self, channels, hidden, dilation):
        super().__init__()
        self.norm = group_norm(channels)
        self.gate = nn.Conv2d(channels, hidden, 1)
        self.value = nn.Conv2d(channels, hidden, 1)
        self.depthwise = nn.Conv2d(hidden, hidden, 7, padding=3 * dilation, dilation=dilation, groups=hidden)
        self.project = nn.Conv2d(hidden, channels, 1)

    def forward(self, x):
        y = self.norm(x)
        return x + self.project(F.silu(self.gate(y)) * self.depthwise(self.value(y)))


class SeparableConv2d(nn.Module):
    """Depthwise 3x3 without bias to half the size, then pointwise 1x1 with bias."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.depthwise = nn.Conv2d(in_channels, in_channels, 3, 2, padding=1, groups=in_channels, bias=False)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class Down(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.norm = group_norm(in_channels)
        self.conv = SeparableConv2d(in_channels, out_channels)

    def forward(self, x):
        return self.conv(self.norm(x))


class Tiniest(nn.Module):
    """(N, channels, H, W) -> logits (N, classes); softmax is left to the loss."""

    # What its own training uses where no flag says otherwise.
    NORMALIZE, ADAM_EPSILON = "half", 1e-8

    def __init__(self, classes=10, channels=3):
        super().__init__()
        self.stem = nn.Conv2d(channels, 24, 3, padding=1)
        self.stage1 = nn.Sequential(*(GatedBlock(24, 48, dilation) for dilation in (1, 2, 3)))
        self.down1 = Down(24, 48)
        self.stage2 = nn.Sequential(*(GatedBlock(48, 96, dilation) for dilation in (1, 2, 1)))
        self.down2 = Down(48, 64)
        self.stage3 = nn.Sequential(GatedBlock(64, 64, 1))
        self.norm = group_norm(64)
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        x = self.down1(self.stage1(self.stem(x)))
        x = self.stage3(self.down2(self.stage2(x)))
        return self.fc(self.norm(x).mean(dim=(2, 3)))

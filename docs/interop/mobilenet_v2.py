"""tern's `mobilenet_v2` in PyTorch, with the names of github.com/kuangliu/pytorch-cifar: the keys of `state_dict()` are the
names in tern's weight files; PyTorch's own initialisation is tern's."""

from torch import nn
from torch.nn import functional as F

# Expansion, channels, blocks, stride of the first one.
STAGES = [(1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


class Block(nn.Module):
    """An inverted residual; a stride of 1 has a shortcut."""

    def __init__(self, in_channels, out_channels, expansion, stride):
        super().__init__()
        self.stride, hidden = stride, expansion * in_channels
        self.conv1 = nn.Conv2d(in_channels, hidden, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(hidden)
        self.conv2 = nn.Conv2d(hidden, hidden, 3, stride, padding=1, groups=hidden, bias=False)
        self.bn2 = nn.BatchNorm2d(hidden)
        self.conv3 = nn.Conv2d(hidden, out_channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()
        if stride == 1 and in_channels != out_channels:
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return y + self.shortcut(x) if self.stride == 1 else y


class MobilenetV2(nn.Module):
    """(N, channels, H, W) -> logits (N, classes); softmax is left to the loss."""

    # What its own training uses where no flag says otherwise.
    NORMALIZE, ADAM_EPSILON = "half", 1e-8

    def __init__(self, classes=10, channels=3):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 32, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        layers, before = [], 32
        for expansion, after, blocks, stride in STAGES:
            for k in range(blocks):
                layers.append(Block(before, after, expansion, stride if k == 0 else 1))
                before = after
        self.layers = nn.Sequential(*layers)
        self.conv2 = nn.Conv2d(before, 1280, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(1280)
        self.linear = nn.Linear(1280, classes)

    def forward(self, x):
        x = self.layers(F.relu(self.bn1(self.conv1(x))))
        x = F.relu(self.bn2(self.conv2(x)))
        return self.linear(x.mean(dim=(2, 3)))

"""tern's `wrn_16_1` in PyTorch, with the names of github.com/xternalz/WideResNet-pytorch: the keys of `state_dict()` are the
names in tern's weight files, and initialisation is tern's."""

from torch import nn
from torch.nn import functional as F


class BasicBlock(nn.Module):
    """Batch norm and ReLU before each convolution."""

    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        if in_channels != out_channels:
            self.convShortcut = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)

    def forward(self, x):
        activated = F.relu(self.bn1(x))
        if hasattr(self, "convShortcut"):
            x = self.convShortcut(activated)
        return x + self.conv2(F.relu(self.bn2(self.conv1(activated))))


class NetworkBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.layer = nn.Sequential(BasicBlock(in_channels, out_channels, stride), BasicBlock(out_channels, out_channels, 1))

    def forward(self, x):
        return self.layer(x)


class Wrn161(nn.Module):
    """(N, channels, H, W) -> logits (N, classes); softmax is left to the loss."""

    # What its own training uses where no flag says otherwise.
    NORMALIZE, ADAM_EPSILON = "half", 1e-8

    def __init__(self, classes=10, channels=3):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
        self.block1 = NetworkBlock(16, 16, 1)
        self.block2 = NetworkBlock(16, 32, 2)
        self.block3 = NetworkBlock(32, 64, 2)
        self.bn1 = nn.BatchNorm2d(64)
        self.fc = nn.Linear(64, classes)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight)
        nn.init.zeros_(self.fc.bias)

    def forward(self, x):
        x = self.block3(self.block2(self.block1(self.conv1(x))))
        return self.fc(F.relu(self.bn1(x)).mean(dim=(2, 3)))

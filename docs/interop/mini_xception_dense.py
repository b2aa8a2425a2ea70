"""tern's `mini_xception_dense` in PyTorch: plain convolutions, no residuals. The keys of `state_dict()` are the names in
tern's weight files; PyTorch's own initialisation is tern's."""

from torch import nn
from torch.nn import functional as F


def conv_bn_relu(in_channels, out_channels):
    """nn.BatchNorm2d's defaults are the ones wanted here: epsilon 1e-5, momentum 0.1."""
    return [nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.BatchNorm2d(out_channels), nn.ReLU()]


class MiniXceptionDense(nn.Module):
    """(N, channels, H, W) -> logits (N, classes); softmax is left to the loss."""

    # What its own training uses where no flag says otherwise.
    NORMALIZE, ADAM_EPSILON = "half", 1e-8

    def __init__(self, classes=10, channels=3):
        super().__init__()
        self.conv1, self.bn1, _ = conv_bn_relu(channels, 32)
        self.conv2, self.bn2, _ = conv_bn_relu(32, 64)
        self.middle_flow = nn.Sequential(*(layer for _ in range(4) for layer in conv_bn_relu(64, 64)))
        self.exit_flow = nn.Sequential(*conv_bn_relu(64, 128), *conv_bn_relu(128, 128))
        self.fc = nn.Linear(128, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = self.exit_flow(self.middle_flow(x))
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        return self.fc(x.mean(dim=(2, 3)))

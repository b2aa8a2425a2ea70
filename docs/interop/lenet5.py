"""tern's `lenet5` in PyTorch, with the names of github.com/kuangliu/pytorch-cifar: the keys of `state_dict()` are the names in
tern's weight files; PyTorch's own initialisation is tern's."""

from torch import nn
from torch.nn import functional as F


class Lenet5(nn.Module):
    """(N, channels, height, width) -> logits (N, classes); softmax is left to the loss."""

    # What its own training uses where no flag says otherwise.
    NORMALIZE, ADAM_EPSILON = "half", 1e-8

    def __init__(self, classes=10, channels=3, height=32, width=32):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        rows, columns = (((extent - 4) // 2 - 4) // 2 for extent in (height, width))
        self.fc1 = nn.Linear(16 * rows * columns, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))

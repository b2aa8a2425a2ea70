"""tern's `mlp` in PyTorch: the keys of `state_dict()` are the names in tern's weight files, and initialisation is tern's."""

from torch import nn
from torch.nn import functional as F

HIDDEN = 512


class Mlp(nn.Module):
    """(N, channels, height, width) -> logits (N, classes); softmax is left to the loss."""

    # What its own training uses where no flag says otherwise.
    NORMALIZE, ADAM_EPSILON = "unit", 1e-7

    def __init__(self, classes=10, channels=3, height=32, width=32):
        super().__init__()
        self.fc1 = nn.Linear(channels * height * width, HIDDEN)
        self.fc2 = nn.Linear(HIDDEN, HIDDEN)
        self.fc3 = nn.Linear(HIDDEN, classes)
        for layer in (self.fc1, self.fc2, self.fc3):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))

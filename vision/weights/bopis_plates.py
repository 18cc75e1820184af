"""The plate network, in the form in which EasyOCR loads a custom recognizer."""

import torch
from torch import Tensor, nn


def _conv(inputs: int, outputs: int, *, stride: tuple[int, int] = (1, 1)) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Along(nn.Module):
    """A residual look at the neighboring frames; only these let one frame see the rest of the plate."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(width, width, 5, padding=2 * dilation, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(width)

    def forward(self, frames: Tensor) -> Tensor:
        return frames + torch.relu(self.norm(self.conv(frames)))


class Model(nn.Module):
    """
    Read one gray crop of 160x40 pixels as 40 frames of class scores.

    EasyOCR fixes the class's name, its first argument and the shapes; class 0 is the CTC blank.
    """

    def __init__(self, num_class: int, input_height: int = 40, width: int = 192) -> None:
        super().__init__()
        self.look = nn.Sequential(
            _conv(1, 32, stride=(2, 2)),
            _conv(32, 48, stride=(2, 1)),
            _conv(48, 64, stride=(1, 2)),
            _conv(64, 96, stride=(2, 1)),
            _conv(96, 112),
        )
        rows = input_height // 8
        self.flatten = nn.Sequential(
            nn.Conv2d(112, width, (rows, 1), bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        self.along = nn.Sequential(_Along(width, 1), _Along(width, 2), _Along(width, 3))
        self.drop = nn.Dropout(0.1)
        self.classify = nn.Linear(width, num_class)

    def forward(self, crops: Tensor, text: Tensor | None = None) -> Tensor:
        """
        Score every frame of every crop.

        :param crops: float [batch, 1, 40, 160] in [-1, 1].
        :param text: given by EasyOCR, unused: CTC needs no text to read.
        :return: float [batch, 40, num_class], not normalized.
        """
        # Each crop to the same brightness and contrast: night and burnt-out sheets look alike then.
        spread = crops.std(dim=(2, 3), keepdim=True)
        even = (crops - crops.mean(dim=(2, 3), keepdim=True)) / (spread + 0.02)
        frames = self.along(self.flatten(self.look(even)).squeeze(2))
        scores: Tensor = self.classify(self.drop(frames.transpose(1, 2)))
        return scores

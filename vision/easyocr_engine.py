"""The recognizer that workers run: the project's plate network, loaded and run through EasyOCR."""

import hashlib
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from arrivals.matching import Candidate
from bopis.errors import DomainError
from vision import ctc, plate_input
from vision.engines import Reading

WEIGHTS = Path(__file__).parent / "weights"
NETWORK = "bopis_plates"
CHECKSUMS = "SHA256SUMS"
MOST_ALTERNATIVES = 5
THREADS = 1  # a crop takes milliseconds; more threads would only fight the other workers for the cores


class WeightsMissingError(DomainError):
    """A file of the plate network is not there."""

    code: ClassVar[str] = "weights-missing"
    status: ClassVar[int] = 503


class WeightsChangedError(DomainError):
    """A file of the plate network is not the one that was committed."""

    code: ClassVar[str] = "weights-changed"
    status: ClassVar[int] = 503


class EasyOcrRecognizer:
    """Reads plates with the network that `easyocr.Reader` loaded; on the CPU, without a download."""

    def __init__(self, folder: Path = WEIGHTS) -> None:
        """
        Check the weights, then load them.

        :raises WeightsMissingError: if a file is not there.
        :raises WeightsChangedError: if a file differs from its checksum.
        """
        check_weights(folder)
        self.reader = _load(folder)

    def read(self, crops: Sequence[NDArray[np.uint8]]) -> list[Reading]:
        """Return one reading a crop, in their order; see `vision.engines.Recognizer`."""
        if not crops:
            return []
        return [self._to_reading(frames) for frames in self.get_probabilities(crops)]

    def get_probabilities(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return the softmax of the network, float32 [crops, frames, classes]; class 0 is the CTC blank."""
        import torch  # see _load

        prepared = np.stack([plate_input.prepare(crop) for crop in crops])
        # As EasyOCR's NormalizePAD: to [0, 1], then to [-1, 1].
        batch = torch.from_numpy(prepared).unsqueeze(1).float().div(255).sub(0.5).div(0.5)
        with torch.inference_mode():
            scores = self.reader.recognizer(batch, None)
            probabilities: NDArray[np.float32] = scores.softmax(2).numpy()
        return probabilities

    def _to_reading(self, frames: NDArray[np.float32]) -> Reading:
        characters = self.reader.converter.character  # index 0 is the blank
        found = ctc.search(frames, most=MOST_ALTERNATIVES)
        texts = (("".join(characters[kind] for kind in kinds), chance) for kinds, chance in found)
        return Reading(tuple(Candidate(text, chance) for text, chance in texts if text))


def check_weights(folder: Path = WEIGHTS) -> None:
    """
    Compare every file that will be loaded with its SHA-256.

    EasyOCR unpickles the weights and imports the network's module: an altered file could run anything.

    :raises WeightsMissingError: if a file is not there.
    :raises WeightsChangedError: if a file differs.
    """
    for line in _read(folder / CHECKSUMS).decode().splitlines():
        checksum, name = line.split()
        if hashlib.sha256(_read(folder / name)).hexdigest() != checksum:
            raise WeightsChangedError(
                f"{name} is not the file that was committed: restore it from the repository", file=name
            )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise WeightsMissingError(
            f"{path.name} is missing: restore it from the repository", file=path.name
        ) from error


@cache
def get_recognizer() -> EasyOcrRecognizer:
    """Return this process's recognizer, loaded at the first call."""
    return EasyOcrRecognizer()


def _load(folder: Path) -> Any:
    # Not at the top: easyocr imports torch, which takes seconds and hundreds of megabytes. Only a worker
    # that reads plates pays for that, not every process that imports the application.
    import easyocr
    import torch

    torch.set_num_threads(THREADS)
    reader = easyocr.Reader(
        ["en"],
        gpu=False,
        recog_network=NETWORK,
        detector=False,
        download_enabled=False,
        user_network_directory=str(folder),
        model_storage_directory=str(folder),
        verbose=False,
        quantize=False,
    )
    sys.path.remove(str(folder))  # EasyOCR put it there to import the network, and leaves it
    reader.recognizer.eval()  # it loads in training mode and would normalize by the batch
    return reader

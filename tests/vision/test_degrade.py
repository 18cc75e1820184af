"""What camera, weather and night do to a picture."""

from collections.abc import Callable

import numpy as np
import pytest

from vision.rendering import degrade
from vision.rendering.plates import render_plate

CHANGES: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "soil": degrade.soil,
    "shade": degrade.shade,
    "expose": degrade.expose,
    "make_night": degrade.make_night,
    "blur": lambda picture, rng: degrade.blur(picture, rng, reach_px=2.0),
    "rain": degrade.rain,
    "add_noise": lambda picture, rng: degrade.add_noise(picture, rng, strength=6.0),
    "compress": lambda picture, _: degrade.compress(picture, quality=40),
}


@pytest.fixture
def picture() -> np.ndarray:
    return render_plate("AB123CD", "FR", np.random.default_rng(1), height_px=48).image


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
class TestEachChange:
    @pytest.mark.parametrize("is_gray", [False, True], ids=["color", "gray"])
    def test_keeps_size_and_type_and_spares_its_input(self, change, picture, is_gray):
        given = picture[..., 1].copy() if is_gray else picture
        before = given.copy()

        changed = change(given, np.random.default_rng(2))

        assert (changed.shape, changed.dtype) == (given.shape, np.uint8)
        assert np.array_equal(given, before)

    def test_is_the_same_for_equal_generators(self, change, picture):
        one, other = (change(picture, np.random.default_rng(3)) for _ in range(2))

        assert np.array_equal(one, other)


class TestMakeNight:
    def test_darkens(self, picture):
        for seed in range(10):
            night = degrade.make_night(picture, np.random.default_rng(seed))
            assert np.median(night) < np.median(picture)

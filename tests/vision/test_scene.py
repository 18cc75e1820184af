"""The rendered lot: what it shows, and that its truth is true."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from vision.rendering import cars
from vision.rendering.scene import DUSK_S, Passage, Scene

DAY = Passage("AB123CD", "FR", 1.0, color="red")
NIGHT = Passage("KAXY482", "DE", 1.0, is_night=True)


def moments(scene: Scene, *, every_s: float = 0.25):
    return [scene.render(float(at_s)) for at_s in np.arange(0, scene.duration_s + 1, every_s)]


class TestRender:
    def test_shows_an_empty_lot_before_and_after(self):
        scene = Scene([DAY])
        before, after = scene.render(0.5), scene.render(scene.duration_s + 1)

        assert before.plates == after.plates == ()
        assert before.image.shape == (720, 1280, 3)
        assert np.abs(before.image.astype(int) - after.image).mean() < 4

    def test_brings_the_plate_nearer_until_it_leaves(self):
        widths = [t.width for frame in moments(Scene([DAY])) for t in frame.plates if t.is_whole]
        widths = [width for width in widths if width > 35]  # before that the car is still turning in

        assert widths == sorted(widths)
        assert max(widths) >= 100

    def test_keeps_a_plate_readable_for_over_a_second(self):
        for speed in (2.0, 3.0, 5.0):
            scene = Scene([Passage("AB123CD", "FR", 0.0, speed_m_s=speed)])
            wide = [
                f for f in moments(scene, every_s=0.1) if any(t.is_whole and t.width >= 60 for t in f.plates)
            ]

            assert len(wide) >= 10

    def test_shows_the_plate_where_the_truth_says(self):
        scene, without = Scene([DAY]), Scene([])
        for at_s in (6.0, 7.0, 8.0):
            frame = scene.render(at_s)
            (truth,) = frame.plates
            x, y = round(truth.x), round(truth.y)
            box = np.s_[y : y + round(truth.height), x : x + round(truth.width)]
            changed = cv2.absdiff(frame.image, without.render(at_s).image)[box]

            assert frame.image[box].mean() > 110  # a white plate with black letters
            assert (changed.max(axis=2) > 20).mean() > 0.5

    @pytest.mark.parametrize("shape", list(cars.SHAPES))
    @pytest.mark.parametrize("lane", [0, 1])
    def test_draws_every_body_in_either_lane(self, shape, lane):
        passage = Passage("AB123CD", "FR", 0.0, shape=shape, lane=lane)

        assert any(t.width > 90 for frame in moments(Scene([passage])) for t in frame.plates)

    def test_is_dark_at_night_but_for_the_lamps(self):
        day, night = Scene([DAY]).render(7.0).image, Scene([NIGHT]).render(7.0).image

        assert night.mean() < 0.5 * day.mean()
        assert night.max() > 240

    def test_changes_the_light_slowly(self):
        scene = Scene([DAY, Passage("KAXY482", "DE", 20.0, is_night=True)])
        light = [scene.render(20.0 - DUSK_S + n * 0.1).image.mean() for n in range(22)]

        assert light[0] > 1.5 * light[-1]
        assert max(a - b for a, b in pairwise(light)) < 0.15 * light[0]

    def test_shows_the_same_each_time(self):
        assert np.array_equal(Scene([DAY], seed=4).render(6.0).image, Scene([DAY], seed=4).render(6.0).image)

    def test_soils_a_dirty_plate(self):
        def plate(*, is_dirty: bool) -> np.ndarray:
            frame = Scene([Passage("AB123CD", "FR", 0.0, is_dirty=is_dirty)]).render(6.5)
            (t,) = frame.plates
            return frame.image[round(t.y) : round(t.y + t.height), round(t.x) : round(t.x + t.width)]

        assert plate(is_dirty=True).std() < 0.85 * plate(is_dirty=False).std()

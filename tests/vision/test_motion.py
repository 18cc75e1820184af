"""What moves, and what does not."""

import cv2
import numpy as np
import pytest

from vision.motion import MotionGate

STEP_S = 0.1
rng = np.random.default_rng(3)
LOT = np.asarray(cv2.GaussianBlur(rng.integers(40, 200, (720, 1280, 3), np.uint8), (0, 0), 6), np.uint8)


def with_car(x: int, y: int = 300) -> np.ndarray:
    """The lot with a red box of 200 x 150 on it."""
    frame = LOT.copy()
    frame[y : y + 150, x : x + 200] = (30, 30, 190)
    return frame


def warmed_gate(frame: np.ndarray = LOT, **options) -> MotionGate:
    gate = MotionGate(**options)
    gate.look(frame, 0.0)
    return gate


class TestLook:
    def test_moves_nothing_at_the_first_frame(self):
        assert MotionGate().look(with_car(300), 0.0) is None

    def test_sees_a_car_and_where_it_is(self):
        motion = warmed_gate().look(with_car(300), STEP_S)

        assert motion is not None
        left, top, right, bottom = motion.box
        assert max(left, top) <= 300
        assert right >= 500
        assert bottom >= 450
        assert right - left < 300
        assert motion.share_in(320, 320, 160, 110) > 0.9
        assert motion.share_in(900, 320, 160, 110) == 0

    def test_ignores_a_sensors_noise(self):
        gate = warmed_gate()
        for n in range(1, 20):
            noisy = np.clip(LOT + rng.normal(0, 6, LOT.shape), 0, 255).astype(np.uint8)
            assert gate.look(noisy, n * STEP_S) is None

    @pytest.mark.parametrize("change", [-25, 25])
    def test_ignores_a_cloud(self, change):
        assert warmed_gate().look(np.clip(LOT.astype(int) + change, 0, 255).astype(np.uint8), STEP_S) is None

    def test_lets_a_parked_car_become_part_of_the_lot(self):
        gate = warmed_gate()
        moves = [gate.look(with_car(300), n * STEP_S) is not None for n in range(1, 150)]

        assert moves[0]
        assert not any(moves[100:])

    def test_sees_nothing_outside_its_region(self):
        left_half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))

        assert warmed_gate(region=left_half).look(with_car(800), STEP_S) is None
        assert warmed_gate(region=left_half).look(with_car(300), STEP_S) is not None

    def test_begins_anew_when_the_picture_has_another_size(self):
        gate = warmed_gate()

        assert gate.look(np.zeros((480, 640, 3), np.uint8), STEP_S) is None
        assert gate.look(with_car(300), 2 * STEP_S) is None

    def test_survives_a_clock_that_jumps_back(self):
        gate = warmed_gate()
        gate.look(LOT, 100.0)

        assert gate.look(with_car(300), 5.0) is not None

    def test_opens_for_recorded_cars_only(self, recorded_lot):
        clip = cv2.VideoCapture(str(recorded_lot))
        gate, moving = MotionGate(), []
        for n in range(300):
            is_whole, picture = clip.read()
            assert is_whole
            frame = np.asarray(picture, np.uint8)
            moving.append(gate.look(frame, n / 10) is not None)
        still_gate = warmed_gate(frame)

        assert sum(moving) > 30
        assert not any(still_gate.look(frame, n * STEP_S) for n in range(1, 20))

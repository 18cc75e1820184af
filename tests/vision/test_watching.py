"""One camera's loop, fed with frames of a rendered lot."""

from collections import defaultdict

import numpy as np
import pytest

from vision.addresses import Source
from vision.capture import Capture, Frame
from vision.detector import get_detector
from vision.rendering.scene import Passage, Scene
from vision.tracks import MOST_CROPS
from vision.watching import BUSY_FPS, IDLE_FPS, View, Watch


class Basket:
    """A sink that keeps what it is offered; it has enough of a track after `enough` crops."""

    def __init__(self, *, enough: int = 99) -> None:
        self.crops: dict[str, list[np.ndarray]] = defaultdict(list)
        self.closed: list[str] = []
        self.enough = enough

    def offer(self, source_key: str, crop: np.ndarray, at_s: float) -> bool:
        self.crops[source_key].append(crop)
        return len(self.crops[source_key]) < self.enough

    def close(self, source_key: str) -> None:
        self.closed.append(source_key)


def make_watch(basket: Basket, view: View = View()) -> Watch:  # noqa: B008
    capture = Capture(lambda: Source("rtsp://127.0.0.1:9/none", "none", is_file=False))
    return Watch(7, capture, get_detector(), basket, view)


def show(watch: Watch, scene: Scene, *, begin_s: float = 3.0, every_s: float = 0.1) -> None:
    """Let the watch see a scene from some second on, to its end."""
    for at_s in np.arange(begin_s, scene.duration_s + 1, every_s):
        watch.look(Frame(scene.render(float(at_s)).image, float(at_s)))


class TestLook:
    def test_makes_one_track_of_a_passage_and_few_crops(self):
        basket = Basket()
        show(make_watch(basket), Scene([Passage("AB123CD", "FR", 0.0)]))

        longest, *others = sorted(basket.crops.values(), key=len, reverse=True)
        assert 5 <= len(longest) <= MOST_CROPS
        assert sum(map(len, others)) <= 4  # a lamp that looked like a plate for a moment
        assert all(56 <= crop.shape[1] < 200 for crop in longest)

    def test_names_tracks_after_camera_and_session(self):
        scene = Scene([Passage("AB123CD", "FR", 0.0, speed_m_s=5)])
        first, second = Basket(), Basket()
        show(make_watch(first), scene)
        show(make_watch(second), scene)

        assert all(key.startswith("7:") for key in first.crops)
        assert not first.crops.keys() & second.crops.keys()

    def test_sends_no_more_of_a_track_that_is_known(self):
        basket = Basket(enough=2)
        show(make_watch(basket), Scene([Passage("AB123CD", "FR", 0.0)]))

        assert max(len(crops) for crops in basket.crops.values()) == 2

    def test_does_nothing_for_parked_cars(self):
        basket, scene = Basket(), Scene([Passage("AB123CD", "FR", 0.0)])
        watch = make_watch(basket)
        parked = scene.render(6.5).image
        for n in range(30):
            watch.look(Frame(parked, n * 0.1))

        assert basket.crops == {}
        assert watch.capture.fps == IDLE_FPS

    def test_looks_more_often_while_something_moves(self):
        scene, watch = Scene([Passage("AB123CD", "FR", 0.0)]), make_watch(Basket())
        watch.look(Frame(scene.render(5.0).image, 5.0))
        watch.look(Frame(scene.render(5.2).image, 5.2))

        assert watch.capture.fps == BUSY_FPS

    @pytest.mark.parametrize(
        "view",
        [View(min_plate_width_px=300), View(region=((0.9, 0.0), (1.0, 0.0), (1.0, 0.2), (0.9, 0.2)))],
        ids=["too narrow", "outside the region"],
    )
    def test_leaves_out_what_the_camera_is_not_for(self, view):
        basket = Basket()
        show(make_watch(basket, view), Scene([Passage("AB123CD", "FR", 0.0)]), every_s=0.3)

        assert basket.crops == {}

    def test_survives_frames_of_changing_size(self):
        watch = make_watch(Basket())
        sizes = [(720, 1280), (9, 9), (480, 640), (1080, 1920), (720, 1280)]
        for n, size in enumerate(sizes):
            watch.look(Frame(np.full((*size, 3), 90 + 20 * n, np.uint8), float(n)))

        assert watch.last_frame_s == 4.0

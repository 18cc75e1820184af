import cv2
import pytest

from bopis.demo.lot import FADE_S, READABLE_PX, Car, Lot
from vision.capture import FFMPEG_OPTIONS
from vision.rendering.scene import DUSK_S

ANA = Car("FK472RB", "FR", speed_m_s=6.0)
BEHIND = Car("EX318HT", "IT", speed_m_s=6.0)
JONAS = Car("MAB1234", "DE", is_night=True, lane=1, speed_m_s=6.0)


@pytest.fixture
def lot():
    lot = Lot(seed=3)
    yield lot
    lot.close()


@pytest.fixture
def stream(lot, monkeypatch):
    """Somebody who watches: pictures are rendered for those only."""
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", FFMPEG_OPTIONS)
    lot.open()
    stream = cv2.VideoCapture(lot.url, cv2.CAP_FFMPEG)
    assert stream.isOpened()
    yield stream
    stream.release()


def get_starts(lot: Lot) -> list[float]:
    return [passage.starts_at_s for passage in lot._scene.passages]


class TestDriveIn:
    def test_shows_the_car_and_knows_when_its_plate_could_be_read(self, lot, stream):
        readable: list[object] = []
        lot.on_readable = readable.append
        sighting = lot.drive_in(ANA)

        while not sighting.is_gone.is_set():
            assert stream.read()[0]

        assert readable == [sighting]
        assert sighting.readable_at_s is not None
        assert sighting.gone_at_s is not None
        assert sighting.readable_at_s < sighting.gone_at_s

    def test_keeps_a_distance_in_one_lane(self, lot):
        for car in (ANA, BEHIND):
            lot.drive_in(car)

        first, second = get_starts(lot)
        assert second - first >= 4.0

    def test_lets_two_lanes_be_used_at_once(self, lot):
        for car in (ANA, Car("LK21WXN", "GB", lane=1)):
            lot.drive_in(car)

        first, second = get_starts(lot)
        assert second - first < 1.0

    def test_waits_until_the_light_has_changed(self, lot):
        lot.drive_in(ANA)
        lot.drive_in(JONAS)

        assert get_starts(lot)[1] == pytest.approx(lot._scene.get_end_s(0) + FADE_S)
        assert FADE_S > DUSK_S


class TestTruth:
    def test_counts_a_plate_from_sixty_pixels_when_no_part_is_outside(self, lot):
        sighting = lot.drive_in(ANA)
        scene = lot._scene

        for tick in range(200):
            lot._note(scene.render(tick / 20), at_s=tick / 20)

        assert sighting.readable_at_s is not None
        [truth] = scene.render(sighting.readable_at_s).plates
        [before] = scene.render(sighting.readable_at_s - 0.05).plates
        assert truth.is_whole
        assert before.width < READABLE_PX <= truth.width

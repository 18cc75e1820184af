"""Plates followed over frames."""

from vision.engines import Detection
from vision.tracks import LOST_S, MOST_CROPS, Tracker, overlap

STEP_S = 0.1


def plate(x: float, y: float = 300, width: float = 80) -> Detection:
    return Detection(round(x), round(y), round(width), round(width / 4.7), 0.9)


def drive(tracker: Tracker, places: list[Detection], *, begin_s: float = 0.0) -> list[int]:
    """Feed one detection a frame; return the number of its track for each."""
    return [tracker.update([place], begin_s + frame * STEP_S)[0].number for frame, place in enumerate(places)]


class TestUpdate:
    def test_follows_a_plate_that_comes_nearer(self):
        approach = [plate(500 - 8 * n, 300 + 12 * n, 60 + 4 * n) for n in range(20)]

        assert set(drive(Tracker(), approach)) == {1}

    def test_follows_a_fast_car_over_a_missed_frame(self):
        tracker = Tracker()
        approach = [plate(500, 200 + 40 * n, 60 + 6 * n) for n in range(8) if n != 4]

        assert {tracker.update([one], n * STEP_S)[0].number for n, one in enumerate(approach)} == {1}

    def test_keeps_two_cars_side_by_side_apart(self):
        tracker = Tracker()
        for n in range(10):
            left, right = plate(300, 300 + 10 * n), plate(700, 300 + 10 * n)
            seen = tracker.update([right, left] if n % 2 else [left, right], n * STEP_S)
            numbers = {track.last.x: track.number for track in seen}

        assert numbers == {300: 1, 700: 2}

    def test_begins_anew_for_a_car_that_follows_another(self):
        tracker = Tracker()
        first = drive(tracker, [plate(500, 300 + 30 * n) for n in range(10)])
        tracker.end_lost(1.0 + LOST_S)
        second = drive(tracker, [plate(500, 300 + 30 * n) for n in range(10)], begin_s=3.0)

        assert (set(first), set(second)) == ({1}, {2})

    def test_knows_a_plate_again_that_stood_still_and_was_read(self):
        tracker = Tracker()
        for n in range(10):
            for track in tracker.update([plate(500)], n * STEP_S):
                track.note_crop()
        ended = tracker.end_lost(5.0)
        again = drive(tracker, [plate(502)], begin_s=30.0)

        assert [track.number for track in ended] == [1]
        assert again == [1]


class TestEndLost:
    def test_ends_a_track_once(self):
        tracker = Tracker()
        drive(tracker, [plate(500), plate(505)])

        assert tracker.end_lost(0.1 + LOST_S) == []
        assert [track.number for track in tracker.end_lost(0.2 + LOST_S)] == [1]
        assert tracker.end_lost(9.0) == []


class TestIsWorthReading:
    def test_reads_the_first_frames_at_once_then_what_grew_and_never_too_many(self):
        tracker = Tracker()
        read = []
        for n in range(60):
            (track,) = tracker.update([plate(500, 300 + 2 * n, 60 + n)], n * STEP_S)
            if track.is_worth_reading():
                track.note_crop()
                read.append(n)

        assert read[:3] == [0, 1, 2]
        assert len(read) == MOST_CROPS
        assert read[3] > 3

    def test_waits_until_the_detector_is_sure_once(self):
        tracker = Tracker()
        worth = []
        for n, confidence in enumerate((0.62, 0.68, 0.9, 0.62)):
            (track,) = tracker.update([Detection(500, 300 + 3 * n, 80, 17, confidence)], n * STEP_S)
            worth.append(track.is_worth_reading())

        assert worth == [False, False, True, True]

    def test_stops_when_the_plate_is_known(self):
        (track,) = Tracker().update([plate(500)], 0.0)
        track.is_decided = True

        assert not track.is_worth_reading()


class TestOverlap:
    def test_is_the_shared_area_over_the_whole(self):
        one = Detection(0, 0, 10, 10, 1.0)

        assert overlap(one, one) == 1
        assert overlap(one, Detection(5, 0, 10, 10, 1.0)) == 1 / 3
        assert overlap(one, Detection(20, 0, 10, 10, 1.0)) == 0

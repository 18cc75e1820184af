"""Plates followed over frames: which detection is which passage, and which of them deserve reading. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot

from vision.engines import Detection

MOST_CROPS = 16  # enough for the first ones to be taken too far away and wasted
GROWTH = 1.12  # after the first ones, a crop is worth reading if the plate is this much wider ...
PAUSE_S = 0.25  # ... or this much time has passed
FIRST_CROPS = 3  # read at once: with two that agree the plate is known
SURE = 0.75  # the detector must be this sure of a track once: lamps and grilles come and go below it
LOST_S = 0.8  # a plate not seen for this long has passed
REST_S = 600.0  # a plate that stood still when last seen is known again for this long


@dataclass
class Track:
    """
    One passage of one plate, in the frame's pixels and the seconds of the frames' clock.
    """

    number: int
    last: Detection
    began_s: float
    seen_s: float
    crops: int = 0
    surest: float = 0.0  # the highest confidence of its detections
    is_decided: bool = False
    speed: tuple[float, float] = (0.0, 0.0)  # pixels a second
    _cropped: tuple[float, float] = field(default=(-1e9, 0.0), repr=False)  # when, how wide

    def is_worth_reading(self) -> bool:
        """
        Return whether a crop of the last detection is worth a recognizer's time.
        """
        if self.is_decided or self.crops >= MOST_CROPS or self.surest < SURE:
            return False
        at_s, width = self._cropped
        return self.crops < FIRST_CROPS or self.seen_s - at_s >= PAUSE_S or self.last.width >= width * GROWTH

    def note_crop(self) -> None:
        """Count a crop of the last detection as sent."""
        self.crops += 1
        self._cropped = (self.seen_s, self.last.width)

    def follow(self, detection: Detection, at_s: float) -> None:
        """Take the detection as this plate's, now."""
        passed = at_s - self.seen_s
        if passed > 0:
            (x, y), (old_x, old_y) = _middle(detection), _middle(self.last)
            self.speed = ((x - old_x) / passed, (y - old_y) / passed)
        self.last, self.seen_s = detection, at_s
        self.surest = max(self.surest, detection.confidence)

    def is_still(self) -> bool:
        """Return whether it moved less than a fifth of its width in the last second."""
        return hypot(*self.speed) < 0.2 * self.last.width

    def miss(self, detection: Detection, at_s: float) -> float:
        """
        Return how ill a detection fits, in plate widths; infinite if it cannot be this plate.
        """
        ratio = detection.width / max(self.last.width, 1.0)
        passed = min(at_s - self.seen_s, LOST_S)
        if not 0.6 <= ratio <= 1.8 or passed < 0:
            return float("inf")
        (x, y), (old_x, old_y) = _middle(detection), _middle(self.last)
        ahead = hypot(x - old_x - self.speed[0] * passed, y - old_y - self.speed[1] * passed)
        distance = min(ahead, hypot(x - old_x, y - old_y)) / max(self.last.width, detection.width)
        # A car at 8 m/s, at 10 frames a second, moves by 1.5 plate widths (0.52 m) between frames; the
        # next car, beside or behind it, is 5 or more away.
        reach = 0.8 + 6.0 * passed if passed < 0.4 else 3.2
        return distance if distance <= reach else float("inf")


class Tracker:
    """
    Follows all plates of one camera.
    """

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._resting: list[Track] = []
        self._next = 1

    def update(self, detections: Sequence[Detection], at_s: float) -> list[Track]:
        """
        Return the tracks that these detections of one frame belong to, each with its detection as `last`.

        A plate that begins where one came to rest, having been read, is that one again, not another passage.
        """
        free = list(self._tracks)
        seen: list[Track] = []
        for detection in sorted(detections, key=lambda one: -one.confidence):
            track = min(free, key=lambda one: one.miss(detection, at_s), default=None)
            if track is not None and track.miss(detection, at_s) < float("inf"):
                free.remove(track)
            else:
                track = self._begin(detection, at_s)
            track.follow(detection, at_s)
            seen.append(track)
        return seen

    def end_lost(self, at_s: float) -> list[Track]:
        """
        Return the tracks that ended before `at_s`, each once.
        """
        ended = [track for track in self._tracks if at_s - track.seen_s > LOST_S]
        self._tracks = [track for track in self._tracks if at_s - track.seen_s <= LOST_S]
        self._resting = [track for track in self._resting if at_s - track.seen_s <= REST_S]
        self._resting += [track for track in ended if track.crops >= FIRST_CROPS and track.is_still()]
        return ended

    def end_all(self) -> list[Track]:
        """Return every open track, ended: the stream was cut."""
        ended, self._tracks = self._tracks, []
        return ended

    def _begin(self, detection: Detection, at_s: float) -> Track:
        for track in self._resting:
            if overlap(track.last, detection) > 0.4:
                self._resting.remove(track)
                break
        else:
            track = Track(self._next, detection, began_s=at_s, seen_s=at_s)
            self._next += 1
        track.seen_s = at_s
        self._tracks.append(track)
        return track


def overlap(one: Detection, other: Detection) -> float:
    """Return the intersection of two boxes over their union."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if across <= 0 or down <= 0:
        return 0.0
    shared = across * down
    return shared / (one.width * one.height + other.width * other.height - shared)


def _middle(detection: Detection) -> tuple[float, float]:
    return detection.x + detection.width / 2, detection.y + detection.height / 2

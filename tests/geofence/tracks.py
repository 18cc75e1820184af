"""Made-up drives with ground truth: a path in metres around a store, driven with stops, seen by a bad GPS."""

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from geofence.geometry import Fix, Plane, Position
from tests.world import NOON

STORE = Position(45.7640, 4.9200)
PLANE = Plane(STORE)
NOW = NOON  # of the world, a full minute
NOON_S = NOW.timestamp()

Point = tuple[float, float]


def place(x: float, y: float) -> Position:
    """The position this many metres east and north of the store."""
    return PLANE.to_position(x, y)


def fix(x: float, y: float, *, at_s: float, accuracy_m: float = 8.0) -> Fix:
    """A fix exactly there."""
    return Fix(place(x, y), accuracy_m, NOON_S + at_s)


def ring(*corners: Point) -> list[list[float]]:
    """A closed polygon as it is stored, from corners in metres."""
    places = [place(x, y) for x, y in (*corners, corners[0])]
    return [[corner.latitude, corner.longitude] for corner in places]


def rectangle(left: float, bottom: float, right: float, top: float) -> list[list[float]]:
    return ring((left, bottom), (right, bottom), (right, top), (left, top))


@dataclass(frozen=True)
class Drive:
    """
    Points of a road with the second at which each is passed; before and after it the car stands.
    """

    times: tuple[float, ...]
    points: tuple[Point, ...]

    @classmethod
    def along(cls, points: Sequence[Point], *, speed_m_s: float, stops: Sequence[float] = ()) -> "Drive":
        """Drive from point to point at one speed, standing `stops[i]` seconds at point i."""
        times, road, now = [0.0], [points[0]], 0.0
        for number, (start, end) in enumerate(itertools.pairwise(points)):
            if number < len(stops) and stops[number]:
                now += stops[number]
                times.append(now)
                road.append(start)
            now += math.dist(start, end) / speed_m_s
            times.append(now)
            road.append(end)
        return cls(tuple(times), tuple(road))

    @property
    def ends_s(self) -> float:
        return self.times[-1]

    def where(self, at_s: float) -> Point:
        """The true place at this second."""
        if at_s <= self.times[0]:
            return self.points[0]
        for (from_s, to_s), (start, end) in zip(
            itertools.pairwise(self.times),
            itertools.pairwise(self.points),
            strict=True,
        ):
            if at_s <= to_s:
                share = (at_s - from_s) / (to_s - from_s)
                return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
        return self.points[-1]

    def fixes(self, *, every_s: float = 5.0, accuracy_m: float = 8.0, seed: int | None = None) -> list[Fix]:
        """What a phone reports on the way and half a minute after it; with a seed it errs by its accuracy."""
        rng = random.Random(seed)
        seen = []
        for step in range(int((self.ends_s + 30) / every_s) + 1):
            x, y = self.where(step * every_s)
            if seed is not None:
                error, turn = abs(rng.gauss(0, accuracy_m)), rng.uniform(0, 2 * math.pi)
                x, y = x + error * math.cos(turn), y + error * math.sin(turn)
            seen.append(fix(x, y, at_s=step * every_s, accuracy_m=accuracy_m))
        return seen

"""Fences as shapes: a drawn polygon read and checked, and how deep inside it a place lies; no framework."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Self

import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from bopis.errors import InvalidError
from geofence.geometry import Plane, Position, is_on_earth, wrap_degrees

Ring = tuple[Position, ...]

Zone = Literal["APPROACH", "LOT", "BAY"]
APPROACH: Final = "APPROACH"
LOT: Final = "LOT"
BAY: Final = "BAY"
ZONES: tuple[Zone, ...] = (APPROACH, LOT, BAY)  # from the outermost to the innermost

MAX_CORNERS = 1_000
MAX_SPAN_DEGREES = 2.0  # some 200 km: a larger fence is a slip of the pen
MAX_LATITUDE = 85.0  # beyond it the flat map around a store is none
MIN_AREA_M2 = 2.0
FAR_M = 200.0  # from here on a fence's bounding box is as good as its edge: no margin is as wide
ON_EDGE_M = 0.001  # the flat map rounds: what lies this near to the edge lies on it
FINEST_M = 25.0  # no phone is trusted to be better placed than this: it is what a bay gets


class FenceError(InvalidError):
    """The drawn polygon cannot be a fence; the detail says why."""

    code = "fence-invalid"


def read_polygon(value: object) -> tuple[Ring, ...]:
    """
    Read one ring `[[latitude, longitude], ...]`, or a list of rings: the outer one first, then its holes.

    :raises FenceError: if the numbers are none, out of range, or too few; says which corner.
    """
    if not isinstance(value, list) or not value:
        raise FenceError("a fence is a list of corners: [[latitude, longitude], ...]")
    is_nested = isinstance(value[0], list) and bool(value[0]) and isinstance(value[0][0], list)
    rings = tuple(_read_ring(ring) for ring in (value if is_nested else [value]))
    if sum(map(len, rings)) > MAX_CORNERS:
        raise FenceError(f"a fence has at most {MAX_CORNERS} corners")
    return rings


def check_polygon(value: object) -> tuple[Ring, ...]:
    """
    Read a polygon and demand of it what a fence must be: closed, simple, neither dot nor continent.

    :raises FenceError: naming the reason, and the place where a line crosses itself.
    """
    rings = read_polygon(value)
    for ring in rings:
        if ring[0] != ring[-1]:
            raise FenceError("the ring is not closed: its last corner must repeat its first")
    _check_span(rings[0])
    shape = Polygon(*_flat(rings))
    if not shape.is_valid:
        raise FenceError(_reason(explain_validity(shape)))
    if to_shape(rings, Plane(rings[0][0])).area < MIN_AREA_M2:
        raise FenceError("the fence encloses nothing")
    return rings


def to_shape(rings: Sequence[Ring], plane: Plane) -> Polygon:
    """
    Return the polygon in the plane's metres.
    """
    flat = [[plane.to_xy(corner) for corner in ring] for ring in rings]
    return Polygon(flat[0], flat[1:])


@dataclass(frozen=True)
class Area:
    """
    One thing to be inside of or not: a store's whole APPROACH, its whole LOT, or one bay.

    `usable_m` is the accuracy up to which a fix can say that it is inside: the
    side of a square of the same size, so that a fix known to 200 m enters a
    ring of kilometres but no lot of 60 m.
    """

    key: str
    zone: Zone
    spot_id: int | None
    shape: BaseGeometry
    edge: BaseGeometry
    bounds: tuple[float, float, float, float]
    usable_m: float

    @property
    def radius_m(self) -> float:
        """Return the radius of a circle of the same size."""
        return math.sqrt(float(self.shape.area) / math.pi)

    @classmethod
    def of(cls, key: str, zone: Zone, spot_id: int | None, shapes: Iterable[BaseGeometry]) -> Self:
        """
        Merge the fences of one zone, which may touch and overlap, into one area.
        """
        shape = shapely.union_all(list(shapes))
        shapely.prepare(shape)
        left, bottom, right, top = shape.bounds
        usable_m = max(FINEST_M, math.sqrt(shape.area))
        return cls(key, zone, spot_id, shape, shape.boundary, (left, bottom, right, top), usable_m)

    def joined_with(self, other: "Area") -> "Area":
        """Return both as one."""
        return Area.of(self.key, self.zone, self.spot_id, [self.shape, other.shape])

    def depth_m(self, x: float, y: float) -> float:
        """
        Return the distance to the edge in metres: positive inside, negative outside, 0 on it.

        Far outside it is the distance to the bounding box, which is never more
        than the true one.
        """
        left, bottom, right, top = self.bounds
        gap = math.hypot(max(left - x, 0.0, x - right), max(bottom - y, 0.0, y - top))
        if gap > FAR_M:
            return -gap
        edge = float(shapely.distance(self.edge, shapely.Point(x, y)))
        if edge < ON_EDGE_M:
            return 0.0
        return edge if shapely.contains_xy(self.shape, x, y) else -edge


def _read_ring(value: object) -> Ring:
    if not isinstance(value, list):
        raise FenceError("a ring is a list of corners: [[latitude, longitude], ...]")
    ring = tuple(_read_corner(number, corner) for number, corner in enumerate(value, start=1))
    if len(set(ring)) < 3:
        raise FenceError("a fence needs at least three different corners")
    return ring


def _read_corner(number: int, value: object) -> Position:
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_number, value)):
        raise FenceError(f"corner {number} is not [latitude, longitude]")
    corner = Position(float(value[0]), float(value[1]))
    if not is_on_earth(corner):
        raise FenceError(f"corner {number} is not on earth: latitude is -90 to 90, longitude -180 to 180")
    if abs(corner.latitude) > MAX_LATITUDE:
        raise FenceError(
            f"corner {number} is too near a pole: latitude is at most {MAX_LATITUDE:g} either way"
        )
    return corner


def _is_number(value: object) -> bool:
    # JSON's true is Python's 1 unless told apart; the comparison drops NaN, infinities and huge integers.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1_000.0


def _check_span(ring: Ring) -> None:
    latitudes = [corner.latitude for corner in ring]
    turns = [wrap_degrees(corner.longitude - ring[0].longitude) for corner in ring]
    if max(max(latitudes) - min(latitudes), max(turns) - min(turns)) > MAX_SPAN_DEGREES:
        raise FenceError(f"the fence spans more than {MAX_SPAN_DEGREES:g} degrees: are the numbers swapped?")


def _flat(rings: Sequence[Ring]) -> tuple[list[tuple[float, float]], list[list[tuple[float, float]]]]:
    """Degrees as they were given, longitudes unrolled so that a ring over the antimeridian holds together."""
    start = rings[0][0].longitude
    flat = [
        [(corner.latitude, start + wrap_degrees(corner.longitude - start)) for corner in ring]
        for ring in rings
    ]
    return flat[0], flat[1:]


def _reason(explained: str) -> str:
    problem, _, place = explained.partition("[")
    near = re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", place)
    where = f" near {float(near[0]):.5f}, {wrap_degrees(float(near[1])):.5f}" if len(near) >= 2 else ""
    if "Self-intersection" in problem:
        return f"the fence crosses itself{where}"
    return f"the fence is not a simple polygon: {problem.strip().lower()}{where}"

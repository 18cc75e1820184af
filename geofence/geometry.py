"""Positions on the earth, distances, and a flat plane in metres around one store; knows no framework."""

import math
from dataclasses import dataclass

EARTH_RADIUS_M = 6_371_008.8  # mean radius of the IUGG; great circles come out within 0.5 % of WGS 84


@dataclass(frozen=True, slots=True)
class Position:
    """A place on the earth in degrees, WGS 84."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Fix:
    """One position report: where, how sure the device is of it, and when (seconds since 1970, UTC)."""

    position: Position
    accuracy_m: float
    at_s: float


def is_on_earth(position: Position) -> bool:
    """
    Tell whether both degrees are finite and in range.
    """
    # A comparison with NaN is false, so NaN and infinities fall out by themselves.
    return -90.0 <= position.latitude <= 90.0 and -180.0 <= position.longitude <= 180.0


def wrap_degrees(longitude: float) -> float:
    """
    Bring a longitude, or a difference of two, into [-180, 180).
    """
    return (longitude + 180.0) % 360.0 - 180.0


def distance_m(one: Position, other: Position) -> float:
    """
    Return the great-circle distance in metres (haversine).
    """
    latitude, other_latitude = math.radians(one.latitude), math.radians(other.latitude)
    half_rise = math.sin((other_latitude - latitude) / 2)
    half_turn = math.sin(math.radians(other.longitude - one.longitude) / 2)
    chord = half_rise**2 + math.cos(latitude) * math.cos(other_latitude) * half_turn**2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))


@dataclass(frozen=True, slots=True)
class Plane:
    """
    The flat map around a store: x metres to the east, y metres to the north of its origin.

    Right to 0.2 % within 20 km of the origin at 60 degrees of latitude; farther
    out only distances by `distance_m` are to be trusted. Longitudes are taken
    as differences, so that a store beside the antimeridian is nothing special.
    """

    origin: Position

    def to_xy(self, position: Position) -> tuple[float, float]:
        """
        Return the place of a position on this map, in metres.
        """
        east = math.radians(wrap_degrees(position.longitude - self.origin.longitude))
        north = math.radians(position.latitude - self.origin.latitude)
        return EARTH_RADIUS_M * east * math.cos(math.radians(self.origin.latitude)), EARTH_RADIUS_M * north

    def to_position(self, x: float, y: float) -> Position:
        """
        Return the position of a place on this map.
        """
        scale = EARTH_RADIUS_M * math.cos(math.radians(self.origin.latitude))
        longitude = wrap_degrees(self.origin.longitude + math.degrees(x / scale))
        return Position(self.origin.latitude + math.degrees(y / EARTH_RADIUS_M), longitude)

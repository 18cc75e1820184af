"""Customers: what they do between the order and the open trunk, with their own phones."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from math import hypot
from random import Random
from time import monotonic

from bopis.demo import store
from bopis.demo.doors import Json, Phone, RefusedError, get_token
from bopis.demo.lot import Sighting
from bopis.demo.people import Person
from bopis.demo.sockets import TrackPage

# The way into the lot in meters east and north of its middle, from 3 km away: a trunk road, then a street.
ROUTE_M = ((-2600.0, 1500.0), (-900.0, 520.0), (-420.0, 90.0), (-60.0, 60.0), (-26.0, 12.0), (-6.0, 4.0))
FAST_M_S, STREET_M_S, LOT_M_S = 27.0, 12.0, 5.0
STREET_FROM_M, LOT_FROM_M = 420.0, 60.0  # before the end of the way
PING_EVERY_S = 2.0


@dataclass(frozen=True)
class Ping:
    """One report of a position: when it was sent and answered."""

    sent_at: datetime
    answered_at: datetime
    sent_at_s: float  # time.monotonic()


@dataclass
class Visit:
    """One order and its customer's doings, written down as they happen."""

    order: Json
    person: Person
    page: TrackPage
    phone: Phone
    sighting: Sighting | None = None
    pings: list[Ping] = field(default_factory=list)
    fresh_start_pressed_at_s: float | None = None
    wait_s: int | None = None
    is_served: threading.Event = field(default_factory=threading.Event)

    @property
    def order_id(self) -> str:
        """The order's public id."""
        return str(self.order["id"])

    @property
    def label(self) -> str:
        """How the demo calls the order in its commentary."""
        return f"{self.order['code']} ({self.person.name})"


def open_page(base_url: str, order: Json, person: Person) -> Visit:
    """Let the customer open the tracking page of an order just placed."""
    token = get_token(order["tracking_url"])
    return Visit(order, person, TrackPage(base_url, token), Phone(base_url, token))


def drive(visit: Visit, *, from_m: float, stop: threading.Event, random: Random) -> None:
    """
    Share the position all the way into the lot, from `from_m` meters before its end; returns in the bay.

    Ends at once when the order is closed meanwhile.
    """
    began = monotonic()
    for after_s, (east_m, north_m) in _get_positions(from_m):
        if stop.wait(max(0.0, began + after_s - monotonic())) or visit.is_served.is_set():
            return
        latitude, longitude = store.to_position(east_m + random.gauss(0, 2), north_m + random.gauss(0, 2))
        sent_at, sent_at_s = datetime.now(UTC), monotonic()
        try:
            visit.phone.ping(latitude, longitude, accuracy_m=random.uniform(4, 9))
        except RefusedError as refusal:
            if refusal.code in {"trip-over", "sharing-off"}:
                return
            raise
        visit.pings.append(Ping(sent_at, datetime.now(UTC), sent_at_s))


def get_duration_s(from_m: float) -> float:
    """Return how long `drive` takes from there."""
    return [after_s for after_s, _ in _get_positions(from_m)][-1]


def _get_positions(from_m: float) -> Iterator[tuple[float, tuple[float, float]]]:
    """Yield seconds since the start and the place, until shortly after the car has stopped."""
    left_m, after_s = min(from_m, _get_length_m()), 0.0
    while left_m > 0:
        yield after_s, _get_place(left_m)
        speed = FAST_M_S if left_m > STREET_FROM_M else STREET_M_S if left_m > LOT_FROM_M else LOT_M_S
        left_m, after_s = left_m - speed * PING_EVERY_S, after_s + PING_EVERY_S
    for _ in range(3):
        yield after_s, ROUTE_M[-1]
        after_s += PING_EVERY_S


def _get_length_m() -> float:
    return sum(hypot(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairwise(ROUTE_M))


def _get_place(left_m: float) -> tuple[float, float]:
    """Return the place on the route from which so many meters are left."""
    for (x1, y1), (x2, y2) in reversed(list(pairwise(ROUTE_M))):
        length = hypot(x2 - x1, y2 - y1)
        if left_m <= length:
            share = left_m / length
            return x2 + (x1 - x2) * share, y2 + (y1 - y2) * share
        left_m -= length
    return ROUTE_M[0]

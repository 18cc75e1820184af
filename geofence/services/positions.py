"""The way of a position: judged in memory, written only when it crossed, moved the ETA or met a rule."""

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from channels.db import database_sync_to_async
from django.db import transaction

from arrivals import services as arrivals
from arrivals.visits import lock_orders
from bopis.errors import DomainError, NotFoundError
from geofence import live, progress, sites
from geofence.crossings import Presence
from geofence.geometry import Fix, Position
from geofence.live import Held
from geofence.models import Trip
from geofence.progress import Crossing, Passage, Told, TripState
from geofence.services import trips
from orders.models import Order
from orders.services import visits

ATTEMPTS = 5
MOST_REQUESTS = 60  # in a minute; the page sends one each five seconds


class TooManyPositionsError(DomainError):
    """One trip sends more than any phone needs to."""

    code = "too-many-requests"
    status = 429


@dataclass(frozen=True)
class Report:
    """
    What some positions came to: whether anything was recorded, and which of them were refused.
    """

    is_recorded: bool
    refused: tuple[tuple[int, DomainError], ...] = ()


class _OutrunError(Exception):
    """PostgreSQL knows more of this trip than the state that was judged by."""


def report_position(
    *, public_id: uuid.UUID, position: Position, accuracy_m: float, observed_at: datetime, at: datetime
) -> Report:
    """
    Take one position of the trip to an order.

    :param observed_at: the device's own time; it only rejects what is stale and orders fixes.
    :raises DomainError: if it cannot be, see `refusals.check`.
    :raises SharingOffError: without consent, or after it was withdrawn.
    :raises TripOverError: if the trip has ended.
    """
    fix = Fix(position, accuracy_m, observed_at.timestamp())
    report = report_positions(public_id=public_id, fixes=[fix], at=at)
    for _, refusal in report.refused:
        raise refusal
    return report


def report_positions(*, public_id: uuid.UUID, fixes: Sequence[Fix], at: datetime) -> Report:
    """
    Take positions of the trip to an order, in the order of their own times.

    Safe to repeat and to race: a fix not newer than the last changes nothing,
    a crossing is written under the order's lock against the trip's revision,
    and the state in Valkey is swapped only for the one that was judged.

    :raises SharingOffError: without consent, or after it was withdrawn.
    :raises TripOverError: if the trip has ended.
    """
    is_recorded = False
    refused: tuple[tuple[int, DomainError], ...] = ()
    for _ in range(ATTEMPTS):
        held = live.read(public_id)
        state = _get_state(public_id, held, at)
        site = sites.get(state.store_id, held.site_version)
        passage, refused = progress.follow_all(state, site, fixes, at_s=at.timestamp())
        state = passage.state
        if passage.is_worth_keeping:
            try:
                state = _record(passage, at)
            except _OutrunError:
                live.swap(public_id, held, None)
                continue
            is_recorded = is_recorded or passage.is_news
        if live.swap(public_id, held, state):
            break
    # Who loses every time loses to newer positions of the same trip, and what
    # had to be written was.
    return Report(is_recorded, refused)


async def areport_positions(*, public_id: uuid.UUID, fixes: Sequence[Fix], at: datetime) -> Report:
    """
    Take positions as `report_positions` does, without a thread and PostgreSQL where neither is needed.

    :raises TooManyPositionsError: beyond sixty requests of one trip in a minute.
    """
    held = await live.aread(public_id)
    if held.requests > MOST_REQUESTS:
        raise TooManyPositionsError("positions come too often: send them together, or wait")
    followed = _follow_in_memory(held, fixes, at)
    if followed is not None and await live.aswap(public_id, held, followed[0]):
        return followed[1]
    report: Report = await _in_thread(public_id=public_id, fixes=fixes, at=at)
    return report


# Few, as each takes a connection to PostgreSQL; and not the one thread that
# asgiref shares out, where a crossing would wait for every page being made.
_in_thread = database_sync_to_async(
    report_positions, thread_sensitive=False, executor=ThreadPoolExecutor(4, "positions")
)


def _follow_in_memory(held: Held, fixes: Sequence[Fix], at: datetime) -> tuple[TripState, Report] | None:
    """Return what comes of positions without PostgreSQL, or None if it must be asked or told."""
    if held.closed is not None:
        raise trips.refuse(held.closed)
    if held.state is None or held.state.expires_at_s <= at.timestamp():
        return None
    site = sites.peek(held.state.store_id, held.site_version)
    if site is None:
        return None
    passage, refused = progress.follow_all(held.state, site, fixes, at_s=at.timestamp())
    if passage.is_worth_keeping:
        return None
    return passage.state, Report(is_recorded=False, refused=refused)


def _get_state(public_id: uuid.UUID, held: Held, at: datetime) -> TripState:
    if held.closed is not None:
        raise trips.refuse(held.closed)
    state = held.state or _load_state(public_id)
    if state.expires_at_s <= at.timestamp():
        raise trips.refuse(trips.TRIP_OVER)
    return state


def _load_state(public_id: uuid.UUID) -> TripState:
    every = Trip.objects.filter(order__public_id=public_id).select_related("order")
    trip = every.order_by("-started_at", "-pk").first()
    if trip is None and not Order.objects.filter(public_id=public_id).exists():
        raise NotFoundError("no such order")
    if trip is not None and not trip.is_active:
        raise trips.refuse(trips.TRIP_OVER)
    if trip is None or not trip.is_sharing:
        raise trips.refuse(trips.SHARING_OFF)
    return TripState(
        trip_id=trip.pk,
        order_id=trip.order_id,
        store_id=trip.order.store_id,
        revision=trip.revision,
        expires_at_s=trip.expires_at.timestamp(),
        crossings=trip.crossings,
        presence={key: Presence(is_inside=True) for key in trip.inside},
        told=_told(trip),
        fired=frozenset(trip.fired_rules),
    )


def _told(trip: Trip) -> Told | None:
    if trip.eta_low_at is None or trip.eta_high_at is None or trip.eta_told_at is None:
        return None
    return Told(trip.eta_low_at.timestamp(), trip.eta_high_at.timestamp(), trip.eta_told_at.timestamp())


@transaction.atomic
def _record(passage: Passage, at: datetime) -> TripState:
    """
    Write down what the positions changed, all or nothing; return the state that builds on it.

    :raises _OutrunError: if the trip's row moved on since the state was made.
    """
    state = passage.state
    order = lock_orders([state.order_id])[state.order_id]  # all that arrivals will lock, in its order
    trip = Trip.objects.get(pk=state.trip_id)
    if trip.revision != state.revision or not trip.is_sharing:
        raise _OutrunError
    for crossing in passage.crossings:
        _tell_crossing(order, trip, crossing, at)
    if passage.is_eta_news and state.told is not None:
        _tell_eta(order, trip, state.told, at)
    if passage.held and passage.expected_at_s is not None:
        due_at = datetime.fromtimestamp(passage.expected_at_s, UTC)
        visits.release_fresh_wave(order_id=order.pk, trigger="POSITION", due_at=due_at, at=at)
    trips.keep_minutes(trip.pk, state.minutes)
    trip.inside, trip.crossings, trip.fired_rules = state.inside(), state.crossings, sorted(state.fired)
    trip.revision += 1
    trip.save()
    return progress.rebase(state, trip.revision)


def _tell_crossing(order: Order, trip: Trip, crossing: Crossing, at: datetime) -> None:
    arrivals.record_crossing(
        order_id=order.pk,
        zone=crossing.zone,
        entered=crossing.entered,
        accuracy_m=crossing.accuracy_m,
        spot_id=crossing.spot_id,
        source_key=f"trip:{trip.pk}:crossing:{crossing.number}",
        observed_at=datetime.fromtimestamp(crossing.at_s, UTC),
        at=at,
    )


def _tell_eta(order: Order, trip: Trip, told: Told, at: datetime) -> None:
    trip.eta_low_at = datetime.fromtimestamp(told.low_s, UTC)
    trip.eta_high_at = datetime.fromtimestamp(told.high_s, UTC)
    trip.eta_told_at = at
    arrivals.record_eta(order_id=order.pk, eta_low_at=trip.eta_low_at, eta_high_at=trip.eta_high_at, at=at)

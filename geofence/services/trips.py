"""Changes of trips: on my way, consent given and withdrawn, and the end."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import transaction

from arrivals import services as arrivals
from arrivals.visits import OrderClosedError, lock_orders
from bopis import audit
from bopis.errors import DomainError
from geofence import eta, live
from geofence.models import Trip, TripMinute
from geofence.progress import Minute
from orders.models import Order
from orders.services import steps

LASTS = timedelta(hours=3)  # UX.md: the consent sheet promises it
SAME_WORD = timedelta(minutes=1)  # "on my way" again within this is a double tap
BETTER_KNOWN = timedelta(minutes=2)  # an ETA by position this fresh beats a guessed one
SHARING_OFF, TRIP_OVER = "sharing-off", "trip-over"
DISTANCES_KEPT = timedelta(hours=24)


class SharingOffError(DomainError):
    """The customer has not agreed to share positions, or has stopped."""

    code = SHARING_OFF


class TripOverError(DomainError):
    """The trip ended with its order, or after three hours."""

    code = TRIP_OVER


def refuse(code: str) -> DomainError:
    """Return the refusal of positions for a code that `live` held."""
    if code == TRIP_OVER:
        return TripOverError("this trip is over: positions are no longer wanted")
    return SharingOffError("positions are not shared: the customer has not agreed, or has stopped")


@transaction.atomic
def say_on_my_way(*, order_id: int, minutes: int | None, at: datetime) -> Trip:
    """
    Start the trip, if none is under way, and tell when the customer expects to be there.

    The same words again within a minute change nothing; other minutes replace
    the earlier ones. What positions say is worth more than minutes.

    :raises OrderClosedError: if the order is closed.
    """
    order = _lock_open(order_id)
    trip = _get_or_start(order, at)
    said_before = trip.on_my_way_at is not None and at - trip.on_my_way_at < SAME_WORD
    if said_before and minutes == trip.minutes_said:
        return trip
    trip.on_my_way_at, trip.minutes_said = at, minutes
    trip.times_said += 1
    trip.save(update_fields=["on_my_way_at", "minutes_said", "times_said"])
    is_better_known = trip.eta_told_at is not None and at - trip.eta_told_at < BETTER_KNOWN
    guess = None if minutes is None or is_better_known else eta.from_minutes(minutes)
    arrivals.record_on_my_way(
        order_id=order.pk,
        eta_low_at=at + timedelta(seconds=guess.low_s) if guess else None,
        eta_high_at=at + timedelta(seconds=guess.high_s) if guess else None,
        source_key=f"trip:{trip.pk}:on-my-way:{trip.times_said}",
        at=at,
    )
    return trip


@transaction.atomic
def start_sharing(*, order_id: int, at: datetime) -> Trip:
    """
    Write down that the customer agreed to share positions on this trip; a repeat changes nothing.

    :raises OrderClosedError: if the order is closed.
    """
    order = _lock_open(order_id)
    trip = _get_or_start(order, at)
    if not trip.is_sharing:
        trip.is_sharing, trip.consent_at, trip.stopped_at = True, at, None
        trip.revision += 1
        trip.save(update_fields=["is_sharing", "consent_at", "stopped_at", "revision"])
        _audit(trip, order, "sharing-started", at)
    transaction.on_commit(lambda: live.reopen(order.public_id), robust=True)
    return trip


@transaction.atomic
def stop_sharing(*, order_id: int, at: datetime) -> Trip | None:
    """
    Withdraw the consent: live positions are deleted at once, further ones refused.

    A repeat only deletes again.
    """
    order = steps.lock_order(order_id)
    trip = _get_active(order)
    if trip is not None and trip.is_sharing:
        trip.is_sharing, trip.stopped_at = False, at
        trip.revision += 1
        trip.save(update_fields=["is_sharing", "stopped_at", "revision"])
        _audit(trip, order, "sharing-stopped", at)
    _forget_after_commit(order.public_id, SHARING_OFF)
    return trip


@transaction.atomic
def end_trip(*, order_id: int, at: datetime) -> None:
    """End the order's trip and its sharing, as the order was closed; without one it changes nothing."""
    order = steps.lock_order(order_id)
    trip = _get_active(order)
    if trip is not None:
        _end(trip, order, Trip.Status.ENDED, at)


def expire_trips(*, at: datetime) -> int:
    """End the trips whose three hours are over; return how many."""
    due = Trip.objects.filter(status=Trip.Status.ACTIVE, expires_at__lte=at).order_by("expires_at", "pk")
    order_ids = list(due.values_list("order_id", flat=True)[:1_000])
    return sum(_expire(order_id, at) for order_id in order_ids)


def forget_strays(*, at: datetime) -> int:
    """
    Delete live positions of trips that stopped lately, should the deletion then have failed; return how many.
    """
    stopped = Trip.objects.filter(is_sharing=False, stopped_at__gte=at - live.KEPT)
    silent = stopped.exclude(order__trips__is_sharing=True).order_by("pk")
    found = 0
    for public_id in silent.values_list("order__public_id", flat=True):
        if live.read(public_id).state is not None:
            _forget(public_id, SHARING_OFF)
            found += 1
    return found


def forget_distances(*, at: datetime) -> int:
    """Erase how far away trips were a day ago: their times remain. Return how many minutes."""
    old = TripMinute.objects.filter(minute__lt=at - DISTANCES_KEPT, distance_m__isnull=False)
    return old.update(distance_m=None)


def keep_minutes(trip_id: int, minutes: Iterable[Minute]) -> None:
    """Write minutes of a trip down; those already there stay as they are."""
    rows = [
        TripMinute(
            trip_id=trip_id,
            minute=datetime.fromtimestamp(minute.minute * 60, UTC),
            zone=minute.zone,
            eta_low_s=minute.eta_low_s,
            eta_high_s=minute.eta_high_s,
            distance_m=minute.distance_m,
        )
        for minute in minutes
    ]
    TripMinute.objects.bulk_create(rows, ignore_conflicts=True)


def _lock_open(order_id: int) -> Order:
    order = lock_orders([order_id])[order_id]  # as arrivals does, which may come next
    if not order.is_open:
        raise OrderClosedError(f"order {order.number} is {order.status}: there is nothing to come for")
    return order


def _get_active(order: Order) -> Trip | None:
    return Trip.objects.filter(order=order, status=Trip.Status.ACTIVE).first()


def _get_or_start(order: Order, at: datetime) -> Trip:
    trip = _get_active(order)
    if trip is not None and trip.expires_at <= at:
        _end(trip, order, Trip.Status.EXPIRED, at)
        trip = None
    return trip or Trip.objects.create(order=order, started_at=at, expires_at=at + LASTS)


@transaction.atomic
def _expire(order_id: int, at: datetime) -> bool:
    order = steps.lock_order(order_id)
    trip = _get_active(order)
    if trip is None or trip.expires_at > at:  # ended, or begun anew, since the sweep looked
        return False
    _end(trip, order, Trip.Status.EXPIRED, at)
    return True


def _end(trip: Trip, order: Order, status: Trip.Status, at: datetime) -> None:
    trip.move_to(status, at=at)
    trip.revision += 1
    trip.save(update_fields=["status", "ended_at", "is_sharing", "stopped_at", "revision"])
    _forget_after_commit(order.public_id, TRIP_OVER)


def _forget_after_commit(public_id: uuid.UUID, code: str) -> None:
    transaction.on_commit(lambda: _forget(public_id, code), robust=True)


def _forget(public_id: uuid.UUID, code: str) -> None:
    state = live.close(public_id, code)
    if state is not None:
        keep_minutes(state.trip_id, state.minutes)


def _audit(trip: Trip, order: Order, action: str, at: datetime) -> None:
    audit.record(
        actor="customer",
        action=action,
        subject=f"trip:{trip.pk}",
        at=at,
        store_id=order.store_id,
        order=order.pk,
    )

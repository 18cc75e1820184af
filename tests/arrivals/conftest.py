"""The cast of the arrivals tests, and the senses as they would speak."""

from datetime import timedelta
from itertools import count

import pytest

from arrivals import services
from arrivals.matching import Candidate
from tests import world
from tests.world import NOON

CAMERA = 5
PLATE = "BOB1234"
AT_NOON = (NOON - timedelta(minutes=30), NOON + timedelta(minutes=30))
_keys = count(1)


@pytest.fixture
def store(db):
    return world.make_store()


@pytest.fixture
def elsewhere(store):
    return world.make_store("lyon-sud")


@pytest.fixture
def ana(store):
    return world.make_associate(store, "Ana")


@pytest.fixture
def stranger(elsewhere):
    return world.make_associate(elsewhere, "Zoe")


@pytest.fixture
def order(store):
    """Bread and milk for Ines, who comes about noon in the car BOB 1234."""
    return expect(store, plate="BOB 1234", customer="ines")


def expect(store, *lines, window=AT_NOON, **facts):
    """An order for a pickup window about noon, placed two hours before."""
    return world.place(store, *lines, at=NOON - timedelta(hours=2), window=window, **facts)


def minutes(number):
    return timedelta(minutes=number)


def see(store, text=PLATE, *, at=NOON, heard_at=None, key=None, confidence=0.95, **more):
    """A camera reads a plate."""
    return services.record_plate_read(
        store_id=store.pk,
        camera_id=CAMERA,
        candidates=[Candidate(text, confidence)],
        source_key=key or f"{CAMERA}:1:{next(_keys)}",
        seen_at=at,
        at=heard_at or at,
        **more,
    )


def cross(order, zone="LOT", *, entered=True, at=NOON, heard_at=None, key=None, accuracy_m=10.0, spot=None):
    """The customer's position goes into a zone, or out of it."""
    return services.record_crossing(
        order_id=order.pk,
        zone=zone,
        entered=entered,
        accuracy_m=accuracy_m,
        spot_id=spot and spot.pk,
        source_key=key or f"trip:{next(_keys)}",
        observed_at=at,
        at=heard_at or at,
    )


def tap(order, spot=None, *, at=NOON, key=None):
    """The customer presses "I'm here"."""
    return services.record_tap(
        order_id=order.pk, spot_number=spot, source_key=key or f"tap:{next(_keys)}", at=at
    )


def say(order, ana, spot=None, *, at=NOON):
    """An associate says that the customer is here."""
    return services.record_associate_word(order_id=order.pk, spot_number=spot, associate_id=ana.pk, at=at)


def estimate(order, low, high, *, at=NOON):
    """The position says: in `low` to `high` minutes."""
    return services.record_eta(
        order_id=order.pk, eta_low_at=at + minutes(low), eta_high_at=at + minutes(high), at=at
    )


def get_bay(arrival):
    """The number of the bay that a visit has."""
    return arrival.spot and arrival.spot.number

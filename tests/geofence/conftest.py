"""A store with fences, an order of it, and a customer who shares positions."""

from collections.abc import Iterator

import pytest

from geofence import sites
from geofence.models import Fence
from geofence.services import trips
from orders.models import PickupSpot
from tests import world
from tests.geofence.tracks import NOW, STORE, rectangle


@pytest.fixture(autouse=True)
def forgetful_process() -> Iterator[None]:
    sites.forget()
    yield
    sites.forget()


@pytest.fixture
def store(db):
    """An approach of 4 by 4 km, a lot of 60 by 40 m, and bay 4 in it."""
    store = world.make_store(latitude=STORE.latitude, longitude=STORE.longitude)
    Fence.objects.create(store=store, zone="APPROACH", polygon=rectangle(-2_000, -2_000, 2_000, 2_000))
    Fence.objects.create(store=store, zone="LOT", polygon=rectangle(-30, -20, 30, 20))
    bay = PickupSpot.objects.get(store=store, number="4")
    Fence.objects.create(store=store, zone="BAY", spot=bay, polygon=rectangle(10, 10, 14, 16))
    return store


@pytest.fixture
def order(store):
    return world.place(store, at=NOW)


@pytest.fixture
def trip(order, django_capture_on_commit_callbacks):
    """The order's trip, its position shared."""
    with django_capture_on_commit_callbacks(execute=True):
        return trips.start_sharing(order_id=order.pk, at=NOW)


@pytest.fixture
def manager(store):
    return world.make_associate(store, "Mona", role="MANAGER")


@pytest.fixture
def ana(store):
    return world.make_associate(store, "Ana")

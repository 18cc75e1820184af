"""Reads of fences and trips."""

from dataclasses import dataclass
from datetime import datetime

from geofence.fences import ZONES
from geofence.geometry import Plane, Position
from geofence.models import Fence, Trip
from orders.models import Store


@dataclass(frozen=True)
class Hit:
    """A fence that a place lies in, and how far from its edge."""

    fence: Fence
    depth_m: float


def get_zones_at(*, store_id: int, position: Position) -> list[Hit]:
    """
    Return the store's fences that hold this place, outermost zone first; an edge belongs to its fence.
    """
    store = Store.objects.get(pk=store_id)
    plane = Plane(Position(store.latitude, store.longitude))
    x, y = plane.to_xy(position)
    fences = Fence.objects.filter(store_id=store_id).select_related("spot").order_by("pk")
    hits = [Hit(fence, fence.to_area(plane).depth_m(x, y)) for fence in fences]
    inside = [hit for hit in hits if hit.depth_m >= 0]
    order: tuple[str, ...] = ZONES
    return sorted(inside, key=lambda hit: order.index(hit.fence.zone))


def get_active_trip(*, order_id: int, at: datetime) -> Trip | None:
    """Return the trip under way to collect an order, if there is one."""
    return Trip.objects.filter(order_id=order_id, status=Trip.Status.ACTIVE, expires_at__gt=at).first()

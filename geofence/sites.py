"""Each process's copy of what trips are measured against, renewed when anybody edits a fence or a rule."""

import time
from dataclasses import dataclass

from geofence.fences import LOT, ZONES, Area
from geofence.geometry import Plane, Position
from geofence.models import Fence, TriggerRule
from geofence.progress import Site
from geofence.rules import Rule
from orders.models import Store

# Edits are told by a version in Valkey; one that was lost on the way costs this long.
KEPT_S = 60.0


@dataclass(frozen=True)
class _Copy:
    version: bytes | None
    loaded_s: float
    site: Site


_copies: dict[int, _Copy] = {}


def peek(store_id: int, version: bytes | None) -> Site | None:
    """Return the store's site if this process has it in this version; asks nobody."""
    copy = _copies.get(store_id)
    if copy is None or copy.version != version or time.monotonic() - copy.loaded_s > KEPT_S:
        return None
    return copy.site


def get(store_id: int, version: bytes | None) -> Site:
    """Return the store's site, read from the database unless this process has it in this version."""
    site = peek(store_id, version)
    if site is None:
        site = load(store_id)
        _copies[store_id] = _Copy(version, time.monotonic(), site)
    return site


def forget() -> None:
    """Drop this process's copies."""
    _copies.clear()


def load(store_id: int) -> Site:
    """Read a store's fences and rules from the database."""
    store = Store.objects.get(pk=store_id)
    plane = Plane(Position(store.latitude, store.longitude))
    areas = tuple(_areas(store_id, plane))
    rules = tuple(
        Rule(rule.pk, rule.zone, rule.eta_at_most.total_seconds() if rule.eta_at_most else None)
        for rule in TriggerRule.objects.filter(store_id=store_id, is_active=True).order_by("pk")
    )
    lots = [area for area in areas if area.zone == LOT]
    if not lots:
        return Site(plane, areas, rules, plane.origin, 0.0)
    center = lots[0].shape.centroid
    return Site(plane, areas, rules, plane.to_position(center.x, center.y), lots[0].radius_m)


def _areas(store_id: int, plane: Plane) -> list[Area]:
    merged: dict[str, Area] = {}
    for fence in Fence.objects.filter(store_id=store_id).order_by("pk"):
        area = fence.to_area(plane)
        merged[area.key] = area.joined_with(merged[area.key]) if area.key in merged else area
    return sorted(merged.values(), key=lambda area: ZONES.index(area.zone))

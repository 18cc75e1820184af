"""Which stores can promise a basket, and which line they lack."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from math import asin, cos, hypot, radians, sin, sqrt
from typing import Any

from orders.models import StockLevel, Store
from orders.services import freshness

EARTH_KM = 6371.0


def find_stores(
    wanted: Mapping[str, Decimal],
    *,
    store_ids: list[int] | None,
    near: tuple[float, float] | None,
    at: datetime,
) -> list[dict[str, Any]]:
    """
    Return the stores with what each lacks of a basket: those that lack nothing first, then by distance.

    Each line has a badge: "in-stock", "low", "none", or "call-store" where the store's stock was last
    heard of too long ago (`heard_at`): such a store cannot promise.

    :param wanted: quantity by SKU.
    :param near: latitude and longitude in degrees; without it stores are in order of their code.
    """
    stores = Store.objects.filter(is_open=True)
    if store_ids is not None:
        stores = stores.filter(pk__in=store_ids)
    available = _get_available(wanted)
    found = [_judge(store, wanted, available, near, at) for store in stores.order_by("code")]
    return sorted(found, key=lambda store: (not store["can"], store["distance_km"] or 0.0))


def _get_available(wanted: Mapping[str, Decimal]) -> dict[tuple[int, str], Decimal]:
    levels = StockLevel.objects.filter(product__sku__in=wanted, product__is_active=True)
    rows = levels.values_list("store_id", "product__sku", "on_hand", "reserved", "safety_stock")
    return {(store, sku): max(Decimal(0), hand - held - safety) for store, sku, hand, held, safety in rows}


def _judge(
    store: Store,
    wanted: Mapping[str, Decimal],
    available: Mapping[tuple[int, str], Decimal],
    near: tuple[float, float] | None,
    at: datetime,
) -> dict[str, Any]:
    short = [
        {"sku": sku, "wanted": str(quantity), "available": str(has)}
        for sku, quantity in wanted.items()
        if (has := available.get((store.pk, sku), Decimal(0))) < quantity
    ]
    is_stale = freshness.is_stale(store, at=at)
    lines = [
        {"sku": sku, "badge": "call-store" if is_stale else _get_badge(store, available.get((store.pk, sku)))}
        for sku in wanted
    ]
    distance = None if near is None else round(_get_distance_km(near, (store.latitude, store.longitude)), 1)
    return {
        "store": store.code,
        "name": store.name,
        "phone": store.phone,
        "can": not short and not is_stale,
        "short": short,
        "lines": lines,
        "heard_at": store.stock_heard_at.isoformat() if store.stock_heard_at else None,
        "distance_km": distance,
    }


def _get_badge(store: Store, available: Decimal | None) -> str:
    if not available:
        return "none"
    return "low" if available <= store.low_stock else "in-stock"


def _get_distance_km(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Great-circle distance; within 0.5 % of the road-less truth, enough to sort by."""
    (lat1, lon1), (lat2, lon2) = (map(radians, here), map(radians, there))
    half = hypot(sin((lat2 - lat1) / 2), sqrt(cos(lat1) * cos(lat2)) * sin((lon2 - lon1) / 2))
    return 2 * EARTH_KM * asin(min(1.0, half))

"""The demo's store: put back to its beginning at each start, by the product's own services."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import cos, radians

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction

from bopis.authentication import SCOPES, create_api_key
from bopis.demo import catalog
from bopis.models import ApiKey
from geofence.models import TriggerRule
from geofence.services import fences
from orders.models import Order, PickupSpot, Product, StaffMember, Store
from orders.models.orders import OPEN
from orders.services import closing, counts
from orders.services.catalog import ProductFacts, upsert_product
from vision.models import Camera

CODE = "lyon-est"
ACTOR = "demo"
CENTER = (45.7312, 4.9534)  # in an industrial estate east of Lyon; nothing of it is looked up anywhere
LOT_M = (60.0, 40.0)  # east-west, north-south
APPROACH_M = 450.0  # half the side of the square around the lot: the last half minute of the way
BAYS = ("1", "2", "3", "4", "5", "6")
COUNTER = "C"
ADMIN = "admin"
VISITOR = "sam"  # whoever watches the demo and wants to take part
METERS_PER_DEGREE = 111_320.0
_ASSOCIATE, _MANAGER = StaffMember.Role.ASSOCIATE, StaffMember.Role.MANAGER
STAFF = {
    "lea": ("Léa", _ASSOCIATE),
    "bruno": ("Bruno", _ASSOCIATE),
    "zoe": ("Zoé", _MANAGER),
    VISITOR: ("Sam", _MANAGER),
}


@dataclass(frozen=True)
class Keys:
    """What opens the store's doors; told once, stored nowhere but hashed."""

    password: str  # of everybody who signs in
    api_key: str


def load(*, camera_url: str, at: datetime) -> Keys:
    """
    Make the store with its people, products, stock, fences and camera; orders left open are canceled.

    A repeat gives new keys and puts everything else back to its beginning.
    """
    for order_id in Order.objects.filter(store__code=CODE, status__in=OPEN).values_list("pk", flat=True):
        closing.cancel(order_id=order_id, reason="demo-restarted", at=at, actor=ACTOR)
    with transaction.atomic():
        store = _make_store()
        _fill_shelves(store, at)
        _draw_fences(store)
        Camera.objects.update_or_create(
            store=store, name="Entry", defaults={"url": camera_url, "is_active": True, "direction": "IN"}
        )
        return _make_keys(store, at)


def to_position(east_m: float, north_m: float) -> tuple[float, float]:
    """Return latitude and longitude of a place so far from the middle of the lot."""
    latitude = CENTER[0] + north_m / METERS_PER_DEGREE
    return latitude, CENTER[1] + east_m / (METERS_PER_DEGREE * cos(radians(CENTER[0])))


def _make_store() -> Store:
    store, _ = Store.objects.update_or_create(
        code=CODE,
        defaults={
            "name": "Lyon Est",
            "time_zone": "Europe/Paris",
            "language": "en",
            "currency": "EUR",
            "phone": "+33 4 99 00 00 00",
            "latitude": CENTER[0],
            "longitude": CENTER[1],
            "is_open": True,
            "ambient_lead": timedelta(hours=2),
            "fresh_before_window": None,
            "pickup_instructions": "Take the entry marked ORDER PICKUP and stop in any numbered bay.",
        },
    )
    for number in BAYS:
        is_accessible = number == BAYS[0]
        PickupSpot.objects.get_or_create(
            store=store, number=number, defaults={"is_accessible": is_accessible}
        )
    PickupSpot.objects.get_or_create(store=store, number=COUNTER, defaults={"kind": PickupSpot.Kind.COUNTER})
    return store


def _fill_shelves(store: Store, at: datetime) -> None:
    for item in catalog.get_items():
        facts = ProductFacts(
            name=item.name,
            zone=item.zone,
            price_minor=item.price_minor,
            barcode=item.barcode,
            aisle=item.aisle,
            shelf=item.shelf,
        )
        product, _ = upsert_product(sku=item.sku, facts=facts)
        _fill_shelf(store, product, at=at)


def _fill_shelf(store: Store, product: Product, *, at: datetime) -> None:
    units = catalog.SCARCE_ON_HAND if product.sku == catalog.SCARCE else catalog.EACH_ON_HAND
    counts.set_level(
        store_id=store.pk,
        product_id=product.pk,
        on_hand=Decimal(units),
        safety_stock=None,
        at=at,
        actor=ACTOR,
    )


def _draw_fences(store: Store) -> None:
    east, north = LOT_M[0] / 2, LOT_M[1] / 2
    fences.put_fence(store_id=store.pk, zone="LOT", polygon=_rectangle(east, north), name="Lot")
    fences.put_fence(
        store_id=store.pk,
        zone="APPROACH",
        polygon=_rectangle(APPROACH_M, APPROACH_M),
        name="Last half minute",
    )
    TriggerRule.objects.update_or_create(store=store, zone="APPROACH", defaults={"is_active": True})
    fences.renew_sites()


def _rectangle(east_m: float, north_m: float) -> list[list[float]]:
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    return [list(to_position(east * east_m, north * north_m)) for east, north in corners]


def _make_keys(store: Store, at: datetime) -> Keys:
    password = f"pickup-{secrets.token_hex(4)}"
    encoded = make_password(password)  # once: it is made to be slow
    for username, (first_name, role) in STAFF.items():
        user, _ = User.objects.update_or_create(
            username=username, defaults={"first_name": first_name, "password": encoded, "is_active": True}
        )
        StaffMember.objects.update_or_create(user=user, store=store, defaults={"role": role})
    User.objects.update_or_create(
        username=ADMIN,
        defaults={"password": encoded, "is_staff": True, "is_superuser": True, "is_active": True},
    )
    ApiKey.objects.filter(name=ACTOR, revoked_at=None).update(revoked_at=at)
    _, api_key = create_api_key(name=ACTOR, scopes=SCOPES, store_ids=[store.pk], at=at)
    return Keys(password, api_key)

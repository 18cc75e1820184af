"""The named cast of the tests: one store, its people, its shelves, and orders placed there."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.contrib.auth.models import User

from orders.models import Order, PickupSpot, Product, StaffMember, StockLevel, Store
from orders.services import packing, placing, vehicles, visits

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WINDOW = (NOON + timedelta(hours=1), NOON + timedelta(hours=2))

MILK, BREAD, ICE = "milk", "bread", "ice"
_ZONES = {MILK: "CHILLED", BREAD: "AMBIENT", ICE: "FROZEN"}
_numbers = count(1)


def make_store(code: str = "lyon-est", *, bays: int = 4, **changes: Any) -> Store:
    """A store with numbered bays and plenty of milk, bread and ice."""
    facts = {
        "name": "Lyon Est",
        "time_zone": "Europe/Paris",
        "phone": "+33 4 00 00 00 00",
        "latitude": 45.75,
        "longitude": 4.95,
        "pickup_instructions": "Behind the shop.",
    }
    store = Store.objects.create(code=code, **(facts | changes))
    PickupSpot.objects.bulk_create(
        PickupSpot(store=store, number=str(number), kind=PickupSpot.Kind.BAY) for number in range(1, bays + 1)
    )
    for sku in _ZONES:
        stock(store, sku, 100)
    return store


def make_product(sku: str) -> Product:
    """A product by its SKU, made on first use."""
    product, _ = Product.objects.get_or_create(
        sku=sku,
        defaults={"name": sku.title(), "zone": _ZONES.get(sku, "AMBIENT"), "price_minor": 250, "aisle": "3"},
    )
    return product


def stock(store: Store, sku: str, on_hand: int, *, safety: int = 0) -> StockLevel:
    """Put so many units on the shelf."""
    level, _ = StockLevel.objects.update_or_create(
        store=store, product=make_product(sku), defaults={"on_hand": on_hand, "safety_stock": safety}
    )
    return level


def make_associate(store: Store, name: str = "Ana", *, role: str = "ASSOCIATE") -> User:
    """Somebody who works at the store."""
    user = User.objects.create_user(username=f"{name.lower()}-{store.code}", first_name=name)
    StaffMember.objects.create(user=user, store=store, role=role)
    return user


def make_basket(
    *lines: tuple[str, int | str],
    plate: str = "",
    customer: str = "",
    number: str = "",
    window: Sequence[datetime] = WINDOW,
) -> placing.Basket:
    """A basket of (sku, quantity); bread and milk when none are named."""
    unique = next(_numbers)
    return placing.Basket(
        number=number or f"W-{unique}",
        customer=placing.CustomerFacts(
            external_id=customer or f"customer-{unique}",
            first_name="Ines",
            last_name="Moreau",
            email="ines@example.org",
            language="en",
        ),
        vehicle=vehicles.VehicleFacts(description="blue Golf", plate=plate, plate_consent=bool(plate)),
        lines=[
            placing.BasketLine(sku, Decimal(quantity)) for sku, quantity in lines or ((BREAD, 2), (MILK, 1))
        ],
        window_start=window[0],
        window_end=window[1],
    )


def place(store: Store, *lines: tuple[str, int | str], at: datetime = NOON, **facts: Any) -> Order:
    """An order placed through the real service."""
    basket = make_basket(*lines, **facts)
    order = placing.place_order(store_id=store.pk, basket=basket, at=at, actor="api:test")
    order.refresh_from_db()
    return order


def arrive(order: Order, *, visit_id: int = 7, spot: str = "1", at: datetime = NOON) -> Order:
    """The order's customer stops in a bay."""
    bay = order.store.spots.get(number=spot)
    visits.customer_arrived(order_id=order.pk, visit_id=visit_id, spot_id=bay.pk, arrived_at=at, at=at)
    order.refresh_from_db()
    return order


def pack(order: Order, associate: User, *, at: datetime = NOON) -> Order:
    """Pack and stage whatever of the order is on the board."""
    for task in order.tasks.filter(kind__in=["PACK_AMBIENT", "PACK_FRESH"], status="QUEUED").order_by("pk"):
        packing.start(task_id=task.pk, associate_id=associate.pk, at=at)
        packing.finish(task_id=task.pk, associate_id=associate.pk, place="B3", bags=1, all_packed=True, at=at)
    order.refresh_from_db()
    return order

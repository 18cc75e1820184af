"""Placing an order: everything is reserved in one transaction, or nothing happened."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from bopis.errors import DomainError, InvalidError
from bopis.inserts import insert_once
from orders import board, queries
from orders.models import Customer, Order, OrderLine, Product, Store
from orders.models.lines import get_wave
from orders.models.orders import OPEN
from orders.prices import get_price
from orders.services import (
    holds,
    keeping,
    messages,
    payments,
    preorders,
    slots,
    steps,
    stock,
    vehicles,
    waves,
)

# Without 0/O, 1/I/L, 2/Z, 5/S, 8/B and the vowels: nothing that is misread on a
# phone behind a windscreen, and no words.
CODE_ALPHABET = "34679CDFGHJKMNPQRTVWXY"
PICKUP_CODE_LENGTH = 6  # 22**6 = 113 million; five tries before it locks
BOARD_CODE_LENGTH = 3  # 22**3 = 10,648, far over one store's open orders


class OrderNumberTakenError(DomainError):
    """The store already has an order of this number."""

    code = "order-number-taken"


class StoreClosedError(DomainError):
    """The store takes no orders at present."""

    code = "store-closed"


class WindowPassedError(InvalidError):
    """The pickup window is over, or ends before it begins."""

    code = "window-passed"


@dataclass(frozen=True)
class BasketLine:
    """One product of a basket; quantity above 0 in the product's unit."""

    sku: str
    quantity: Decimal


@dataclass(frozen=True)
class CustomerFacts:
    """Who collects, as the integrator knows them; an empty field is not known."""

    external_id: str
    first_name: str
    last_name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""


@dataclass(frozen=True)
class Basket:
    """An order as it is asked for."""

    number: str
    customer: CustomerFacts
    vehicle: vehicles.VehicleFacts | None
    lines: Sequence[BasketLine]
    window_start: datetime
    window_end: datetime
    payment: payments.PaymentFacts | None = None  # none: the platform keeps it to itself
    promo_codes: Sequence[str] = ()  # the platform's, passed through
    hold_id: UUID | None = None  # the checkout's hold, whose units this order takes over


@transaction.atomic
def place_order(*, store_id: int, basket: Basket, at: datetime, actor: str) -> Order:
    """
    Accept an order: reserve every line, plan its waves, tell the customer.

    Nothing is left behind by a refusal. The order that is returned has its lines and tasks with it,
    as they were placed: `refresh_from_db` forgets them.

    :raises StoreClosedError: if the store takes no orders.
    :raises WindowPassedError: if the pickup window is over or has no length.
    :raises NotReleasedError: if something of it comes out only after the window.
    :raises UnknownSkuError: naming the SKUs that are not on sale.
    :raises HoldOverError: if the basket comes with a hold whose time is over.
    :raises OutOfStockError: naming the lines that fall short.
    :raises NotASlotError: if the store has slots and the window is none of them.
    :raises SlotFullError: if the slot cannot bear the order.
    :raises OrderNumberTakenError: if the store has this number already.
    """
    store = Store.objects.select_related("slot_plan").get(pk=store_id)
    _check(store, basket, at)
    products = holds.get_products(sum_by_sku(basket.lines), store_id=store_id)
    preorders.check_window(products.values(), basket.window_end)
    customer = _know_customer(basket.customer, store)
    order = _create(store, customer, basket, products, at)
    lines = OrderLine.objects.bulk_create(make_lines(order, basket.lines, products))
    payments.open_payment(order, basket.payment)
    tasks = waves.plan(order, lines, at)
    steps.log(
        order,
        "placed",
        at=at,
        actor=actor,
        lines=len(lines),
        total_minor=order.total_minor,
    )
    messages.tell(order, "ORDER_CONFIRMED", at=at)
    _take(order, basket, lines, at, actor)
    # What the card and the answer show is in memory: nobody can have changed it before the commit.
    queries.remember(order, lines=lines, tasks=tasks, handovers=(), delegates=())
    transaction.on_commit(lambda: board.push(order), robust=True)
    return order


def _take(order: Order, basket: Basket, lines: Sequence[OrderLine], at: datetime, actor: str) -> None:
    # What others queue for comes last: a popular slot, then popular products, locked until the commit
    # and not a statement longer.
    load = slots.measure([(line.product.zone, float(line.quantity)) for line in lines])
    slots.take(order.store, (basket.window_start, basket.window_end), load, at=at)
    wanted = stock.sum_by_product(lines)
    if basket.hold_id is not None:
        holds.use(basket.hold_id, store_id=order.store_id, products=set(wanted), at=at, actor=actor)
    stock.reserve(wanted, steps.because_of(order, at, actor))


def sum_by_sku(lines: Iterable[BasketLine]) -> dict[str, Decimal]:
    """Return how much of each SKU all lines together ask for."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.sku] += line.quantity
    return dict(sums)


def _check(store: Store, basket: Basket, at: datetime) -> None:
    if not store.is_open:
        raise StoreClosedError(f"store {store.code} takes no orders at present")
    if not basket.window_start < basket.window_end or basket.window_end <= at:
        raise WindowPassedError("the pickup window must end after it starts, and in the future")


def _know_customer(facts: CustomerFacts, store: Store) -> Customer:
    """Write down what is known of the customer now, and return all that is known."""
    known = {
        field: value
        for field in ("first_name", "last_name", "email", "phone", "language")
        if (value := getattr(facts, field))
    }
    customer = Customer(external_id=facts.external_id, **({"language": store.language} | known))
    Customer.objects.bulk_create(
        [customer], update_conflicts=True, unique_fields=["external_id"], update_fields=list(known)
    )
    if len(known) < 5:  # the rest may be known from an order before
        customer.refresh_from_db()
    return customer


def _create(
    store: Store,
    customer: Customer,
    basket: Basket,
    products: dict[str, Product],
    at: datetime,
) -> Order:
    order = Order(
        store=store,
        number=basket.number,
        customer=customer,
        vehicle=vehicles.know(basket.vehicle, customer, at),
        language=basket.customer.language or customer.language,
        placed_at=at,
        status_changed_at=at,
        window_start=basket.window_start,
        window_end=basket.window_end,
        total_minor=sum(get_price(products[line.sku].price_minor, line.quantity) for line in basket.lines),
        pickup_code=draw_code(PICKUP_CODE_LENGTH),
        promo_codes=list(basket.promo_codes),
        revision=1,
    )
    keeping.plan(order, at=at)
    save_with_code(order)
    return order


def save_with_code(order: Order) -> None:
    """
    Save a new order, or one that is new to its store, under a board code that no other has there.

    :raises OrderNumberTakenError: if the store has its number already.
    """
    # Another order may draw the same board code at the same moment and neither sees the other's: the
    # unique key decides, and who comes second draws again.
    others = Order.objects.filter(store_id=order.store_id).exclude(pk=order.pk)
    order.code = order.code or draw_code(BOARD_CODE_LENGTH)
    while not _save(order):
        if others.filter(number=order.number).exists():
            raise OrderNumberTakenError(f"store {order.store.code} already has order {order.number}")
        used = set(others.filter(status__in=OPEN).values_list("code", flat=True))
        while order.code in used:
            order.code = draw_code(BOARD_CODE_LENGTH)


def _save(order: Order) -> bool:
    """Save, and return whether the unique keys allowed it."""
    if order._state.adding:  # noqa: SLF001  # public by Django's word
        return insert_once(order)
    try:
        with transaction.atomic():
            order.save()
    except IntegrityError as error:
        if not any(key in str(error) for key in ("order_number_once_per_store", "order_code_once_open")):
            raise
        return False
    return True


def draw_code(length: int) -> str:
    """Return random characters that are not mistaken for each other."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))


def make_lines(order: Order, lines: Sequence[BasketLine], products: dict[str, Product]) -> list[OrderLine]:
    """Return unsaved lines at today's prices."""
    return [
        OrderLine(
            order=order,
            product=products[line.sku],
            quantity=line.quantity,
            price_minor=products[line.sku].price_minor,
            wave=get_wave(products[line.sku].zone),
        )
        for line in lines
    ]

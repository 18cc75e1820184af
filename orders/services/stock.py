"""Stock: one truth per store and product, taken by one statement and explained by a ledger."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from bopis.errors import DomainError
from orders.models import Order, OrderLine, Product, StockLevel, StockMovement

Kind = StockMovement.Kind


@dataclass(frozen=True)
class Shortfall:
    """One product of a basket of which the store has too little to promise."""

    sku: str
    wanted: Decimal
    available: Decimal


@dataclass(frozen=True)
class Cause:
    """Why stock moves: for which order, when, and by whose hand; what its ledger rows say."""

    order: Order
    at: datetime
    actor: str


class OutOfStockError(DomainError):
    """The store cannot promise every line of the order; nothing was reserved."""

    code = "out-of-stock"

    def __init__(self, shortfalls: list[Shortfall]) -> None:
        lines = [{"sku": s.sku, "wanted": str(s.wanted), "available": str(s.available)} for s in shortfalls]
        super().__init__("too little stock for: " + ", ".join(s.sku for s in shortfalls), lines=lines)


# The rows are locked in the order of their ids, so that two baskets with the
# same products never wait for each other in a circle; the update then takes
# from each row only what is still available to it. Under READ COMMITTED both
# parts see the newest committed version of a row that another buyer just left.
_RESERVE = """
WITH wanted AS (
    SELECT * FROM unnest(%(products)s::bigint[], %(quantities)s::numeric[]) AS w(product_id, quantity)
), locked AS (
    SELECT stock.id, wanted.quantity
    FROM orders_stocklevel AS stock JOIN wanted USING (product_id)
    WHERE stock.store_id = %(store)s
    ORDER BY stock.id
    FOR UPDATE OF stock
)
UPDATE orders_stocklevel AS stock
SET reserved = stock.reserved + locked.quantity
FROM locked
WHERE stock.id = locked.id
  AND stock.on_hand - stock.reserved - stock.safety_stock >= locked.quantity
RETURNING stock.product_id
"""


def reserve(lines: Iterable[OrderLine], cause: Cause) -> None:
    """
    Promise stock to an order's lines, all or none; the caller's transaction holds it.

    :raises OutOfStockError: naming every product that falls short.
    """
    wanted = _sum_by_product(lines)
    store_id = cause.order.store_id
    with connection.cursor() as cursor:
        cursor.execute(
            _RESERVE,
            {"store": store_id, "products": list(wanted), "quantities": list(wanted.values())},
        )
        taken = {row[0] for row in cursor.fetchall()}
    if taken != set(wanted):
        missing = {product: wanted[product] for product in wanted if product not in taken}
        raise OutOfStockError(_get_shortfalls(store_id, missing))
    StockMovement.objects.bulk_create(
        _movement(cause, Kind.RESERVE, product_id, Decimal(0), quantity)
        for product_id, quantity in wanted.items()
    )


def release(lines: Iterable[OrderLine], cause: Cause) -> None:
    """Give back what the lines had reserved; the caller sees to it that this happens once."""
    _change(lines, cause, Kind.RELEASE, on_hand_sign=0, reserved_sign=-1)


def consume(lines: Iterable[OrderLine], cause: Cause) -> None:
    """Take handed-over goods out of the shop: on hand and reserved fall together."""
    _change(lines, cause, Kind.CONSUME, on_hand_sign=-1, reserved_sign=-1)


def put_back(lines: Iterable[OrderLine], cause: Cause) -> None:
    """Undo `consume` after a voided handover: on hand and reserved rise together."""
    _change(lines, cause, Kind.RETURN, on_hand_sign=+1, reserved_sign=+1)


@transaction.atomic
def set_level(
    *,
    store_id: int,
    product_id: int,
    on_hand: Decimal,
    safety_stock: Decimal | None,
    at: datetime,
    actor: str,
) -> StockLevel:
    """
    Write down how many units the shop has, as the retailer's system counted them.

    A count is a fact and never refused: where it falls below what is promised,
    the difference becomes a deficit. A repeat changes nothing but `counted_at`.
    """
    StockLevel.objects.bulk_create(
        [StockLevel(store_id=store_id, product_id=product_id)], ignore_conflicts=True
    )
    level = StockLevel.objects.select_for_update().get(store_id=store_id, product_id=product_id)
    change = on_hand - level.on_hand
    level.on_hand = on_hand
    level.deficit = max(Decimal(0), level.reserved - on_hand)
    level.safety_stock = level.safety_stock if safety_stock is None else safety_stock
    level.counted_at = at
    level.save()
    if change:
        StockMovement.objects.create(
            store_id=store_id,
            product_id=product_id,
            kind=Kind.SET,
            on_hand_change=change,
            occurred_at=at,
            actor=actor,
        )
    return level


def _change(
    lines: Iterable[OrderLine], cause: Cause, kind: Kind, *, on_hand_sign: int, reserved_sign: int
) -> None:
    quantities = _sum_by_product(lines)
    levels = StockLevel.objects.select_for_update().filter(
        store_id=cause.order.store_id, product_id__in=quantities
    )
    movements = []
    for level in levels.order_by("pk"):
        quantity = quantities[level.product_id]
        # Goods that were in the bag although the count said otherwise take on
        # hand to zero, not below: the ledger holds what really changed.
        on_hand = max(Decimal(0), level.on_hand + on_hand_sign * quantity)
        change = on_hand - level.on_hand
        movements.append(_movement(cause, kind, level.product_id, change, reserved_sign * quantity))
        level.on_hand = on_hand
        level.reserved += reserved_sign * quantity
        level.deficit = max(Decimal(0), level.reserved - level.on_hand)
        level.save(update_fields=["on_hand", "reserved", "deficit"])
    StockMovement.objects.bulk_create(movements)


def _movement(
    cause: Cause, kind: Kind, product_id: int, on_hand_change: Decimal, reserved_change: Decimal
) -> StockMovement:
    return StockMovement(
        store_id=cause.order.store_id,
        product_id=product_id,
        kind=kind,
        on_hand_change=on_hand_change,
        reserved_change=reserved_change,
        order=cause.order,
        occurred_at=cause.at,
        actor=cause.actor,
    )


def _sum_by_product(lines: Iterable[OrderLine]) -> dict[int, Decimal]:
    sums: defaultdict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.product_id] += line.quantity
    return dict(sums)


def _get_shortfalls(store_id: int, missing: Mapping[int, Decimal]) -> list[Shortfall]:
    levels = {
        level.product_id: level.on_hand - level.reserved - level.safety_stock
        for level in StockLevel.objects.filter(store_id=store_id, product_id__in=missing)
    }
    skus = dict(Product.objects.filter(pk__in=missing).values_list("pk", "sku"))
    return sorted(
        (
            Shortfall(skus[product], wanted, max(Decimal(0), levels.get(product, Decimal(0))))
            for product, wanted in missing.items()
        ),
        key=lambda shortfall: shortfall.sku,
    )

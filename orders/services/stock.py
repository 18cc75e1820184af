"""Stock: one truth per store and product, taken by one statement and explained by a ledger."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db import connection

from bopis.errors import DomainError
from orders.models import Hold, Order, Product, StockFact, StockLevel, StockMovement, Transfer

Kind = StockMovement.Kind
Quantities = Mapping[int, Decimal]
"""Quantity by product id."""


class HasQuantity(Protocol):
    """An order line or a hold line."""

    product_id: int
    quantity: Decimal


@dataclass(frozen=True)
class Shortfall:
    """One product of a basket of which the store has too little to promise."""

    sku: str
    wanted: Decimal
    available: Decimal


@dataclass(frozen=True)
class Cause:
    """Why stock moves: where, when, by whose hand and for what; what its ledger rows say."""

    store_id: int
    at: datetime
    actor: str
    order: Order | None = None
    hold: Hold | None = None
    fact: StockFact | None = None
    transfer: Transfer | None = None


class OutOfStockError(DomainError):
    """The store cannot promise every line of the basket; nothing was reserved."""

    code = "out-of-stock"

    def __init__(self, shortfalls: list[Shortfall]) -> None:
        lines = [{"sku": s.sku, "wanted": str(s.wanted), "available": str(s.available)} for s in shortfalls]
        super().__init__("too little stock for: " + ", ".join(s.sku for s in shortfalls), lines=lines)


# The rows are locked in the order of their ids, so that two baskets with the
# same products never wait for each other in a circle; the update then takes
# from each row only what is still available to it. Under READ COMMITTED both
# parts see the newest committed version of a row that another buyer just left.
# The ledger's rows go with it: a second statement would keep the rows locked
# for a round trip more.
RESERVE = """
WITH wanted AS (
    SELECT * FROM unnest(%(products)s::bigint[], %(quantities)s::numeric[]) AS w(product_id, quantity)
), locked AS (
    SELECT stock.id, wanted.quantity
    FROM orders_stocklevel AS stock JOIN wanted USING (product_id)
    WHERE stock.store_id = %(store)s::bigint
    ORDER BY stock.id
    FOR UPDATE OF stock
), taken AS (
    UPDATE orders_stocklevel AS stock
    SET reserved = stock.reserved + locked.quantity
    FROM locked
    WHERE stock.id = locked.id
      AND stock.on_hand - stock.reserved - stock.safety_stock >= locked.quantity
    RETURNING stock.product_id, locked.quantity
)
INSERT INTO orders_stockmovement (store_id, product_id, kind, on_hand_change, reserved_change,
                                  order_id, hold_id, fact_id, transfer_id, occurred_at, actor)
SELECT %(store)s::bigint, product_id, 'RESERVE', 0, quantity, %(order)s::bigint, %(hold)s::bigint,
       %(fact)s::bigint, %(transfer)s::bigint, %(at)s::timestamptz, %(actor)s::text
FROM taken
RETURNING product_id
"""


def sum_by_product(lines: Iterable[HasQuantity]) -> dict[int, Decimal]:
    """Return how much of each product the lines are about."""
    sums: defaultdict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.product_id] += line.quantity
    return dict(sums)


def lock(store_id: int, product_ids: Iterable[int]) -> None:
    """
    Lock stock rows in the order of their ids.

    For a step that takes some products and gives others back: two such steps
    would else wait for each other in a circle.
    """
    lock_at({store_id}, product_ids)


def lock_at(store_ids: Iterable[int], product_ids: Iterable[int]) -> None:
    """Lock the products' rows at several stores, in the order of their ids; see `lock`."""
    rows = StockLevel.objects.select_for_update().filter(
        store_id__in=set(store_ids), product_id__in=set(product_ids)
    )
    list(rows.order_by("pk").values_list("pk"))


def reserve(wanted: Quantities, cause: Cause) -> None:
    """
    Promise stock, all or none; the caller's transaction holds it.

    :raises OutOfStockError: naming every product that falls short.
    """
    values: dict[str, Any] = {
        "store": cause.store_id,
        "products": list(wanted),
        "quantities": list(wanted.values()),
    }
    about = {"order": cause.order, "hold": cause.hold, "fact": cause.fact, "transfer": cause.transfer}
    why = {name: row and row.pk for name, row in about.items()}
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, values | why | {"at": cause.at, "actor": cause.actor})
        taken = {row[0] for row in cursor.fetchall()}
    if taken != set(wanted):
        missing = {product: wanted[product] for product in wanted if product not in taken}
        raise OutOfStockError(_get_shortfalls(cause.store_id, missing))


def release(quantities: Quantities, cause: Cause) -> None:
    """Give back what was reserved; the caller sees to it that this happens once."""
    _change(quantities, cause, Kind.RELEASE, on_hand_sign=0, reserved_sign=-1)


def consume(quantities: Quantities, cause: Cause) -> None:
    """Take handed-over goods out of the shop: on hand and reserved fall together."""
    _change(quantities, cause, Kind.CONSUME, on_hand_sign=-1, reserved_sign=-1)


def send(quantities: Quantities, cause: Cause) -> None:
    """Give promised goods to another store: on hand and reserved fall together."""
    _change(quantities, cause, Kind.TRANSFER_OUT, on_hand_sign=-1, reserved_sign=-1)


def put_back(quantities: Quantities, cause: Cause) -> None:
    """Undo `consume` after a voided handover: on hand and reserved rise together."""
    _change(quantities, cause, Kind.RETURN, on_hand_sign=+1, reserved_sign=+1)


def waste(quantities: Quantities, cause: Cause) -> None:
    """Throw promised goods away: on hand and reserved fall together."""
    _change(quantities, cause, Kind.WASTE, on_hand_sign=-1, reserved_sign=-1)


def restock(quantities: Quantities, cause: Cause) -> None:
    """Take goods that a customer brought back onto the shelf: on hand rises."""
    _change(quantities, cause, Kind.RESTOCK, on_hand_sign=+1, reserved_sign=0)


def throw_away(quantities: Quantities, cause: Cause) -> None:
    """Throw away goods that nobody has a promise of any more: on hand falls, as by a fact."""
    _change(quantities, cause, Kind.WASTE, on_hand_sign=-1, reserved_sign=0)


def lock_level(store_id: int, product_id: int) -> StockLevel:
    """Return one stock row under its lock, made empty on first use."""
    return lock_levels(store_id, {product_id})[product_id]


def lock_levels(store_id: int, product_ids: Iterable[int]) -> dict[int, StockLevel]:
    """Return stock rows by product under their locks, in the order of `lock`, made empty on first use."""
    wanted = sorted(set(product_ids))  # sorted, for those who make the same rows at the same time
    StockLevel.objects.bulk_create(
        [StockLevel(store_id=store_id, product_id=product_id) for product_id in wanted],
        ignore_conflicts=True,
    )
    rows = StockLevel.objects.select_for_update().filter(store_id=store_id, product_id__in=wanted)
    return {level.product_id: level for level in rows.order_by("pk")}


def set_on_hand(level: StockLevel, on_hand: Decimal, kind: Kind, cause: Cause) -> None:
    """
    Change what is on the shelf, and save; a fall below what is promised becomes the deficit.

    The caller holds the row's lock.
    """
    change = on_hand - level.on_hand
    level.on_hand = on_hand
    level.deficit = max(Decimal(0), level.reserved - on_hand)
    level.save(update_fields=["on_hand", "deficit", "counted_at", "safety_stock"])
    if change:
        make_movement(cause, kind, level.product_id, on_hand_change=change).save()


def make_movement(
    cause: Cause,
    kind: Kind,
    product_id: int,
    *,
    on_hand_change: Decimal = Decimal(0),
    reserved_change: Decimal = Decimal(0),
) -> StockMovement:
    """Return an unsaved ledger row."""
    return StockMovement(
        store_id=cause.store_id,
        product_id=product_id,
        kind=kind,
        on_hand_change=on_hand_change,
        reserved_change=reserved_change,
        order=cause.order,
        hold=cause.hold,
        fact=cause.fact,
        transfer=cause.transfer,
        occurred_at=cause.at,
        actor=cause.actor,
    )


def _change(
    quantities: Quantities, cause: Cause, kind: Kind, *, on_hand_sign: int, reserved_sign: int
) -> None:
    levels = StockLevel.objects.select_for_update().filter(store_id=cause.store_id, product_id__in=quantities)
    movements = []
    for level in levels.order_by("pk"):
        quantity = quantities[level.product_id]
        # Goods that were in the bag although the count said otherwise take on
        # hand to zero, not below: the ledger holds what really changed.
        on_hand = max(Decimal(0), level.on_hand + on_hand_sign * quantity)
        movements.append(
            make_movement(
                cause,
                kind,
                level.product_id,
                on_hand_change=on_hand - level.on_hand,
                reserved_change=reserved_sign * quantity,
            )
        )
        level.on_hand = on_hand
        level.reserved += reserved_sign * quantity
        level.deficit = max(Decimal(0), level.reserved - level.on_hand)
        level.save(update_fields=["on_hand", "reserved", "deficit"])
    StockMovement.objects.bulk_create(movements)


def _get_shortfalls(store_id: int, missing: Quantities) -> list[Shortfall]:
    levels = {
        level.product_id: level.available
        for level in StockLevel.objects.filter(store_id=store_id, product_id__in=missing)
    }
    skus = dict(Product.objects.filter(pk__in=missing).values_list("pk", "sku"))
    return sorted(
        (
            Shortfall(skus[product], wanted, levels.get(product, Decimal(0)))
            for product, wanted in missing.items()
        ),
        key=lambda shortfall: shortfall.sku,
    )

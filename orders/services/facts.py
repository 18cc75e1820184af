"""What tills and counts say: facts, never refused, taken in once and in any order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from bopis.errors import InvalidError
from orders.models import Product, StockFact, StockLevel, StockMovement
from orders.services import exceptions, freshness, safety, stock

Kind = StockFact.Kind
SIGNS = {Kind.SALE: -1, Kind.WASTE: -1, Kind.REFUND: +1, Kind.RECEIPT: +1}
AHEAD = timedelta(minutes=5)  # how far a till's clock may be before ours


@dataclass(frozen=True)
class Fact:
    """
    One message of a till or a count.

    :ivar sequence: the source's own running number, which makes a repeat harmless.
    :ivar quantity: how much was sold, returned, received or thrown away; for a COUNT, what is there.
    :ivar occurred_at: by the source's clock; a fact before the shelf's last count is in that count.
    """

    sequence: int
    sku: str
    kind: str
    quantity: Decimal
    occurred_at: datetime


@dataclass(frozen=True)
class Receipt:
    """What became of one fact: "applied", "repeated", "superseded" or "unknown-sku"."""

    sequence: int
    outcome: str


@transaction.atomic
def record(*, store_id: int, source: str, facts: Sequence[Fact], at: datetime, actor: str) -> list[Receipt]:
    """
    Take in a batch of facts of one source; each exactly once, however often it is sent.

    Stock rows are locked in the order of their ids, so batches of several tills
    pass each other. Units that were promised and are gone become the level's
    deficit, with an exception for the store's people.

    :raises InvalidError: if a fact is from the future; nothing of the batch is then taken.
    """
    if ahead := [fact.sequence for fact in facts if fact.occurred_at > at + AHEAD]:
        raise InvalidError("these facts are from the future", sequences=ahead)
    products = {p.sku: p for p in Product.objects.filter(sku__in={fact.sku for fact in facts})}
    freshness.note_heard(store_id, at=at)
    levels = stock.lock_levels(store_id, {product.pk for product in products.values()})
    cause = stock.Cause(store_id, at, actor)
    receipts = [_take(fact, source, products.get(fact.sku), levels, cause) for fact in facts]
    if counted := {
        products[fact.sku].pk for fact in facts if fact.kind == Kind.COUNT and fact.sku in products
    }:
        safety.refresh_levels([levels[product_id].pk for product_id in counted], at=at)
    return receipts


def _take(
    fact: Fact, source: str, product: Product | None, levels: Mapping[int, StockLevel], cause: stock.Cause
) -> Receipt:
    if product is None:
        return Receipt(fact.sequence, "unknown-sku")
    level = levels[product.pk]
    is_old = level.counted_at is not None and fact.occurred_at <= level.counted_at
    row, is_new = StockFact.objects.get_or_create(
        store_id=cause.store_id,
        source=source,
        sequence=fact.sequence,
        defaults={
            "product": product,
            "kind": fact.kind,
            "quantity": fact.quantity,
            "occurred_at": fact.occurred_at,
            "received_at": cause.at,
            "is_superseded": is_old,
        },
    )
    if not is_new:
        return Receipt(fact.sequence, "repeated")
    if is_old:
        return Receipt(fact.sequence, "superseded")
    _apply(row, level, cause)
    return Receipt(fact.sequence, "applied")


def _apply(row: StockFact, level: StockLevel, cause: stock.Cause) -> None:
    on_hand = row.quantity
    if row.kind == Kind.COUNT:
        level.counted_at = row.occurred_at
    else:
        # More sold than was counted: the count was wrong, and zero is the truth we know.
        on_hand = max(Decimal(0), level.on_hand + SIGNS[Kind(row.kind)] * row.quantity)
    why = stock.Cause(cause.store_id, cause.at, cause.actor, fact=row)
    stock.set_on_hand(level, on_hand, StockMovement.Kind.FACT, why)
    if level.deficit:
        level_id, at = level.pk, cause.at
        # After the commit: proposing locks orders, and an order is locked before its stock.
        transaction.on_commit(lambda: exceptions.propose_shorts(level_id=level_id, at=at), robust=True)

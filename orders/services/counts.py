"""Levels as the retailer's system counted them."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from orders.models import SafetyRule, StockLevel, StockMovement
from orders.services import freshness, safety, stock


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

    :param safety_stock: becomes the fixed rule of this product here; None leaves the rules alone.
    """
    freshness.note_heard(store_id, at=at)
    level = stock.lock_level(store_id, product_id)
    level.counted_at = at
    stock.set_on_hand(level, on_hand, StockMovement.Kind.SET, stock.Cause(store_id, at, actor))
    if safety_stock is None:
        safety.refresh_levels([level.pk], at=at)
    else:
        scope = safety.Scope(store_id=store_id, product_id=product_id)
        safety.put_rule(scope, kind=SafetyRule.Kind.FIXED, amount=safety_stock, at=at, actor=actor)
    level.refresh_from_db()
    return level

"""Safety stock: rules, and the number that they make of every shelf's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from bopis import audit
from bopis.errors import InvalidError, NotFoundError
from orders.models import SafetyRule, StockLevel

COVER = timedelta(days=28)  # what "sold a day" is measured over: whole weeks, so that weekends count right
BATCH = 500  # rows locked at once by a sweep, which must not keep buyers waiting

Kind = SafetyRule.Kind


class RuleNotFoundError(NotFoundError):
    """No rule has this scope."""

    code = "safety-rule-not-found"


@dataclass(frozen=True)
class Scope:
    """What a rule is about: a product, a category or neither, at one store or (None) at all."""

    store_id: int | None = None
    category_id: int | None = None
    product_id: int | None = None


# For each shelf the most specific of its rules; sold are what tills and handovers
# took within the cover. Pieces are rounded up: half a bottle keeps nothing back.
_EFFECTIVE = """
SELECT level.id,
       CASE WHEN product.unit = 'EACH' THEN ceil(made.amount) ELSE round(made.amount, 3) END AS amount
FROM orders_stocklevel AS level
JOIN orders_product AS product ON product.id = level.product_id
LEFT JOIN LATERAL (
    SELECT rule.kind, rule.amount FROM orders_safetyrule AS rule
    WHERE (rule.store_id IS NULL OR rule.store_id = level.store_id)
      AND (rule.product_id IS NULL OR rule.product_id = level.product_id)
      AND (rule.category_id IS NULL OR rule.category_id = product.category_id)
    ORDER BY rule.product_id IS NULL, rule.category_id IS NULL, rule.store_id IS NULL
    LIMIT 1
) AS rule ON true
LEFT JOIN LATERAL (
    SELECT COALESCE((
        SELECT SUM(fact.quantity) FROM orders_stockfact AS fact
        WHERE fact.store_id = level.store_id AND fact.product_id = level.product_id
          AND fact.kind = 'SALE' AND fact.occurred_at > %(since)s
    ), 0) - COALESCE((
        SELECT SUM(movement.reserved_change) FROM orders_stockmovement AS movement
        WHERE movement.store_id = level.store_id AND movement.product_id = level.product_id
          AND movement.kind IN ('CONSUME', 'RETURN') AND movement.occurred_at > %(since)s
    ), 0) AS quantity
) AS sold ON rule.kind = 'DAYS'
CROSS JOIN LATERAL (
    SELECT CASE rule.kind
        WHEN 'FIXED' THEN rule.amount
        WHEN 'PERCENT' THEN level.on_hand * rule.amount / 100
        WHEN 'DAYS' THEN GREATEST(0, sold.quantity) * rule.amount / %(days)s
        ELSE 0
    END AS amount
) AS made
WHERE (rule.kind IS NOT NULL OR %(clear)s) AND {which}
"""
_BY_SCOPE = """
(%(store)s::bigint IS NULL OR level.store_id = %(store)s)
AND (%(product)s::bigint IS NULL OR level.product_id = %(product)s)
AND (%(category)s::bigint IS NULL OR product.category_id = %(category)s)
"""
_FIND = f"""
SELECT id FROM ({_EFFECTIVE.format(which=_BY_SCOPE)}) AS made JOIN orders_stocklevel USING (id)
WHERE safety_stock <> made.amount
ORDER BY id
"""  # noqa: S608  # both parts are this module's own
_SET = f"""
UPDATE orders_stocklevel AS level SET safety_stock = made.amount
FROM ({_EFFECTIVE.format(which="level.id = ANY(%(levels)s)")}) AS made
WHERE level.id = made.id AND level.safety_stock <> made.amount
"""  # noqa: S608  # both parts are this module's own


def put_rule(scope: Scope, *, kind: str, amount: Decimal, at: datetime, actor: str) -> SafetyRule:
    """
    Set the one rule of a scope, and what it makes of its shelves; a repeat changes nothing.

    :raises InvalidError: for a scope of nothing or of both product and category, or above 100 percent.
    """
    if scope == Scope() or (scope.product_id and scope.category_id):
        raise InvalidError("a rule is about a product, a category or a store", field="store")
    if kind == Kind.PERCENT and amount > 100:
        raise InvalidError("at most 100 percent can be kept back", field="amount")
    with transaction.atomic():
        before = SafetyRule.objects.filter(**vars(scope)).first()
        rule, _ = SafetyRule.objects.update_or_create(
            **vars(scope), defaults={"kind": kind, "amount": amount}
        )
        if before is None or (before.kind, before.amount) != (kind, amount):
            _audit("safety-rule-set", scope, at, actor, kind=kind, amount=f"{amount:f}")
    refresh(scope, at=at, clear=True)
    return rule


def delete_rule(scope: Scope, *, at: datetime, actor: str) -> None:
    """
    Take a rule away; its shelves follow the next that fits, or keep nothing back.

    :raises RuleNotFoundError: if there is none.
    """
    with transaction.atomic():
        deleted, _ = SafetyRule.objects.filter(**vars(scope)).delete()
        if not deleted:
            raise RuleNotFoundError("no rule has this scope")
        _audit("safety-rule-deleted", scope, at, actor)
    refresh(scope, at=at, clear=True)


def refresh(scope: Scope = Scope(), *, at: datetime, clear: bool = False) -> int:
    """
    Set every shelf of a scope to what its rules say; return how many changed.

    Each batch of rows is a transaction of its own, short enough for buyers to wait for.

    :param clear: also shelves without any rule, to zero; else they keep what they have.
    """
    with connection.cursor() as cursor:
        names = {"store": scope.store_id, "product": scope.product_id, "category": scope.category_id}
        cursor.execute(_FIND, _get_parameters(at, clear) | names)
        found = [row[0] for row in cursor.fetchall()]
    for start in range(0, len(found), BATCH):
        refresh_levels(found[start : start + BATCH], at=at, clear=clear)
    return len(found)


@transaction.atomic
def refresh_levels(level_ids: Collection[int], *, at: datetime, clear: bool = False) -> None:
    """Set these shelves to what their rules say, under their locks."""
    list(StockLevel.objects.select_for_update().filter(pk__in=level_ids).order_by("pk").values_list("pk"))
    with connection.cursor() as cursor:
        cursor.execute(_SET, _get_parameters(at, clear) | {"levels": list(level_ids)})


def _get_parameters(at: datetime, clear: bool) -> dict[str, Any]:
    return {"since": at - COVER, "days": COVER.days, "clear": clear}


def _audit(action: str, scope: Scope, at: datetime, actor: str, **data: object) -> None:
    subject = f"product:{scope.product_id} category:{scope.category_id}"
    audit.record(actor=actor, action=action, subject=subject, at=at, store_id=scope.store_id, **data)

"""What was promised and not found: which products a store runs short of, and what would have helped."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from orders.models import OrderLine, Product, StockLevel

PERIOD = timedelta(days=28)
TOP = 20
ENOUGH_FOR = Decimal("0.9")  # of the short lines, had so much more been kept back

SHORT = OrderLine.Status.SHORT


@dataclass(frozen=True)
class Suggestion:
    """
    A product that a store ran short of.

    :ivar lines: of all that were ordered, and `short_lines` of them that were short, `short_units` in all.
    :ivar safety_stock: what is kept back now; `suggested` would have been enough for nine of ten of them.
    """

    sku: str
    name: str
    lines: int
    short_lines: int
    short_units: Decimal
    safety_stock: Decimal
    suggested: Decimal


def suggest(*, store_id: int, since: datetime, limit: int = TOP) -> list[Suggestion]:
    """Return the products with the most short lines of orders placed since then, and what to keep back."""
    lines = OrderLine.objects.filter(order__store=store_id, order__placed_at__gte=since)
    worst = list(
        lines.values("product_id")
        .annotate(
            lines=Count("pk"),
            short=Count("pk", filter=Q(status=SHORT)),
            units=Sum("quantity", filter=Q(status=SHORT)),
        )
        .filter(short__gt=0)
        .order_by("-short", "-units", "product_id")[:limit]
    )
    product_ids = [row["product_id"] for row in worst]
    lacked: defaultdict[int, list[Decimal]] = defaultdict(list)
    short_lines = lines.filter(status=SHORT, product_id__in=product_ids).order_by("quantity")
    for product_id, quantity in short_lines.values_list("product_id", "quantity"):
        lacked[product_id].append(quantity)
    products = Product.objects.in_bulk(product_ids)
    kept = dict(
        StockLevel.objects.filter(store=store_id, product_id__in=product_ids).values_list(
            "product_id", "safety_stock"
        )
    )
    return [
        _suggest(products[row["product_id"]], row, lacked[row["product_id"]], kept.get(row["product_id"]))
        for row in worst
    ]


def _suggest(
    product: Product, row: Mapping[str, Any], lacked: list[Decimal], kept: Decimal | None
) -> Suggestion:
    now = kept or Decimal(0)
    more = lacked[int((ENOUGH_FOR * len(lacked)).to_integral_value(ROUND_UP)) - 1]
    if product.unit == Product.Unit.EACH:
        more = more.to_integral_value(ROUND_UP)
    return Suggestion(
        sku=product.sku,
        name=product.name,
        lines=row["lines"],
        short_lines=row["short"],
        short_units=row["units"],
        safety_stock=now,
        suggested=now + more,
    )

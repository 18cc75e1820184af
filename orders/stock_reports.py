"""What a stock manager looks at: what counts found to differ, and what has run out."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Abs

from orders.models import StockFact, StockLevel, StockMovement

TOP = 200


@dataclass(frozen=True)
class Variance:
    """What the counts of one product found against the books: more (`found`), less (`lost`), in units."""

    sku: str
    name: str
    counts: int
    found: Decimal
    lost: Decimal


@dataclass(frozen=True)
class StockOut:
    """A product on sale that the store cannot promise any of; `deficit` is promised and not there."""

    sku: str
    name: str
    on_hand: Decimal
    reserved: Decimal
    safety_stock: Decimal
    deficit: Decimal


def get_variances(*, store_id: int, since: datetime, until: datetime) -> list[Variance]:
    """Return the products that counts corrected, from `since` until before `until`, the most units first."""
    is_count = Q(kind=StockMovement.Kind.SET) | Q(fact__kind=StockFact.Kind.COUNT)
    rows = (
        StockMovement.objects.filter(is_count, store=store_id, occurred_at__gte=since, occurred_at__lt=until)
        .values("product__sku", "product__name")
        .annotate(
            counts=Count("pk"),
            found=Sum("on_hand_change", filter=Q(on_hand_change__gt=0), default=Decimal(0)),
            lost=-Sum("on_hand_change", filter=Q(on_hand_change__lt=0), default=Decimal(0)),
            off=Sum(Abs("on_hand_change")),
        )
        .order_by("-off", "product__sku")[:TOP]
    )
    return [
        Variance(row["product__sku"], row["product__name"], row["counts"], row["found"], row["lost"])
        for row in rows
    ]


def get_stock_outs(*, store_id: int) -> list[StockOut]:
    """Return what is on sale and cannot be promised now, the largest deficit first."""
    levels = (
        StockLevel.objects.filter(store=store_id, product__is_active=True)
        .filter(on_hand__lte=F("reserved") + F("safety_stock"))
        .select_related("product")
        .order_by("-deficit", "product__sku")[:TOP]
    )
    return [
        StockOut(
            level.product.sku,
            level.product.name,
            level.on_hand,
            level.reserved,
            level.safety_stock,
            level.deficit,
        )
        for level in levels
    ]

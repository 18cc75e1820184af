"""Products and categories as the retailer's systems know them, one by one or by the thousand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from bopis.errors import InvalidError, NotFoundError
from orders.models import Category, Product

MOST_ROWS = 1_000


class CategoryNotFoundError(NotFoundError):
    """No category has this code."""

    code = "category-not-found"


class AttributesInvalidError(InvalidError):
    """The attributes are not what the product's category asks for; `faults` says where."""

    code = "attributes-invalid"


@dataclass(frozen=True)
class ProductFacts:
    """A product as the integrator sends it; the price in minor units, tax included."""

    name: str
    zone: str
    price_minor: int
    barcode: str = ""
    unit: str = "EACH"
    aisle: str = ""
    shelf: str = ""
    is_active: bool = True
    released_at: datetime | None = None  # a pre-order may not be packed before then
    category: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RowResult:
    """What became of one row of a bulk upsert: "created", "updated" or a refusal's code."""

    sku: str
    outcome: str
    detail: str = ""


@transaction.atomic
def upsert_product(*, sku: str, facts: ProductFacts) -> tuple[Product, bool]:
    """
    Write a product down as it is now; return it, and whether it is new.

    A repeat changes nothing. Orders keep the price they were placed at.

    :raises CategoryNotFoundError: if its category is not known.
    :raises AttributesInvalidError: if its attributes are not what the category asks for.
    """
    values = vars(facts) | {"category": _get_category(facts), "attributes": dict(facts.attributes)}
    return Product.objects.update_or_create(sku=sku, defaults=values)


def upsert_products(rows: Sequence[tuple[str, ProductFacts]]) -> list[RowResult]:
    """
    Write many products down, each for itself: a bad row changes nothing and stops no other.

    :raises InvalidError: for more than a thousand rows; none is then taken.
    """
    if len(rows) > MOST_ROWS:
        raise InvalidError(f"at most {MOST_ROWS} products at once")
    return [_upsert_row(sku, facts) for sku, facts in rows]


@transaction.atomic
def upsert_category(*, code: str, values: Mapping[str, Any]) -> tuple[Category, bool]:
    """
    Write a category down; a repeat changes nothing.

    Its products are not judged again: they are when they are next written.
    """
    return Category.objects.update_or_create(code=code, defaults=dict(values))


def _upsert_row(sku: str, facts: ProductFacts) -> RowResult:
    try:
        _, is_new = upsert_product(sku=sku, facts=facts)
    except (CategoryNotFoundError, AttributesInvalidError) as error:
        return RowResult(sku, error.code, error.detail)
    return RowResult(sku, "created" if is_new else "updated")


def _get_category(facts: ProductFacts) -> Category | None:
    if not facts.category:
        if facts.attributes:
            raise AttributesInvalidError("attributes need a category that says what they are", faults=[])
        return None
    category = Category.objects.filter(code=facts.category).first()
    if category is None:
        raise CategoryNotFoundError(f"no category {facts.category}")
    if faults := category.find_faults(dict(facts.attributes)):
        raise AttributesInvalidError("; ".join(faults[:5]), faults=faults)
    return category

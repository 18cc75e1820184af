"""Products as the retailer's systems know them."""

from dataclasses import asdict, dataclass

from django.db import transaction

from orders.models import Product


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


@transaction.atomic
def upsert_product(*, sku: str, facts: ProductFacts) -> tuple[Product, bool]:
    """
    Write a product down as it is now; return it, and whether it is new.

    A repeat changes nothing. Orders keep the price they were placed at.
    """
    return Product.objects.update_or_create(sku=sku, defaults=asdict(facts))

"""What a handover must check, by the categories of what is given."""

from collections.abc import Iterable

from orders.models import OrderLine

IDENTITY = "identity"  # the name and date of birth of who collects
PRESCRIPTION = "prescription"  # a pharmacist of the store has released it


def get_needs(lines: Iterable[OrderLine]) -> list[str]:
    """Return the checks by name: "age-18" (the highest of all), "identity", "prescription"."""
    categories = [line.product.category for line in lines if line.product.category is not None]
    ages = [category.min_age for category in categories if category.min_age]
    needs = [f"age-{max(ages)}"] if ages else []
    if any(category.needs_identity or category.is_prescription for category in categories):
        needs.append(IDENTITY)
    if any(category.is_prescription for category in categories):
        needs.append(PRESCRIPTION)
    return needs

"""Prices of quantities. Pure arithmetic in integer minor units."""

from decimal import ROUND_HALF_UP, Decimal


def get_price(price_minor: int, quantity: Decimal) -> int:
    """Return the price of a quantity in minor units, rounded half up as at a till."""
    return int((price_minor * quantity).quantize(Decimal(1), rounding=ROUND_HALF_UP))

"""Pre-orders: what is not out yet may be ordered, but neither packed nor given away."""

from collections.abc import Iterable
from datetime import datetime
from typing import NoReturn

from django.db.models import Max

from bopis.errors import DomainError
from orders.models import Order, Product
from orders.models.lines import NEVER_GIVEN


class NotReleasedError(DomainError):
    """Something in the order is not out yet; `released_at` says when it is."""

    code = "not-released"


def get_release(products: Iterable[Product]) -> datetime | None:
    """Return when the last of the products comes out; None if all of them are out."""
    return max((product.released_at for product in products if product.released_at), default=None)


def get_release_of(order: Order) -> datetime | None:
    """Return when everything in an order is out, as the catalog says now."""
    live = order.lines.exclude(status__in=NEVER_GIVEN)
    last: datetime | None = live.aggregate(last=Max("product__released_at"))["last"]
    return last


def check_window(products: Iterable[Product], window_end: datetime) -> None:
    """
    Refuse a pickup window that is over before everything is out.

    :raises NotReleasedError: saying when it is.
    """
    check_end(get_release(products), window_end)


def require_released(order: Order, *, at: datetime) -> None:
    """
    Let nobody pack what is not out yet.

    :raises NotReleasedError: saying when it is.
    """
    released_at = get_release_of(order)
    if released_at is not None and at < released_at:
        _refuse(released_at)


def check_end(released_at: datetime | None, window_end: datetime) -> None:
    """
    Refuse a pickup window that leaves no time after the release.

    :raises NotReleasedError: saying when it is.
    """
    if released_at is not None and window_end <= released_at:
        _refuse(released_at)


def _refuse(released_at: datetime) -> NoReturn:
    raise NotReleasedError("something in the order is not out yet", released_at=released_at.isoformat())

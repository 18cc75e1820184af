"""Holds: units kept for a checkout for some minutes, so that paying is not a race."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from bopis.errors import DomainError, InvalidError, NotFoundError
from orders.models import Hold, HoldLine, Price, Product, Store
from orders.services import stock

LONGEST = timedelta(minutes=30)  # a hold is not a reservation
MOST_UNITS = Decimal(500)  # kept by one hold: hoarding costs the other customers

Status = Hold.Status


class HoldNotFoundError(NotFoundError):
    """No such hold, or none of yours."""

    code = "hold-not-found"


class HoldOverError(DomainError):
    """The hold has expired, was released, or was used by an order."""

    code = "hold-over"


class UnknownSkuError(InvalidError):
    """The basket names a product that is not on sale."""

    code = "unknown-sku"


def get_products(quantities: Mapping[str, Decimal], *, store_id: int | None = None) -> dict[str, Product]:
    """
    Return the products of a basket by SKU; with a store, at its prices (in memory: do not save them).

    :raises UnknownSkuError: naming the SKUs that are not on sale.
    :raises InvalidError: if something sold by the piece is asked for in parts.
    """
    here = Price.objects.filter(product=OuterRef("pk"), store=store_id).values("price_minor")
    rows = Product.objects.filter(sku__in=quantities, is_active=True).select_related("category")
    if store_id is not None:
        rows = rows.alias(price_here=Subquery(here)).annotate(
            price_sold_at=Coalesce("price_here", "price_minor")
        )
    products = {product.sku: product for product in rows}
    for product in products.values():
        product.price_minor = getattr(product, "price_sold_at", product.price_minor)
    if unknown := sorted(quantities.keys() - products.keys()):
        raise UnknownSkuError("not on sale: " + ", ".join(unknown), skus=unknown)
    parts = sorted(
        sku
        for sku, quantity in quantities.items()
        if products[sku].unit == Product.Unit.EACH and quantity % 1
    )
    if parts:
        raise InvalidError("sold by the piece only: " + ", ".join(parts), skus=parts)
    return products


@transaction.atomic
def hold(
    *, store_id: int, quantities: Mapping[str, Decimal], length: timedelta, at: datetime, actor: str
) -> Hold:
    """
    Keep a basket for a checkout, all of it or nothing.

    :param quantities: by SKU, in the product's unit.
    :raises InvalidError: if it is for longer than 30 minutes, or for more than 500 units.
    :raises UnknownSkuError: naming the SKUs that are not on sale.
    :raises OutOfStockError: naming the products that fall short.
    """
    if not timedelta(0) < length <= LONGEST:
        raise InvalidError("a hold lasts at most 30 minutes", field="seconds")
    if sum(quantities.values()) > MOST_UNITS:
        raise InvalidError("a hold keeps at most 500 units", field="lines")
    products = get_products(quantities)
    made = Hold.objects.create(
        store=Store.objects.get(pk=store_id), created_at=at, expires_at=at + length, actor=actor
    )
    HoldLine.objects.bulk_create(
        HoldLine(hold=made, product=products[sku], quantity=quantity) for sku, quantity in quantities.items()
    )
    wanted = {products[sku].pk: quantity for sku, quantity in quantities.items()}
    stock.reserve(wanted, stock.Cause(store_id, at, actor, hold=made))
    return made


@transaction.atomic
def release(*, public_id: uuid.UUID, store_ids: list[int] | None, at: datetime, actor: str) -> Hold:
    """
    Give a hold up. A repeat, or one that has expired, changes nothing.

    :raises HoldNotFoundError: if there is none at these stores (None: all).
    :raises HoldOverError: if an order has used it.
    """
    held = _lock(public_id, store_ids)
    if held.status == Status.USED:
        raise HoldOverError("an order has used this hold")
    if held.status == Status.ACTIVE:
        _end(held, Status.RELEASED, at, actor)
    return held


def use(public_id: uuid.UUID, *, store_id: int, products: set[int], at: datetime, actor: str) -> None:
    """
    Free a hold's units for the order that is placed in the caller's transaction.

    The stock rows of hold and order stay locked until its commit, so nobody
    takes the units in between.

    :param products: ids of the products that the order wants.
    :raises HoldNotFoundError: if the store has none.
    :raises HoldOverError: if it is no longer active, or its time is over.
    """
    held = _lock(public_id, [store_id])
    if held.status != Status.ACTIVE or held.expires_at <= at:
        raise HoldOverError("the hold is over: ask for the stock again")
    stock.lock(store_id, products | set(held.lines.values_list("product_id", flat=True)))
    _end(held, Status.USED, at, actor)


def expire_due(*, at: datetime, limit: int = 500) -> int:
    """
    End the holds whose time is over, and return how many; safe to run twice at once.
    """
    due = Hold.objects.filter(status=Status.ACTIVE, expires_at__lte=at).order_by("expires_at", "pk")
    return sum(_expire(public_id, at) for public_id in due.values_list("public_id", flat=True)[:limit])


@transaction.atomic
def _expire(public_id: uuid.UUID, at: datetime) -> bool:
    held = _lock(public_id, None)
    if held.status != Status.ACTIVE:
        return False
    _end(held, Status.EXPIRED, at, "system")
    return True


def _lock(public_id: uuid.UUID, store_ids: list[int] | None) -> Hold:
    holds = Hold.objects.select_for_update().filter(public_id=public_id)
    held = (holds if store_ids is None else holds.filter(store_id__in=store_ids)).first()
    if held is None:
        raise HoldNotFoundError("no such hold")
    return held


def _end(held: Hold, status: Hold.Status, at: datetime, actor: str) -> None:
    held.status = status
    held.save(update_fields=["status"])
    cause = stock.Cause(held.store_id, at, actor, hold=held)
    stock.release(stock.sum_by_product(held.lines.all()), cause)

"""More for an order that nobody has begun to pack."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from orders import queries
from orders.models import Order, OrderLine
from orders.services import (
    closing,
    holding,
    holds,
    payments,
    placing,
    preorders,
    slots,
    steps,
    stock,
    waves,
)


@transaction.atomic
def add_lines(*, order_id: int, lines: Sequence[placing.BasketLine], at: datetime, actor: str) -> Order:
    """
    Add lines at today's prices: all of them or none. Every call adds.

    :raises TooLateError: if packing has begun, or the order is closed.
    :raises OnHoldError: if the order is on hold.
    :raises UnknownSkuError: naming the SKUs that are not on sale.
    :raises NotReleasedError: if something of it comes out only after the pickup window.
    :raises SlotFullError: if the order's slot cannot bear more.
    :raises OutOfStockError: naming the products that fall short.
    :raises AuthorizationTooSmallError: if less was authorized than the order would cost.
    """
    order = steps.lock_order(order_id)
    closing.require_untouched(order)
    holding.require_free(order)
    products = holds.get_products(placing.sum_by_sku(lines), store_id=order.store_id)
    preorders.check_window(products.values(), order.window_end)
    before = slots.measure_order(order)
    added = OrderLine.objects.bulk_create(placing.make_lines(order, lines, products))
    slots.grow(order.store, order.window_start, slots.measure_order(order), than=before, at=at)
    stock.reserve(stock.sum_by_product(added), steps.because_of(order, at, actor))
    order.total_minor = queries.get_total(order)
    payments.require_cover(order)
    waves.add(order, added, at)
    steps.log(order, "lines-added", at=at, actor=actor, lines=len(added), total_minor=order.total_minor)
    steps.save(order, "total_minor")
    return order

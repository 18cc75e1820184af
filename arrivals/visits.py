"""The rows of one visit under their locks: its orders, found or joined, and its arrival."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from arrivals.models import Arrival, ArrivalOrder
from bopis.errors import DomainError, NotFoundError
from orders.models import Order
from orders.models.orders import OPEN


class OrderNotFoundError(NotFoundError):
    """No such order."""

    code = "order-not-found"


class OrderClosedError(DomainError):
    """The order was handed over, canceled or has expired: nobody is expected for it."""

    code = "order-closed"


@dataclass
class Visit:
    """An arrival and its open orders, all locked by this transaction."""

    arrival: Arrival
    orders: list[Order]


def lock_orders(order_ids: Iterable[int]) -> dict[int, Order]:
    """
    Lock these orders and every other open order of their customers, at all stores, by rising id.

    What a visit touches besides its own order (orders collected with it, the same customer
    seen at another store) is then locked already: two senses reporting at once take turns.

    :raises OrderNotFoundError: if one of the ids is no order's.
    """
    wanted = set(order_ids)
    customers = Order.objects.filter(pk__in=wanted).values("customer_id")
    chosen = Order.objects.filter(Q(pk__in=wanted) | Q(customer_id__in=customers, status__in=OPEN))
    locked = {order.pk: order for order in chosen.select_for_update(of=("self",)).order_by("pk")}
    if missing := wanted - locked.keys():
        raise OrderNotFoundError(f"no order {min(missing)}")
    return locked


def find_visit(order: Order, locked: dict[int, Order]) -> Visit | None:
    """Return the order's visit, if it has one that is not over."""
    link = ArrivalOrder.objects.filter(order=order, is_open=True).first()
    return _lock(link.arrival_id, locked) if link else None


def join_visit(order: Order, locked: dict[int, Order], *, observed_at: datetime, at: datetime) -> Visit:
    """
    Return the order's visit, opened if need be, with the customer's other orders of that time joined.

    :raises OrderClosedError: if the order is closed.
    """
    if not order.is_open:
        raise OrderClosedError(f"the order is {order.status}", status=order.status)
    together = [order, *(other for other in locked.values() if _is_collected_with(other, order))]
    ids = [one.pk for one in together]
    links = {link.order_id: link for link in ArrivalOrder.objects.filter(order__in=ids, is_open=True)}
    own = links.get(order.pk) or next(iter(sorted(links.values(), key=lambda link: link.arrival_id)), None)
    arrival_id = own.arrival_id if own else _open(order, min(observed_at, at)).pk
    for pk in ids:
        if pk not in links:
            ArrivalOrder.objects.create(arrival_id=arrival_id, order_id=pk, joined_at=at)
    return _lock(arrival_id, locked)


def _open(order: Order, opened_at: datetime) -> Arrival:
    return Arrival.objects.create(store_id=order.store_id, opened_at=opened_at)


def _lock(arrival_id: int, locked: dict[int, Order]) -> Visit:
    arrival = Arrival.objects.select_for_update().get(pk=arrival_id)
    links = arrival.arrival_orders.filter(is_open=True).order_by("order_id")
    return Visit(arrival, [locked[link.order_id] for link in links if link.order_id in locked])


def _is_collected_with(other: Order, order: Order) -> bool:
    """Whether one visit is for both: the same customer, store and time."""
    return (
        other.pk != order.pk
        and other.is_open
        and (other.customer_id, other.store_id) == (order.customer_id, order.store_id)
        and other.window_start <= order.window_end
        and order.window_start <= other.window_end
    )

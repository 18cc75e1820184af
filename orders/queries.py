"""Reads of orders: for the board, for matching, for the doors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Model, Q, QuerySet

from bopis.errors import NotFoundError
from orders import packing_time
from orders.models import Order, OrderLine, Task, Vehicle
from orders.models.lines import NEVER_GIVEN
from orders.models.orders import OPEN
from orders.models.tasks import ON_BOARD
from orders.prices import get_price

# Who may be read by a camera: an order whose window is this near. Customers come
# early and late; beyond it a plate is a neighbour's, not a visit's.
EXPECTED_WITHIN = timedelta(hours=4)
SHOWN_AHEAD = timedelta(hours=2)  # planned orders shown as cards of their own
SHOWN_AFTER = timedelta(minutes=10)  # how long a handed-over order stays on the board


class OrderNotFoundError(NotFoundError):
    """No such order, or none of yours."""

    code = "order-not-found"


@dataclass(frozen=True)
class ExpectedOrder:
    """
    An open order whose customer may come now.

    :ivar plates: the customer's consented plates, decrypted and normalized; keep in memory only.
    """

    order_id: int
    customer_id: int
    plates: tuple[str, ...]
    window_start: datetime
    window_end: datetime
    eta_low_at: datetime | None
    eta_high_at: datetime | None


def get_expected_orders(*, store_id: int, at: datetime) -> list[ExpectedOrder]:
    """
    Return the store's open orders that may be collected about now, nearest window first.

    In range are those whose window begins or ends within four hours of `at`,
    whose customer has said that they come, and those late but still open. Who
    refused the camera is expected without a plate.
    """
    is_near = Q(window_start__lte=at + EXPECTED_WITHIN, window_end__gte=at - EXPECTED_WITHIN)
    orders = list(
        Order.objects.filter(is_near | Q(visit_id__isnull=False), store_id=store_id, status__in=OPEN)
        .only("customer_id", "plate_refused_at", "window_start", "window_end", "eta_low_at", "eta_high_at")
        .order_by("window_start", "pk")
    )
    plates = _get_plates({order.customer_id for order in orders if order.plate_refused_at is None})
    return [
        _expect(order, set() if order.plate_refused_at else plates.get(order.customer_id, set()))
        for order in orders
    ]


def _get_plates(customer_ids: set[int]) -> dict[int, set[str]]:
    """Decrypt the customers' plates, and nothing else of theirs: it is done for every read."""
    plates: dict[int, set[str]] = {}
    for vehicle in Vehicle.objects.filter(customer__in=customer_ids).only("customer_id", "plate"):
        if vehicle.plate:
            plates.setdefault(vehicle.customer_id, set()).add(vehicle.plate)
    return plates


def _expect(order: Order, plates: set[str]) -> ExpectedOrder:
    return ExpectedOrder(
        order_id=order.pk,
        customer_id=order.customer_id,
        plates=tuple(sorted(plates)),
        window_start=order.window_start,
        window_end=order.window_end,
        eta_low_at=order.eta_low_at,
        eta_high_at=order.eta_high_at,
    )


def get_total(order: Order) -> int:
    """Return what the lines that were or can still be handed over cost, in minor units."""
    counted = order.lines.exclude(status__in=NEVER_GIVEN)
    return sum(get_price(line.price_minor, line.quantity) for line in counted)


def get_lines(order: Order) -> Iterable[OrderLine]:
    """Return the order's lines with their products, as they were asked for; from memory if it has them."""
    if "lines" in vars(order).get("_prefetched_objects_cache", ()):
        return order.lines.all()
    return order.lines.select_related("product").order_by("pk")


def get_packing_time(order_id: int) -> timedelta:
    """Return how long the order's fresh wave takes to pack; zero without one."""
    fresh = OrderLine.objects.filter(
        order=order_id, wave=OrderLine.Wave.FRESH, status__in=["RESERVED", "PICKED"]
    )
    return packing_time.get_fresh_time(fresh.count())


def get_order(public_id: str, *, store_ids: Sequence[int] | None) -> Order:
    """
    Return an order by its public id, among these stores (None: all).

    :raises OrderNotFoundError: if there is none there.
    """
    orders = Order.objects.select_related("store", "customer", "vehicle", "spot")
    if store_ids is not None:
        orders = orders.filter(store_id__in=store_ids)
    order = orders.filter(public_id=public_id).first()
    if order is None:
        raise OrderNotFoundError("no such order")
    return order


def get_board_orders(*, store_id: int, at: datetime) -> QuerySet[Order]:
    """
    Return the orders that have a card on the store's board now.

    Each reason for a card is a question with an index of its own: one condition with OR between them
    would read every order that the store ever had.
    """
    of_store = Order.objects.filter(store_id=store_id).order_by()
    is_coming = (
        Q(window_start__lte=at + SHOWN_AHEAD)
        | Q(visit_id__isnull=False)
        | Q(status__in=["PREPARING", "READY"])
    )
    ids, *more = (
        orders.values_list("pk")
        for orders in (
            of_store.filter(is_coming, status__in=OPEN),
            of_store.filter(status__in=OPEN, tasks__status__in=ON_BOARD),
            of_store.filter(status="PICKED_UP", status_changed_at__gte=at - SHOWN_AFTER),
            of_store.filter(tasks__kind="PUT_BACK", tasks__status__in=ON_BOARD),
        )
    )
    found = [pk for (pk,) in ids.union(*more)]
    return with_card_rows(Order.objects.filter(pk__in=found)).order_by("window_start", "pk")


def with_card_rows(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Add what a card shows, in a number of queries that does not grow."""
    return orders.select_related("store", "customer", "vehicle", "spot").prefetch_related(
        "lines__product__category", "tasks__associate", "handovers", "delegates"
    )


def remember(order: Order, **rows: Sequence[Model]) -> None:
    """Let `order.<name>.all()` give rows that are in memory, as a prefetch would have left them."""
    cache: dict[str, object] = {}
    for name, known in rows.items():
        found = getattr(order, name).all()
        found._result_cache, found._prefetch_done = list(known), True  # noqa: SLF001  # Django has no door to it
        cache[name] = found
    vars(order)["_prefetched_objects_cache"] = cache


def get_take_outs(visit_ids: set[int]) -> dict[int, Task]:
    """Return the take-out of each visit."""
    tasks = Task.objects.filter(kind=Task.Kind.TAKE_OUT, visit_id__in=visit_ids).select_related("associate")
    return {task.visit_id: task for task in tasks if task.visit_id is not None}


def count_done(*, store_id: int, since: datetime) -> int:
    """Return how many orders the store has handed over since then."""
    return Order.objects.filter(
        store_id=store_id, status=Order.Status.PICKED_UP, status_changed_at__gte=since
    ).count()

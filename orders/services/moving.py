"""An order that nobody has begun to pack goes to another store, whole or not at all."""

from datetime import datetime

from django.db import transaction

from bopis.errors import InvalidError
from orders import board
from orders.models import Order, Store, Task
from orders.models.tasks import UNFINISHED
from orders.services import closing, holding, keeping, messages, placing, slots, steps, stock, waves


@transaction.atomic
def change_store(
    *,
    order_id: int,
    store_id: int,
    window: tuple[datetime, datetime] | None,
    at: datetime,
    actor: str,
) -> Order:
    """
    Move an order with its reservation: reserved there and released here in one transaction.

    The store that it is at already changes nothing. What was on the way to the old
    store is no longer: the visit ends.

    :param window: another pickup window there; None: the same as before.
    :raises TooLateError: if packing has begun, or the order is closed.
    :raises OnHoldError: if the order is on hold.
    :raises StoreClosedError: if the other store takes no orders.
    :raises InvalidError: if it sells in another currency.
    :raises WindowPassedError: if the window is over.
    :raises NotASlotError: if the other store has slots and the window is none of them.
    :raises SlotFullError: if its slot cannot bear the order.
    :raises OutOfStockError: naming what falls short there; the order stays where it is.
    :raises OrderNumberTakenError: if the other store has its number already.
    """
    order = steps.lock_order(order_id)
    if order.store_id == store_id:
        return order
    closing.require_untouched(order)
    holding.require_free(order)
    old, new = order.store, Store.objects.get(pk=store_id)
    window = window or (order.window_start, order.window_end)
    _check(old, new, window, at)
    _move_slot(order, new, window, at)
    _move_stock(order, new, at, actor)
    closing.end_visit(order, "MOVED", at)
    order.store, (order.window_start, order.window_end) = new, window
    keeping.plan(order, at=at)
    placing.save_with_code(order)
    order.tasks.filter(kind=Task.Kind.FIX, status__in=UNFINISHED).update(
        status=Task.Status.CANCELED, done_at=at
    )
    waves.move(order, at)
    steps.log(order, "store-changed", at=at, actor=actor, before=old.code, after=new.code)
    messages.tell(order, "ORDER_CONFIRMED", at=at, about=f"store:{new.pk}:{order.revision}")
    steps.save(order)
    transaction.on_commit(lambda: board.push_gone(order_id, store_id=old.pk), robust=True)
    return order


def _check(old: Store, new: Store, window: tuple[datetime, datetime], at: datetime) -> None:
    if not new.is_open:
        raise placing.StoreClosedError(f"store {new.code} takes no orders at present")
    if new.currency != old.currency:
        raise InvalidError("the stores sell in different currencies", field="store")
    if not window[0] < window[1] or window[1] <= at:
        raise placing.WindowPassedError("the pickup window must end after it starts, and in the future")


def _move_slot(order: Order, new: Store, window: tuple[datetime, datetime], at: datetime) -> None:
    load = slots.measure_order(order)
    slots.lock([(order.store_id, order.window_start), (new.pk, window[0])])
    slots.take(new, window, load, at=at)
    slots.give_back(order.store_id, order.window_start, load)


def _move_stock(order: Order, new: Store, at: datetime, actor: str) -> None:
    wanted = stock.sum_by_product(line for line in order.lines.all() if line.holds_stock)
    # Both stores' rows in one order: two orders that change places would else wait in a circle.
    stock.lock_at({order.store_id, new.pk}, wanted)
    stock.reserve(wanted, stock.Cause(new.pk, at, actor, order=order))
    stock.release(wanted, steps.because_of(order, at, actor))

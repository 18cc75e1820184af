"""
What arrivals tells of a customer's visit, kept where the board can see it.

None of these steps changes an order's state: where the customer is and what is
packed are different axes.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from orders.models import Order, Task
from orders.services import preorders, steps

Status = Task.Status
MINUTE = timedelta(minutes=1)


@transaction.atomic
def release_fresh_wave(*, order_id: int, trigger: str, due_at: datetime | None, at: datetime) -> Task | None:
    """
    Put the order's fresh wave on the board.

    A repeat only brings `due_at` forward. None if the order has no fresh wave, is
    closed, or is not out yet: its wave then follows by itself when it is.
    """
    order = steps.lock_order(order_id)
    task = order.tasks.filter(kind=Task.Kind.PACK_FRESH).first()
    if task is None or not order.is_open:
        return None
    is_new = task.status == Status.WAITING
    if is_new and _waits_for_release(order, task, at):
        return None
    if is_new:
        queue(order, task, trigger, at)
    is_sooner = due_at is not None and (task.due_at is None or due_at < task.due_at)
    if is_sooner and task.status in {Status.QUEUED, Status.IN_PROGRESS}:
        task.due_at = due_at
    if is_new or is_sooner:
        _save(task)
        steps.save(order)
    return task


def queue(order: Order, task: Task, trigger: str, at: datetime) -> None:
    """Move a waiting task to the board in memory, and write it down; the caller saves."""
    task.move_to(Status.QUEUED)
    task.trigger, task.queued_at = trigger, at
    steps.log(order, "queued", at=at, task=task.kind, trigger=trigger)


@transaction.atomic
def plan_fresh_wave(*, order_id: int, release_at: datetime, due_at: datetime, at: datetime) -> None:
    """
    Say when a waiting fresh wave must begin; one that is due begins at once.

    A later plan replaces an earlier one, but never delays the store's fixed rule.
    """
    order = steps.lock_order(order_id)
    task = order.tasks.filter(kind=Task.Kind.PACK_FRESH, status=Status.WAITING).first()
    if task is None or not order.is_open:
        return
    trigger = Task.Trigger.ETA
    before = order.store.fresh_before_window
    if before is not None and order.window_start - before < release_at:
        release_at, trigger = order.window_start - before, Task.Trigger.RULE
    released_at = preorders.get_release_of(order)
    if released_at is not None and released_at > release_at:
        release_at = released_at
    is_shown_differently = task.release_at is None or abs(task.release_at - release_at) >= MINUTE
    task.release_at, task.due_at, task.trigger = release_at, due_at, trigger
    if release_at <= at:
        queue(order, task, trigger, at)
    task.save()
    if is_shown_differently or task.status == Status.QUEUED:
        steps.save(order)


@transaction.atomic
def customer_on_the_way(*, order_id: int, visit_id: int, at: datetime) -> None:
    """Note that the customer has set out; the first time counts."""
    order = steps.lock_order(order_id)
    if order.customer_on_way_at is None or order.visit_id != visit_id:
        order.visit_id, order.customer_on_way_at = visit_id, at
        steps.log(order, "on-the-way", at=at, visit=visit_id)
        steps.save(order, "visit_id", "customer_on_way_at")


@transaction.atomic
def customer_expected(
    *,
    order_id: int,
    visit_id: int,
    eta_low_at: datetime,
    eta_high_at: datetime,
    at: datetime,
) -> None:
    """Note when the customer will be here, as a band; shown when its minutes change."""
    order = steps.lock_order(order_id)
    before = (order.visit_id, _minute(order.eta_low_at), _minute(order.eta_high_at))
    order.visit_id, order.eta_low_at, order.eta_high_at = (
        visit_id,
        eta_low_at,
        eta_high_at,
    )
    if before != (visit_id, _minute(eta_low_at), _minute(eta_high_at)):
        steps.save(order, "visit_id", "eta_low_at", "eta_high_at")
    else:
        order.save(update_fields=["eta_low_at", "eta_high_at"])


@transaction.atomic
def customer_arrived(
    *,
    order_id: int,
    visit_id: int,
    spot_id: int | None,
    arrived_at: datetime,
    at: datetime,
) -> None:
    """
    Note that the customer is on the lot: the visit's one take-out goes on the board.

    A repeat only changes the spot, and the moment where it is better known now. The
    fresh wave is released by its own call, which knows the trigger.
    """
    order = steps.lock_order(order_id)
    if not order.is_open:
        return
    is_first = order.customer_arrived_at is None or order.visit_id != visit_id
    if not is_first and (order.spot_id, order.customer_arrived_at) == (spot_id, arrived_at):
        return
    order.visit_id, order.customer_arrived_at = visit_id, arrived_at
    if is_first:
        steps.log(order, "customer-arrived", at=at, visit=visit_id)
        _bring_forward(order, arrived_at)
    order.spot_id = spot_id
    _ensure_take_out(order, visit_id, arrived_at, at)
    steps.save(order, "visit_id", "customer_arrived_at", "spot_id")


@transaction.atomic
def customer_left(*, order_id: int, visit_id: int, at: datetime) -> None:
    """
    Forget the visit: the customer went without the goods, or was never here.

    The take-out ends when no order of the visit is left. A repeat changes nothing.
    """
    order = steps.lock_order(order_id)
    if order.visit_id != visit_id:
        return
    order.visit_id = order.customer_on_way_at = order.eta_low_at = order.eta_high_at = None
    order.customer_arrived_at = order.spot_id = None
    order.signals = []
    steps.log(order, "customer-left", at=at, visit=visit_id)
    steps.save(
        order,
        *("visit_id", "customer_on_way_at", "eta_low_at", "eta_high_at"),
        *("customer_arrived_at", "spot_id", "signals"),
    )
    if not Order.objects.filter(visit_id=visit_id).exists():
        Task.objects.filter(
            visit_id=visit_id,
            kind=Task.Kind.TAKE_OUT,
            status__in=[Status.QUEUED, Status.IN_PROGRESS],
        ).update(status=Status.CANCELED, done_at=at)


@transaction.atomic
def choose_camera(*, order_id: int, is_welcome: bool, at: datetime) -> None:
    """
    Note whether the customer lets the cameras look for their plate; a repeat changes nothing.

    A closed order is left as it is.
    """
    order = steps.lock_order(order_id)
    if not order.is_open or is_welcome == (order.plate_refused_at is None):
        return
    order.plate_refused_at = None if is_welcome else at
    steps.log(order, "camera-allowed" if is_welcome else "camera-refused", at=at)
    steps.save(order, "plate_refused_at")


@transaction.atomic
def note_signals(*, order_id: int, visit_id: int, signals: list[dict[str, Any]], at: datetime) -> None:
    """Keep what speaks for the visit, for the card's chips: [{"kind", "confidence", "at"}]."""
    order = steps.lock_order(order_id)
    if (order.visit_id, order.signals) != (visit_id, signals):
        order.visit_id, order.signals = visit_id, signals
        steps.save(order, "visit_id", "signals")


def _waits_for_release(order: Order, task: Task, at: datetime) -> bool:
    released_at = preorders.get_release_of(order)
    if released_at is None or released_at <= at:
        return False
    task.release_at, task.trigger = released_at, Task.Trigger.TIME
    _save(task)
    return True


def _ensure_take_out(order: Order, visit_id: int, arrived_at: datetime, at: datetime) -> None:
    task, is_new = Task.objects.get_or_create(
        visit_id=visit_id,
        kind=Task.Kind.TAKE_OUT,
        defaults={
            "store": order.store,
            "status": Status.QUEUED,
            "queued_at": at,
            "due_at": arrived_at,
        },
    )
    if not is_new and task.status == Status.CANCELED:
        # The visit was taken for a mistake, and is real after all.
        task.move_to(Status.QUEUED)
        task.associate, task.queued_at, task.due_at = None, at, arrived_at
        _save(task)


def _bring_forward(order: Order, arrived_at: datetime) -> None:
    """Whoever is here is served first: their open packing is due now."""
    for task in order.tasks.filter(kind__in=Task.PACKING, status__in=[Status.QUEUED, Status.IN_PROGRESS]):
        if task.due_at is None or task.due_at > arrived_at:
            task.due_at = arrived_at
            _save(task)


def _save(task: Task) -> None:
    task.revision += 1
    task.save()


def _minute(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(second=0, microsecond=0)

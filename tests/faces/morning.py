"""Steps of a morning in the store, taken now: what the browsers of these tests look at."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from arrivals.matching import Candidate
from arrivals.services import record_plate_read
from bopis import clock
from orders.models import Order, Store, Task
from orders.services import packing, visits
from tests import world

# As the buttons say it, with a printer's apostrophe.
ON_MY_WAY = "I\N{RIGHT SINGLE QUOTATION MARK}m on my way"
HERE = "I\N{RIGHT SINGLE QUOTATION MARK}m here"
ELSEWHERE = "I\N{RIGHT SINGLE QUOTATION MARK}m in another bay"
MINUTE = timedelta(minutes=1)
_visits = iter(range(1000, 10_000))


def place(store: Store, *lines: tuple[str, int], name: str = "Ines", plate: str = "AB123CD") -> Order:
    """An order for the hour that begins soon, its ambient wave on the board."""
    now = clock.now()
    window = (now + timedelta(minutes=40), now + timedelta(minutes=100))
    order = world.place(store, *lines, at=now, plate=plate, window=window)
    order.customer.first_name = name
    order.customer.save(update_fields=["first_name"])
    return order


def pack_all(order: Order, associate: User) -> Order:
    """Release the fresh wave, then pack and stage everything: the order is READY."""
    visits.release_fresh_wave(order_id=order.pk, trigger="ASSOCIATE", due_at=None, at=clock.now())
    for task in order.tasks.filter(status="WAITING"):
        visits.queue(order, task, "TIME", clock.now())
        task.save()
    return world.pack(order, associate, at=clock.now())


def arrive(order: Order, *, bay: str | None = "4", ago: timedelta = timedelta(seconds=20)) -> Task:
    """The customer stands on the lot since then; returns the take-out."""
    at: datetime = clock.now() - ago
    visit = next(_visits)
    spot = order.store.spots.get(number=bay).pk if bay else None
    visits.customer_arrived(order_id=order.pk, visit_id=visit, spot_id=spot, arrived_at=at, at=clock.now())
    return Task.objects.get(visit_id=visit)


def start(order: Order, kind: str, associate: User) -> Task:
    """An associate starts the order's task of this kind."""
    task = order.tasks.get(kind=kind)
    return packing.start(task_id=task.pk, associate_id=associate.pk, at=clock.now())


def join(order: Order, take_out: Task) -> None:
    """The same car collects this order too."""
    assert take_out.visit_id
    now = clock.now()
    visits.customer_arrived(
        order_id=order.pk, visit_id=take_out.visit_id, spot_id=None, arrived_at=now, at=now
    )


def drive_past_the_camera(store: Store, plate: str) -> None:
    """The gate's camera reads this plate, sure of every character."""
    now = clock.now()
    record_plate_read(
        store_id=store.pk,
        camera_id=1,
        candidates=[Candidate(plate, 0.99)],
        source_key=f"1:test:{next(_visits)}",
        seen_at=now,
        at=now,
    )

"""The store's people: who takes which task next, and how long it takes them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.db.models import F

from bopis.simulation.world import draw_lognormal
from orders import packing_time
from orders.models import Order, Task
from orders.services import handover, packing

READY, BUSY = Order.Status.READY, Task.Status.IN_PROGRESS
Later = Callable[[datetime, Callable[[datetime], None]], None]


@dataclass
class Associate:
    """One associate, and how much slower than others they are (1: just as fast)."""

    user_id: int
    factor: float
    is_free: bool = True


@dataclass
class Crew:
    """
    Everybody on shift; one task at a time, a running one is not interrupted.

    :ivar later: puts a step on the clock.
    """

    store_id: int
    associates: list[Associate]
    random: Random
    later: Later
    handed_over: dict[int, datetime] = field(default_factory=dict)

    def look(self, at: datetime) -> None:
        """Let free associates take what waits: whoever is here first, then by due time."""
        for associate in self.associates:
            if associate.is_free and (task := self._choose()) is not None:
                associate.is_free = False
                packing.start(task_id=task.pk, associate_id=associate.user_id, at=at)
                (self._take_out if task.kind == Task.Kind.TAKE_OUT else self._pack)(task, associate, at)

    def _choose(self) -> Task | None:
        queued = Task.objects.filter(store=self.store_id, status=Task.Status.QUEUED)
        for task in queued.filter(kind=Task.Kind.TAKE_OUT).order_by("queued_at", "pk"):
            if Order.objects.filter(visit_id=task.visit_id, status=READY).exists():
                return task
        return queued.filter(kind__in=Task.PACKING).order_by(F("due_at").asc(nulls_last=True), "pk").first()

    def _pack(self, task: Task, associate: Associate, at: datetime) -> None:
        lines = packing.get_lines(task).count()
        takes = (
            packing_time.get_fresh_time(lines)
            if task.kind == Task.Kind.PACK_FRESH
            else packing_time.get_ambient_time(lines)
        )

        def finish(now: datetime) -> None:
            packing.finish(
                task_id=task.pk, associate_id=associate.user_id, place="A1", bags=1, all_packed=True, at=now
            )
            self._free(associate, now)

        self.later(at + takes * associate.factor, finish)

    def _take_out(self, task: Task, associate: Associate, at: datetime) -> None:
        walk = timedelta(seconds=self.random.uniform(25, 60))
        loading = timedelta(seconds=draw_lognormal(self.random, 20, 45))

        def give(now: datetime) -> None:
            for order in Order.objects.filter(visit_id=task.visit_id, status=READY).order_by("pk"):
                handover.hand_over(
                    order_id=order.pk, associate_id=associate.user_id, code=order.pickup_code, at=now
                )
                self.handed_over[order.pk] = now
            if Task.objects.filter(pk=task.pk, status=BUSY).exists():  # another order is not ready yet
                packing.release(task_id=task.pk, associate_id=associate.user_id, at=now)
            self.later(now + walk, lambda back: self._free(associate, back))

        self.later(at + walk + loading, give)

    def _free(self, associate: Associate, at: datetime) -> None:
        associate.is_free = True
        self.look(at)

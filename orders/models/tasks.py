"""Tasks: pieces of work on the board, all with the same life and the same claim."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bopis.errors import TransitionError
from orders.models.orders import Order
from orders.models.stores import Store

ON_BOARD = ("QUEUED", "IN_PROGRESS")
UNFINISHED = ("WAITING", *ON_BOARD)


class Task(models.Model):
    """
    One piece of work at one store.

    PACK_AMBIENT, PACK_FRESH, PUT_BACK and FIX belong to an order, TAKE_OUT to a visit: it
    carries the goods of all the visit's orders.
    """

    class Kind(models.TextChoices):
        PACK_AMBIENT = "PACK_AMBIENT", _("pack ambient")
        PACK_FRESH = "PACK_FRESH", _("pack fresh")
        TAKE_OUT = "TAKE_OUT", _("take out")
        PUT_BACK = "PUT_BACK", _("put back")  # packed goods that nobody takes, back to their shelves
        FIX = "FIX", _("fix")  # a question or exception that a person decides

    class Status(models.TextChoices):
        WAITING = (
            "WAITING",
            _("waiting"),
        )  # not yet on the board: its trigger has not come
        QUEUED = "QUEUED", _("queued")
        IN_PROGRESS = "IN_PROGRESS", _("in progress")  # one associate has it
        DONE = "DONE", _("done")
        CANCELED = "CANCELED", _("canceled")

    class Trigger(models.TextChoices):
        PLATE = "PLATE", _("plate")
        POSITION = "POSITION", _("position")
        ETA = "ETA", _("ETA")
        RULE = "RULE", _("rule")
        TAP = "TAP", _("tap")
        ASSOCIATE = "ASSOCIATE", _("associate")
        TIME = "TIME", _("lead time")

    PACKING: ClassVar[tuple[Kind, ...]] = (Kind.PACK_AMBIENT, Kind.PACK_FRESH)

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        Status.WAITING: frozenset({Status.QUEUED, Status.CANCELED}),
        Status.QUEUED: frozenset({Status.IN_PROGRESS, Status.DONE, Status.CANCELED}),
        Status.IN_PROGRESS: frozenset({Status.QUEUED, Status.DONE, Status.CANCELED}),
        Status.DONE: frozenset({Status.QUEUED}),  # undo of a handover brings its take-out back
        Status.CANCELED: frozenset({Status.QUEUED}),  # a visit taken back that is real after all
    }

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="tasks")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, blank=True, related_name="tasks")
    visit_id = models.BigIntegerField(null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.WAITING)
    trigger = models.CharField(_("trigger"), max_length=10, choices=Trigger, blank=True)
    release_at = models.DateTimeField(null=True, blank=True)  # WAITING: when the sweep queues it
    due_at = models.DateTimeField(null=True, blank=True)  # when it must be finished
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    associate = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    place = models.CharField(_("staging place"), max_length=24, blank=True)
    bags = models.PositiveSmallIntegerField(_("bags"), default=0)
    key = models.CharField(max_length=80, blank=True)  # FIX, PUT_BACK: what it is about, made once
    # FIX: the question, and its answer; PUT_BACK: {"lines": [id], "places": [..], "reason"}
    details = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"],
                condition=Q(kind__in=["PACK_AMBIENT", "PACK_FRESH"]),
                name="task_one_per_wave",
            ),
            models.UniqueConstraint(
                fields=["visit_id"],
                condition=Q(kind="TAKE_OUT"),
                name="task_one_take_out_per_visit",
            ),
            models.UniqueConstraint(
                fields=["order", "key"], condition=Q(kind__in=["FIX", "PUT_BACK"]), name="task_asked_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["PACK_AMBIENT", "PACK_FRESH", "TAKE_OUT", "PUT_BACK", "FIX"]),
                name="task_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[*UNFINISHED, "DONE", "CANCELED"]),
                name="task_status_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="TAKE_OUT", visit_id__isnull=False)
                | (~Q(kind="TAKE_OUT") & Q(order__isnull=False)),
                name="task_belongs_to_order_or_visit",
            ),
            models.CheckConstraint(
                condition=~Q(status="IN_PROGRESS") | Q(associate__isnull=False),
                name="task_in_progress_has_associate",
            ),
        ]
        indexes = [
            models.Index(
                fields=["store", "status"],
                condition=Q(status__in=UNFINISHED),
                name="task_unfinished_by_store",
            ),
            # The sweep's question, "which waiting tasks are due?", over all stores.
            models.Index(
                fields=["release_at"],
                condition=Q(status="WAITING", release_at__isnull=False),
                name="task_to_release",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} (#{self.pk}, {self.status})"

    def move_to(self, status: Status) -> None:
        """
        Set the status in memory; the caller holds the order's lock and saves.

        :raises TransitionError: if TRANSITIONS has no such step.
        """
        if status not in self.TRANSITIONS.get(self.status, frozenset()):
            raise TransitionError(f"task {self.pk} is {self.status}: cannot become {status}")
        self.status = status

"""Arrivals, and the orders they are for."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from arrivals.models.kinds import Kind
from bopis.errors import TransitionError
from orders.models import Order, PickupSpot, Store

UNDERWAY = ("ON_THE_WAY", "APPROACHING", "ARRIVED")


class Arrival(models.Model):
    """The system's one belief about one visit at one store."""

    class Status(models.TextChoices):
        ON_THE_WAY = "ON_THE_WAY", _("On the way")
        APPROACHING = "APPROACHING", _("Approaching")  # near, or perhaps here: worth preparing
        ARRIVED = "ARRIVED", _("Arrived")  # on the lot, with or without a bay
        SERVED = "SERVED", _("Served")  # the goods were handed over
        GONE = "GONE", _("Gone")  # was here and left without goods
        LAPSED = "LAPSED", _("Lapsed")  # never came, or was never there

    # The whole life of an arrival, one line per state. A state missing on the left is terminal.
    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        Status.ON_THE_WAY: frozenset(
            {Status.APPROACHING, Status.ARRIVED, Status.SERVED, Status.GONE, Status.LAPSED}
        ),
        Status.APPROACHING: frozenset({Status.ARRIVED, Status.SERVED, Status.GONE, Status.LAPSED}),
        Status.ARRIVED: frozenset({Status.SERVED, Status.GONE, Status.LAPSED}),
        Status.GONE: frozenset({Status.ARRIVED, Status.SERVED}),  # came back, or had never left
        Status.SERVED: frozenset({Status.ON_THE_WAY, Status.APPROACHING, Status.ARRIVED}),  # undo
    }
    # Only an associate's correction takes a belief back.
    CORRECTIONS: ClassVar[dict[str, frozenset[str]]] = {
        Status.ARRIVED: frozenset({Status.ON_THE_WAY, Status.APPROACHING, Status.GONE}),
        Status.APPROACHING: frozenset({Status.ON_THE_WAY}),
        Status.GONE: frozenset({Status.ON_THE_WAY, Status.APPROACHING}),
    }

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="arrivals")
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.ON_THE_WAY)
    needs_check = models.BooleanField(_("needs a check"), default=False)
    checks = models.JSONField(_("what does not agree"), default=list, blank=True)  # codes of fusion.Check
    opened_at = models.DateTimeField(_("first heard of"))
    approaching_at = models.DateTimeField(_("approaching at"), null=True, blank=True)
    arrived_at = models.DateTimeField(_("arrived at"), null=True, blank=True)  # first confirmed moment
    arrived_by = models.CharField(_("known by"), max_length=10, choices=Kind, blank=True)
    spot = models.ForeignKey(
        PickupSpot, on_delete=models.SET_NULL, null=True, blank=True, related_name="arrivals"
    )
    is_spot_claimed = models.BooleanField(_("customer chose the spot"), default=False)
    eta_low_at = models.DateTimeField(_("expected from"), null=True, blank=True)
    eta_high_at = models.DateTimeField(_("expected to"), null=True, blank=True)
    eta_at = models.DateTimeField(null=True, blank=True)  # when that was estimated
    eta_by = models.CharField(max_length=10, choices=Kind, blank=True)
    closed_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[*UNDERWAY, "SERVED", "GONE", "LAPSED"]), name="arrival_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["ARRIVED", "GONE"])
                | (Q(arrived_at__isnull=False) & ~Q(arrived_by="")),
                name="arrival_on_the_lot_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNDERWAY, closed_at__isnull=True)
                | (~Q(status__in=UNDERWAY) & Q(closed_at__isnull=False)),
                name="arrival_ended_has_moment",
            ),
            models.CheckConstraint(
                condition=Q(eta_low_at__isnull=True, eta_high_at__isnull=True)
                | Q(eta_low_at__isnull=False, eta_high_at__isnull=False, eta_high_at__gte=F("eta_low_at")),
                name="arrival_eta_is_a_band",
            ),
            models.CheckConstraint(
                condition=Q(needs_check=False, checks=[]) | (Q(needs_check=True) & ~Q(checks=[])),
                name="arrival_check_has_reason",
            ),
            # A customer may stand where they please; the system never sends two to one bay.
            models.UniqueConstraint(
                fields=["spot"],
                condition=Q(status="ARRIVED", is_spot_claimed=False),
                name="arrival_one_per_assigned_spot",
            ),
        ]
        indexes = [
            models.Index(
                fields=["store", "opened_at"], condition=Q(status__in=UNDERWAY), name="arrival_open_by_store"
            ),
            models.Index(
                fields=["store", "arrived_at"],
                condition=Q(arrived_at__isnull=False),
                name="arrival_by_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"arrival #{self.pk} ({self.status})"

    @property
    def is_underway(self) -> bool:
        return self.status in UNDERWAY

    def move_to(self, status: "Arrival.Status", *, at: datetime) -> None:
        """
        Set the status in memory; the caller holds the locks and saves.

        :raises TransitionError: if TRANSITIONS has no such step.
        """
        self._move(self.TRANSITIONS, status, at)

    def correct_to(self, status: "Arrival.Status", *, at: datetime) -> None:
        """
        Take the status back on an associate's word, in memory.

        :raises TransitionError: if neither CORRECTIONS nor TRANSITIONS has such a step.
        """
        is_back = status in self.CORRECTIONS.get(self.status, frozenset())
        self._move(self.CORRECTIONS if is_back else self.TRANSITIONS, status, at)

    def _move(self, steps: dict[str, frozenset[str]], status: "Arrival.Status", at: datetime) -> None:
        if status not in steps.get(self.status, frozenset()):
            raise TransitionError(f"arrival {self.pk} is {self.status}: cannot become {status}")
        self.status = status
        self.closed_at = None if status in UNDERWAY else at


class ArrivalOrder(models.Model):
    """
    That an order is to be collected on a visit.

    While `is_open`, new evidence about the order joins this arrival. It stays so for
    a while after the customer has GONE: who comes back at once is the same visit.
    """

    arrival = models.ForeignKey(Arrival, on_delete=models.CASCADE, related_name="arrival_orders")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+")
    is_open = models.BooleanField(default=True)
    joined_at = models.DateTimeField()

    class Meta:
        verbose_name = _("order of an arrival")
        verbose_name_plural = _("orders of an arrival")
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(is_open=True), name="arrival_one_open_per_order"
            ),
            models.UniqueConstraint(fields=["arrival", "order"], name="arrival_order_once"),
        ]

    def __str__(self) -> str:
        return f"order #{self.order_id} of arrival #{self.arrival_id}"

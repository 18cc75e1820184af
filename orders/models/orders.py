"""Orders: their states, and what is known of the customer's visit."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bopis.errors import TransitionError
from bopis.privacy import EncryptedTextField
from orders.models.customers import Customer, Vehicle
from orders.models.stores import PickupSpot, Store

OPEN = ("PLACED", "PREPARING", "READY")


class Order(models.Model):
    """What was bought for collection at one store."""

    class Status(models.TextChoices):
        PLACED = "PLACED", _("Placed")  # accepted and reserved; nothing packed yet
        PREPARING = "PREPARING", _("Preparing")  # an associate has begun
        READY = "READY", _("Ready")  # every remaining line is packed and staged
        PICKED_UP = "PICKED_UP", _("Picked up")  # only a voided handover leads back
        CANCELED = "CANCELED", _("Canceled")  # by the customer or the integrator
        EXPIRED = "EXPIRED", _("Expired")  # nobody came within the window and its grace

    class OnHold(models.TextChoices):
        """Why work stands still; the order's state stays what it is."""

        RECALL = "RECALL", _("recall")  # a product of it must not be given out
        PAYMENT = "PAYMENT", _("payment")  # what was promised at checkout no longer stands
        PHARMACY = "PHARMACY", _("pharmacy query")
        STOCK = "STOCK", _("stock")
        FRAUD = "FRAUD", _("fraud check")

    # The whole life of an order, one line a state. A state missing on the left
    # is terminal.
    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        Status.PLACED: frozenset({Status.PREPARING, Status.CANCELED, Status.EXPIRED}),
        Status.PREPARING: frozenset({Status.READY, Status.CANCELED, Status.EXPIRED}),
        Status.READY: frozenset({Status.PICKED_UP, Status.CANCELED, Status.EXPIRED}),
        Status.PICKED_UP: frozenset({Status.READY}),
    }

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="orders")
    number = models.CharField(_("number"), max_length=32)  # the retailer's own
    code = models.CharField(_("board code"), max_length=4)  # what staff and customer call it by
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    language = models.CharField(_("language"), max_length=8)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PLACED)
    placed_at = models.DateTimeField(_("placed at"))
    status_changed_at = models.DateTimeField()
    window_start = models.DateTimeField(_("pickup window from"))
    window_end = models.DateTimeField(_("pickup window to"))
    ambient_ready_at = models.DateTimeField(null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    total_minor = models.PositiveBigIntegerField(_("total"))  # minor units, tax included
    pickup_code = EncryptedTextField(_("pickup code"))
    failed_codes = models.PositiveSmallIntegerField(_("wrong codes"), default=0)
    plate_refused_at = models.DateTimeField(null=True, blank=True)  # then no camera looks for its car
    revision = models.PositiveIntegerField(default=0)  # rises with every change a card shows
    promo_codes = models.JSONField(default=list, blank=True)  # the platform's, passed through as they came

    prescription_released_at = models.DateTimeField(null=True, blank=True)  # by a pharmacist
    # Work and handover stand still for a reason; empty: they do not.
    on_hold = models.CharField(_("on hold"), max_length=8, choices=OnHold, blank=True)
    on_hold_at = models.DateTimeField(null=True, blank=True)
    # The no-show ladder: until when the goods are kept, and when its next rung is due.
    keep_until = models.DateTimeField(_("kept until"), null=True, blank=True)
    ladder_at = models.DateTimeField(null=True, blank=True)
    extended_at = models.DateTimeField(null=True, blank=True)  # the customer asked for more time, once

    # What arrivals knows of the visit, pushed down so that the board and the
    # customer's page never ask upward.
    visit_id = models.BigIntegerField(null=True, blank=True)
    customer_on_way_at = models.DateTimeField(null=True, blank=True)
    eta_low_at = models.DateTimeField(null=True, blank=True)
    eta_high_at = models.DateTimeField(null=True, blank=True)
    customer_arrived_at = models.DateTimeField(null=True, blank=True)
    spot = models.ForeignKey(
        PickupSpot,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="orders",
    )
    signals = models.JSONField(default=list, blank=True)  # [{"kind", "confidence", "at"}]

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["store", "number"], name="order_number_once_per_store"),
            # Two open orders of a store must not answer to the same call.
            models.UniqueConstraint(
                fields=["store", "code"],
                condition=Q(status__in=OPEN),
                name="order_code_once_open",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[*OPEN, "PICKED_UP", "CANCELED", "EXPIRED"]),
                name="order_status_known",
            ),
            models.CheckConstraint(
                condition=Q(window_end__gt=F("window_start")),
                name="order_window_has_length",
            ),
            models.CheckConstraint(
                condition=Q(on_hold="", on_hold_at__isnull=True)
                | Q(
                    on_hold__in=["RECALL", "PAYMENT", "PHARMACY", "STOCK", "FRAUD"], on_hold_at__isnull=False
                ),
                name="order_on_hold_has_reason",
            ),
            models.CheckConstraint(
                # NULL compares as unknown, and a check lets that through: so both are named.
                condition=Q(eta_low_at__isnull=True, eta_high_at__isnull=True)
                | Q(eta_low_at__isnull=False, eta_high_at__isnull=False, eta_high_at__gte=F("eta_low_at")),
                name="order_eta_is_a_band",
            ),
        ]
        indexes = [
            # The board, matching and the sweeps look only at open orders: flat
            # however many are closed.
            models.Index(
                fields=["store", "window_start"],
                condition=Q(status__in=OPEN),
                name="order_open_by_store",
            ),
            # The sweep's question, "whose customer did not come?", over all stores.
            models.Index(
                fields=["ladder_at"],
                condition=Q(status__in=OPEN, ladder_at__isnull=False),
                name="order_ladder_due",
            ),
            # The list of orders of a time.
            models.Index(fields=["store", "placed_at"], name="order_by_store_and_time"),
            models.Index(
                fields=["visit_id"],
                condition=Q(visit_id__isnull=False),
                name="order_by_visit",
            ),
            models.Index(
                fields=["store", "-status_changed_at"],
                condition=Q(status="PICKED_UP"),
                name="order_done_by_store",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} (#{self.pk}, {self.status})"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def move_to(self, status: Status, *, at: datetime) -> None:
        """
        Set the status in memory; the caller holds the row lock and saves.

        :raises TransitionError: if TRANSITIONS has no such step.
        """
        if status not in self.TRANSITIONS.get(self.status, frozenset()):
            raise TransitionError(f"order {self.number} is {self.status}: cannot become {status}")
        self.status = status
        self.status_changed_at = at

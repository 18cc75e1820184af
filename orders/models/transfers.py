"""Transfers: goods that one store asks another for."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bopis.errors import TransitionError
from orders.models.products import Product
from orders.models.stores import Store


class Transfer(models.Model):
    """
    Goods on their way from one store to another.

    Promised at the source from ACCEPTED on; between SENT and RECEIVED they are
    in neither store's books, but here.
    """

    class Status(models.TextChoices):
        REQUESTED = "REQUESTED", _("requested")
        ACCEPTED = "ACCEPTED", _("accepted")
        SENT = "SENT", _("sent")
        RECEIVED = "RECEIVED", _("received")
        REFUSED = "REFUSED", _("refused")
        CANCELED = "CANCELED", _("canceled")

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        Status.REQUESTED: frozenset({Status.ACCEPTED, Status.REFUSED, Status.CANCELED}),
        Status.ACCEPTED: frozenset({Status.SENT, Status.CANCELED}),
        Status.SENT: frozenset({Status.RECEIVED}),
    }

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="transfers_out")
    target = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="transfers_in")
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.REQUESTED)
    requested_at = models.DateTimeField(_("requested at"))
    status_changed_at = models.DateTimeField(_("status changed at"))
    requested_by = models.CharField(_("requested by"), max_length=80)
    reason = models.CharField(_("reason"), max_length=200, blank=True)  # why refused or canceled

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["REQUESTED", "ACCEPTED", "SENT", "RECEIVED", "REFUSED", "CANCELED"]),
                name="transfer_status_known",
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="transfer_between_two"),
        ]
        indexes = [
            models.Index(
                fields=["source"], condition=Q(status="ACCEPTED"), name="transfer_promised"
            ),  # what `reconcile` adds up
        ]

    def __str__(self) -> str:
        return f"transfer {self.public_id} ({self.status})"

    def move_to(self, status: Status) -> None:
        """
        Set the status in memory; the caller holds the row's lock and saves.

        :raises TransitionError: if TRANSITIONS has no such step.
        """
        if status not in self.TRANSITIONS.get(self.status, frozenset()):
            raise TransitionError(f"the transfer is {self.status}: cannot become {status}")
        self.status = status


class TransferLine(models.Model):
    """How much of one product is transferred; what arrived may be less, or more, than was sent."""

    transfer = models.ForeignKey(Transfer, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=10, decimal_places=3)
    received = models.DecimalField(max_digits=10, decimal_places=3, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["transfer", "product"], name="transfer_line_once_per_product"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transfer_quantity_positive"),
            models.CheckConstraint(condition=Q(received__gte=0), name="transfer_received_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"

"""Order lines: one product and quantity each, with their own states."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bopis.errors import TransitionError
from orders.models.orders import Order
from orders.models.products import Product, Zone

NEVER_GIVEN = ("SHORT", "CANCELED", "REJECTED")
"""Statuses of lines that nobody gets, and nobody pays for."""


class OrderLine(models.Model):
    """One product of an order; a quantity that parts ways splits the line."""

    class Status(models.TextChoices):
        RESERVED = "RESERVED", _("Reserved")  # promised, still on the shelf
        PICKED = "PICKED", _("Picked")  # off the shelf
        PACKED = "PACKED", _("Packed")  # in a bag: always a human act
        HANDED_OVER = "HANDED_OVER", _("Handed over")
        SHORT = "SHORT", _("Short")  # not found on the shelf
        CANCELED = "CANCELED", _("Canceled")
        REJECTED = "REJECTED", _("Rejected")  # at the car: never taken
        RETURNED = "RETURNED", _("Returned")  # taken, and brought back

    class Wave(models.TextChoices):
        AMBIENT = "AMBIENT", _("ambient")  # packed early
        FRESH = "FRESH", _("fresh")  # packed on approach

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        Status.RESERVED: frozenset({Status.PICKED, Status.PACKED, Status.SHORT, Status.CANCELED}),
        Status.PICKED: frozenset({Status.PACKED, Status.RESERVED, Status.CANCELED}),
        Status.PACKED: frozenset({Status.HANDED_OVER, Status.REJECTED, Status.CANCELED}),
        Status.HANDED_OVER: frozenset({Status.PACKED, Status.RETURNED}),  # PACKED: a voided handover
    }

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="order_lines")
    quantity = models.DecimalField(_("quantity"), max_digits=10, decimal_places=3)
    price_minor = models.PositiveIntegerField(_("unit price"))  # when it was ordered
    wave = models.CharField(_("wave"), max_length=8, choices=Wave)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.RESERVED)
    # Which handover gave it away: an order may be collected in parts.
    handover = models.ForeignKey(
        "orders.Handover", on_delete=models.PROTECT, null=True, blank=True, related_name="lines"
    )

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_positive"),
            models.CheckConstraint(condition=Q(wave__in=["AMBIENT", "FRESH"]), name="line_wave_known"),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "RESERVED",
                        "PICKED",
                        "PACKED",
                        "HANDED_OVER",
                        "SHORT",
                        "CANCELED",
                        "REJECTED",
                        "RETURNED",
                    ]
                ),
                name="line_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id} ({self.status})"

    @property
    def holds_stock(self) -> bool:
        """Whether the reservation of this line still stands."""
        return self.status in {"RESERVED", "PICKED", "PACKED"}

    def move_to(self, status: Status) -> None:
        """
        Set the status in memory; the caller holds the order's lock and saves.

        :raises TransitionError: if TRANSITIONS has no such step.
        """
        if status not in self.TRANSITIONS.get(self.status, frozenset()):
            raise TransitionError(f"line {self.pk} is {self.status}: cannot become {status}")
        self.status = status

    def split(self, quantity: Decimal) -> "OrderLine | None":
        """
        Keep `quantity` on this line in memory, and save the rest as a line of its own: that, or None.
        """
        rest = self.quantity - quantity
        self.quantity = quantity
        if not rest:
            return None
        return OrderLine.objects.create(
            order_id=self.order_id,
            product_id=self.product_id,
            quantity=rest,
            price_minor=self.price_minor,
            wave=self.wave,
            status=self.status,
            handover_id=self.handover_id,
        )


def get_wave(zone: str) -> OrderLine.Wave:
    """Return the wave in which a product of this temperature zone is packed."""
    return OrderLine.Wave.AMBIENT if zone == Zone.AMBIENT else OrderLine.Wave.FRESH

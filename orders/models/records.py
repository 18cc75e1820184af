"""What happened: the event row of every step, and the handover that ends an order."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.orders import Order
from orders.models.stores import PickupSpot


class OrderEvent(models.Model):
    """One step of an order's life: what, when, by whom, why."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("kind"), max_length=40)  # kebab-case
    occurred_at = models.DateTimeField(_("at"))
    actor = models.CharField(_("by"), max_length=80)  # "associate:3", "api:shop", "system"
    data = models.JSONField(default=dict, blank=True)  # never personal values

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        indexes = [models.Index(fields=["order", "id"], name="event_by_order")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.occurred_at:%Y-%m-%d %H:%M:%S}"


class Handover(models.Model):
    """
    The customer verified, the goods given.

    A mistake is voided, never deleted: `voided_at` is the compensating step.
    """

    class Method(models.TextChoices):
        CODE = "CODE", _("pickup code")  # typed, or scanned from its QR code
        OVERRIDE = "OVERRIDE", _("manager's override")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="handovers")
    associate = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(_("method"), max_length=8, choices=Method)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"))
    is_part = models.BooleanField(_("part"), default=False)  # the rest follows at a second visit
    visit_id = models.BigIntegerField(null=True, blank=True)
    spot = models.ForeignKey(PickupSpot, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    arrived_at = models.DateTimeField(null=True)  # the first confirmed moment on the lot
    wait = models.DurationField(_("wait"), null=True)  # at - arrived_at
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(voided_at__isnull=True, is_part=False),
                name="handover_one_that_counts",
            ),
            models.CheckConstraint(
                condition=~Q(method="OVERRIDE") | ~Q(reason=""),
                name="handover_override_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"handover of order {self.order_id} at {self.at:%H:%M:%S}"

"""What customers brought back: records on an order that was handed over."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.lines import OrderLine
from orders.models.orders import Order


class Return(models.Model):
    """One line, or a part of one, that came back: why, in what condition, and what became of it."""

    class Condition(models.TextChoices):
        UNOPENED = "UNOPENED", _("unopened")
        OPENED = "OPENED", _("opened")
        DAMAGED = "DAMAGED", _("damaged")
        SPOILED = "SPOILED", _("spoiled")

    class Disposition(models.TextChoices):
        RESTOCK = "RESTOCK", _("back to the shelf")
        WASTE = "WASTE", _("waste")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="returns")
    line = models.OneToOneField(OrderLine, on_delete=models.PROTECT, related_name="brought_back")
    reason = models.CharField(_("reason"), max_length=80)
    condition = models.CharField(_("condition"), max_length=8, choices=Condition)
    disposition = models.CharField(_("what became of it"), max_length=8, choices=Disposition)
    refund_minor = models.PositiveBigIntegerField(_("refund"))
    # An exchange is a return and another order; this is the other one.
    exchanged_for = models.ForeignKey(
        Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="exchanged_from"
    )
    at = models.DateTimeField(_("at"))
    actor = models.CharField(_("by"), max_length=80)

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        constraints = [
            models.CheckConstraint(
                condition=Q(condition__in=["UNOPENED", "OPENED", "DAMAGED", "SPOILED"]),
                name="return_condition_known",
            ),
            models.CheckConstraint(
                condition=Q(disposition="WASTE")
                | Q(disposition="RESTOCK", condition__in=["UNOPENED", "OPENED"]),
                name="return_restocks_only_what_is_good",
            ),
        ]

    def __str__(self) -> str:
        return f"return of line {self.line_id} ({self.disposition})"

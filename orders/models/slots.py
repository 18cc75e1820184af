"""When a store is open for pickup, and how much it can take in each slot."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models.stores import Store


class SlotPlan(models.Model):
    """
    How a store offers pickup slots. A store without a plan takes any window.

    Capacities count what one slot can bear; empty means without limit.
    """

    store = models.OneToOneField(Store, on_delete=models.CASCADE, related_name="slot_plan")
    length = models.DurationField(_("length"), default=timedelta(hours=1))
    lead = models.DurationField(
        _("lead time"), default=timedelta(hours=2), help_text=_("from order to start of the slot, at least")
    )
    same_day_until = models.TimeField(
        _("same day until"), null=True, blank=True, help_text=_("later orders are for another day")
    )
    days_ahead = models.PositiveSmallIntegerField(_("days ahead"), default=7)
    orders = models.PositiveSmallIntegerField(_("orders (bays)"), null=True, blank=True)
    staff_minutes = models.PositiveSmallIntegerField(_("staff minutes"), null=True, blank=True)
    chilled_units = models.PositiveSmallIntegerField(_("chilled and frozen units"), null=True, blank=True)
    fee_minor = models.PositiveIntegerField(_("fee"), default=0)  # minor units, tax included
    has_curbside = models.BooleanField(_("curbside"), default=True)

    class Meta:
        verbose_name = _("slot plan")
        verbose_name_plural = _("slot plans")
        constraints = [
            models.CheckConstraint(condition=Q(length__gte=timedelta(minutes=5)), name="slot_has_length"),
        ]

    def __str__(self) -> str:
        return f"slots of {self.store}"


class OpeningHours(models.Model):
    """One stretch of a weekday in which customers may collect, on the store's own clock."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(
        _("weekday"),
        choices=[
            (0, _("Monday")),
            (1, _("Tuesday")),
            (2, _("Wednesday")),
            (3, _("Thursday")),
            (4, _("Friday")),
            (5, _("Saturday")),
            (6, _("Sunday")),
        ],
    )
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        constraints = [
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="opening_has_length"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="opening_weekday_known"),
            models.UniqueConstraint(fields=["store", "weekday", "opens"], name="opening_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}-{self.closes:%H:%M}"


class SpecialDay(models.Model):
    """A date with hours of its own; without hours the store is closed."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="special_days")
    date = models.DateField(_("date"))
    opens = models.TimeField(_("opens"), null=True, blank=True)
    closes = models.TimeField(_("closes"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        constraints = [
            models.UniqueConstraint(fields=["store", "date"], name="special_day_once"),
            models.CheckConstraint(
                condition=Q(opens__isnull=True, closes__isnull=True) | Q(closes__gt=F("opens")),
                name="special_day_closed_or_has_length",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.reason or 'special hours'}"


class Slot(models.Model):
    """
    How much of one slot is taken, counted as orders come and go.

    Made at the first order; taken by one conditional statement, like stock.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="slots")
    start = models.DateTimeField()
    end = models.DateTimeField()
    orders = models.PositiveIntegerField(default=0)
    staff_seconds = models.PositiveIntegerField(default=0)
    chilled_units = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "start"], name="slot_once"),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="slot_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} ({self.orders} orders)"

"""Stores, the spots where orders are handed over, and who works there."""

from datetime import timedelta
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


def validate_time_zone(name: str) -> None:
    """
    Accept the names of the IANA time zone database.

    :raises ValidationError: for any other.
    """
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is not an IANA time zone"), params={"name": name})


class Store(models.Model):
    """One shop of the retailer: the only scope inside an installation."""

    code = models.SlugField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=80)
    time_zone = models.CharField(_("time zone"), max_length=48, validators=[validate_time_zone])
    language = models.CharField(_("language"), max_length=8, default="en")
    currency = models.CharField(_("currency"), max_length=3, default="EUR")  # ISO 4217
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    latitude = models.FloatField(_("latitude"), validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude = models.FloatField(
        _("longitude"), validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    is_open = models.BooleanField(_("takes orders"), default=True)
    ambient_lead = models.DurationField(
        _("ambient lead time"),
        default=timedelta(hours=2),
        help_text=_("how long before its pickup window an order's ambient wave is put on the board"),
    )
    fresh_before_window = models.DurationField(
        _("fresh wave before window"),
        null=True,
        blank=True,
        help_text=_(
            "the store's fixed rule: release the fresh wave this long before the pickup window, "
            "whatever is known of the customer; empty means that evidence alone releases it"
        ),
    )
    keep_for = models.DurationField(
        _("goods are kept for"),
        default=timedelta(days=3),
        null=True,
        blank=True,
        help_text=_("how long after its pickup window an order waits for its customer; empty means forever"),
    )
    returns_within = models.DurationField(
        _("returns are taken for"),
        default=timedelta(days=30),
        help_text=_("how long after it was handed over a line may be brought back"),
    )
    stock_fresh_for = models.DurationField(
        _("stock is fresh for"),
        null=True,
        blank=True,
        help_text=_(
            "when no till and no count has spoken for so long, customers are told to call the store; "
            "empty means never"
        ),
    )
    stock_heard_at = models.DateTimeField(null=True, editable=False)
    low_stock = models.PositiveSmallIntegerField(
        _("low stock"), default=5, help_text=_("as many units left, or fewer, are shown as low")
    )
    pickup_instructions = models.TextField(_("pickup instructions"), blank=True)

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class PickupSpot(models.Model):
    """A counter, a numbered curbside bay, or a locker compartment of a store."""

    class Kind(models.TextChoices):
        COUNTER = "COUNTER", _("counter")
        BAY = "BAY", _("bay")
        LOCKER = "LOCKER", _("locker")

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="spots")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.BAY)
    number = models.CharField(_("number"), max_length=8)  # as painted on the ground or the post
    is_accessible = models.BooleanField(_("accessible"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("pickup spot")
        verbose_name_plural = _("pickup spots")
        constraints = [
            models.UniqueConstraint(fields=["store", "number"], name="spot_number_once_per_store"),
            models.CheckConstraint(
                condition=Q(kind__in=["COUNTER", "BAY", "LOCKER"]),
                name="spot_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class StaffMember(models.Model):
    """That a person works at a store, and as what."""

    class Role(models.TextChoices):
        ASSOCIATE = "ASSOCIATE", _("associate")
        MANAGER = "MANAGER", _("manager")  # may override a pickup code with a reason
        PHARMACIST = "PHARMACIST", _("pharmacist")  # sees prescriptions, and releases them

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="staff")
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.ASSOCIATE)

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff members")
        constraints = [
            models.UniqueConstraint(fields=["user", "store"], name="staff_once_per_store"),
            models.CheckConstraint(
                condition=Q(role__in=["ASSOCIATE", "MANAGER", "PHARMACIST"]), name="staff_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.store}"

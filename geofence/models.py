"""Fences, trigger rules, trips, and what is kept of their minutes: never where a customer was."""

from datetime import datetime
from typing import ClassVar, cast

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from bopis.errors import TransitionError
from geofence import fences
from geofence.geometry import Plane, Position, distance_m
from orders.models import Order, PickupSpot, Store

FARTHEST_M = 100_000.0  # a fence farther from its store than this is a slip of the pen


class Zone(models.TextChoices):
    """What a fence is for, from the outermost to the innermost."""

    APPROACH = fences.APPROACH, _("approach")
    LOT = fences.LOT, _("lot")
    BAY = fences.BAY, _("bay")


class Fence(models.Model):
    """
    A polygon around a store.

    Fences of one zone that touch or overlap count as one area; a bay stands for itself.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="fences")
    zone = models.CharField(_("zone"), max_length=8, choices=Zone)
    name = models.CharField(_("name"), max_length=80, blank=True)
    polygon = models.JSONField(
        _("polygon"),
        help_text=_(
            "corners as [[latitude, longitude], ...], the last one repeating the first; "
            "with holes a list of such rings, the outer one first"
        ),
    )
    spot = models.ForeignKey(
        PickupSpot,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="fences",
        verbose_name=_("spot"),
    )

    class Meta:
        verbose_name = _("fence")
        verbose_name_plural = _("fences")
        constraints = [
            models.CheckConstraint(condition=Q(zone__in=fences.ZONES), name="fence_zone_known"),
            models.CheckConstraint(
                condition=Q(spot__isnull=True) | Q(zone="BAY"), name="fence_spot_is_a_bay"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zone} {self.name}".strip()

    def to_area(self, plane: Plane) -> fences.Area:
        """Return this fence alone as an area of the plane."""
        shape = fences.to_shape(fences.read_polygon(self.polygon), plane)
        return fences.Area.of(self.area_key, cast("fences.Zone", self.zone), self.spot_id, [shape])

    @property
    def area_key(self) -> str:
        """
        Return what this fence is a part of.

        Fences of one zone are one area; of bays, each is one, and a spot may be drawn as two.
        """
        if self.zone != fences.BAY:
            return self.zone
        return f"BAY:{self.spot_id}" if self.spot_id else f"BAY:fence:{self.pk}"

    def clean(self) -> None:
        """
        Check what the form or the caller put together; says why a polygon is refused.
        """
        try:
            rings = fences.check_polygon(self.polygon)
        except fences.FenceError as error:
            raise ValidationError({"polygon": error.detail}) from error
        if not self.store_id:  # the form says that it is missing
            return
        store = Position(self.store.latitude, self.store.longitude)
        if any(distance_m(store, corner) > FARTHEST_M for corner in rings[0]):
            raise ValidationError({"polygon": _("the fence is more than 100 km from its store")})
        if self.spot is not None and self.spot.store_id != self.store_id:
            raise ValidationError({"spot": _("this spot is another store's")})


class TriggerRule(models.Model):
    """
    IF the trip is in `zone` AND its ETA is at most `eta_at_most` THEN release the fresh wave.

    An empty half is left out.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="trigger_rules")
    zone = models.CharField(_("if in zone"), max_length=8, choices=Zone, null=True, blank=True)
    eta_at_most = models.DurationField(_("and ETA at most"), null=True, blank=True, help_text="[hh:]mm:ss")
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("trigger rule")
        verbose_name_plural = _("trigger rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(zone__isnull=True) | Q(zone__in=fences.ZONES), name="trigger_zone_known"
            ),
            models.CheckConstraint(
                condition=Q(zone__isnull=False) | Q(eta_at_most__isnull=False),
                name="trigger_has_a_condition",
                violation_error_message=_("say a zone, an ETA, or both"),
            ),
            models.CheckConstraint(
                condition=Q(eta_at_most__isnull=True) | Q(eta_at_most__gt="0"),
                name="trigger_eta_positive",
                violation_error_message=_("the ETA is more than zero"),
            ),
        ]

    def __str__(self) -> str:
        parts = [self.zone and f"zone = {self.zone}", self.eta_at_most and f"ETA <= {self.eta_at_most}"]
        return "IF " + " AND ".join(part for part in parts if part)


class Trip(models.Model):
    """
    One customer's journey to collect an order, found by the order's tracking token.

    What is here outlives a Valkey that forgot: which areas the trip is in, how
    many crossings it made, the ETA last told. `revision` rises with each of these.
    """

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE", _("active")
        ENDED = "ENDED", _("ended")  # the order was closed
        EXPIRED = "EXPIRED", _("expired")  # three hours went by

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        Status.ACTIVE: frozenset({Status.ENDED, Status.EXPIRED}),
    }

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="trips")
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.ACTIVE)
    started_at = models.DateTimeField(_("started at"))
    expires_at = models.DateTimeField(_("expires at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    on_my_way_at = models.DateTimeField(_("said on my way at"), null=True, blank=True)
    minutes_said = models.PositiveSmallIntegerField(_("minutes said"), null=True, blank=True)
    times_said = models.PositiveSmallIntegerField(default=0)
    is_sharing = models.BooleanField(_("shares position"), default=False)
    consent_at = models.DateTimeField(_("consent given at"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("sharing stopped at"), null=True, blank=True)
    inside = models.JSONField(_("inside"), default=list, blank=True)  # keys of areas
    crossings = models.PositiveIntegerField(_("crossings"), default=0)
    fired_rules = models.JSONField(_("rules that held"), default=list, blank=True)
    eta_low_at = models.DateTimeField(null=True, blank=True)
    eta_high_at = models.DateTimeField(null=True, blank=True)
    eta_told_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("trip")
        verbose_name_plural = _("trips")
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=Q(status="ACTIVE"), name="trip_once_active"),
            models.CheckConstraint(
                condition=Q(status__in=["ACTIVE", "ENDED", "EXPIRED"]), name="trip_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="ACTIVE", ended_at__isnull=True)
                | Q(~Q(status="ACTIVE"), ended_at__isnull=False, is_sharing=False),
                name="trip_over_is_over",
            ),
            models.CheckConstraint(
                condition=Q(is_sharing=False) | Q(consent_at__isnull=False), name="trip_shares_with_consent"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("started_at")), name="trip_expires_later"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status="ACTIVE"), name="trip_active_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"trip #{self.pk} ({self.status})"

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    def move_to(self, status: Status, *, at: datetime) -> None:
        """
        End the trip in memory, and its sharing with it; the caller holds the order's lock and saves.

        :raises TransitionError: if the trip is over.
        """
        if status not in self.TRANSITIONS.get(self.status, frozenset()):
            raise TransitionError(f"trip {self.pk} is {self.status}: cannot become {status}")
        self.status, self.ended_at = status, at
        if self.is_sharing:
            self.is_sharing, self.stopped_at = False, at


class TripMinute(models.Model):
    """
    What is kept of one minute of a trip: zone, ETA band, distance to 100 m; after a day no distance.

    A minute without a row was like the one before.
    """

    trip = models.ForeignKey(Trip, on_delete=models.CASCADE, related_name="minutes")
    minute = models.DateTimeField(_("minute"))
    zone = models.CharField(_("zone"), max_length=8, choices=Zone, blank=True)  # the innermost; empty: none
    eta_low_s = models.PositiveIntegerField(_("ETA from"))
    eta_high_s = models.PositiveIntegerField(_("ETA to"))
    distance_m = models.PositiveIntegerField(_("distance"), null=True)

    class Meta:
        verbose_name = _("minute of a trip")
        verbose_name_plural = _("minutes of a trip")
        constraints = [
            models.UniqueConstraint(fields=["trip", "minute"], name="trip_minute_once"),
            models.CheckConstraint(condition=Q(zone__in=["", *fences.ZONES]), name="trip_minute_zone_known"),
            models.CheckConstraint(
                condition=Q(eta_high_s__gte=F("eta_low_s")), name="trip_minute_eta_is_a_band"
            ),
            models.CheckConstraint(
                condition=Q(distance_m__isnull=True) | Q(Exact(F("distance_m") % 100, 0)),
                name="trip_minute_distance_is_rounded",
            ),
        ]
        indexes = [
            models.Index(
                fields=["minute"], condition=Q(distance_m__isnull=False), name="trip_minute_to_forget"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minute:%H:%M} {self.zone}"

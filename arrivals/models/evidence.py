"""The evidence that arrivals rest on, and the counts that outlive the reads which are none."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from arrivals import fusion
from arrivals.models.kinds import Claim, Kind
from arrivals.models.visits import Arrival
from orders.models import Order, PickupSpot, Store


class Evidence(models.Model):
    """
    One thing that says where a customer is, kept with its weight and its reason.

    Never a plate, not even part of one, and never a coordinate.
    """

    arrival = models.ForeignKey(
        Arrival, on_delete=models.CASCADE, null=True, blank=True, related_name="evidence"
    )
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    claim = models.CharField(_("claim"), max_length=8, choices=Claim)
    weight = models.FloatField(_("weight"))
    reason = models.CharField(_("reason"), max_length=32)  # a code; wording.py has the words
    spot = models.ForeignKey(PickupSpot, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    source_key = models.CharField(_("source"), max_length=200, unique=True)
    observed_at = models.DateTimeField(_("observed at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    # An associate said that this was wrong: it counts no more.
    declined_at = models.DateTimeField(_("declined at"), null=True, blank=True)
    question_id = models.BigIntegerField(null=True, blank=True, unique=True)  # the task that asks about it
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="evidence_kind_known"),
            models.CheckConstraint(condition=Q(claim__in=Claim.values), name="evidence_claim_known"),
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=1), name="evidence_weight_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(arrival__isnull=False) | Q(order__isnull=False),
                name="evidence_is_about_something",
            ),
        ]
        indexes = [models.Index(fields=["order", "observed_at"], name="evidence_by_order")]

    def __str__(self) -> str:
        return f"{self.kind} {self.claim} #{self.pk}"

    def to_sign(self) -> fusion.Sign:
        """Return what fusion needs of it."""
        return fusion.Sign(
            source=self.source_key,
            kind=fusion.Kind(self.kind),
            claim=fusion.Claim(self.claim),
            weight=self.weight,
            at=self.observed_at,
            spot_id=self.spot_id,
        )


class ReadCount(models.Model):
    """How many plate reads a store judged in an hour: all that stays of those that match nobody."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    hour = models.DateTimeField(_("hour"))
    reads = models.PositiveIntegerField(_("reads"), default=0)
    matched = models.PositiveIntegerField(_("matched"), default=0)
    asked = models.PositiveIntegerField(_("asked"), default=0)
    dropped = models.PositiveIntegerField(_("dropped"), default=0)

    class Meta:
        verbose_name = _("count of plate reads")
        verbose_name_plural = _("counts of plate reads")
        constraints = [
            models.UniqueConstraint(fields=["store", "hour"], name="read_count_once_per_hour"),
            models.CheckConstraint(
                condition=Q(reads=F("matched") + F("asked") + F("dropped")), name="read_count_adds_up"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reads} reads at store #{self.store_id} from {self.hour:%Y-%m-%d %H:%M}"

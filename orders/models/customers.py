"""Customers and their vehicles: the personal data of the order side, encrypted."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from bopis.privacy import EncryptedTextField, keyed_hash, normalize_plate


class Customer(models.Model):
    """Who collects, known by the retailer's own id."""

    external_id = models.CharField(_("external id"), max_length=64, unique=True)
    first_name = models.CharField(_("first name"), max_length=60)
    last_name = EncryptedTextField(_("last name"), blank=True)
    email = EncryptedTextField(_("email"), blank=True)
    phone = EncryptedTextField(_("phone"), blank=True)
    language = models.CharField(_("language"), max_length=8, default="en")

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")

    def __str__(self) -> str:
        return f"{self.first_name} (#{self.pk})"


class Vehicle(models.Model):
    """
    A car that the customer comes with.

    The plate is kept only with consent: encrypted, beside a keyed hash that
    serves look-up and erasure, never matching.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="vehicles")
    description = models.CharField(_("description"), max_length=60, blank=True)
    plate = EncryptedTextField(_("plate"), blank=True)
    plate_hash = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    plate_consent_at = models.DateTimeField(_("consent to the plate"), null=True, blank=True)

    class Meta:
        verbose_name = _("vehicle")
        verbose_name_plural = _("vehicles")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(plate_hash="") | models.Q(plate_consent_at__isnull=False),
                name="plate_only_with_consent",
            ),
            models.UniqueConstraint(
                fields=["customer", "plate_hash"],
                condition=~models.Q(plate_hash=""),
                name="plate_once_per_customer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.description or 'vehicle'} (#{self.pk})"

    def set_plate(self, plate: str, *, consent_at: datetime) -> None:
        """Set plate, hash and consent in memory, the plate normalized."""
        self.plate = normalize_plate(plate)
        self.plate_hash = hash_plate(self.plate)
        self.plate_consent_at = consent_at

    @property
    def plate_tail(self) -> str:
        """The last three characters: all that staff ever see."""
        plate: str = self.plate
        return plate[-3:]


def hash_plate(plate: str) -> str:
    """Return the keyed hash of a normalized plate, for look-up and erasure."""
    return keyed_hash(plate, purpose="plate")

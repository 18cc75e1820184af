"""Products as the retailer sells them, and the temperature zones they live in."""

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.categories import Category


class Zone(models.TextChoices):
    """Temperature zones: what may be packed early and what waits for the customer."""

    AMBIENT = "AMBIENT", _("ambient")
    CHILLED = "CHILLED", _("chilled")
    FROZEN = "FROZEN", _("frozen")
    HOT = "HOT", _("hot")


class Product(models.Model):
    """What the retailer sells, and where it stands in the shops."""

    class Unit(models.TextChoices):
        EACH = "EACH", _("each")
        KG = "KG", _("kg")

    sku = models.CharField(_("SKU"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=120)
    barcode = models.CharField(_("barcode"), max_length=32, blank=True, db_index=True)
    zone = models.CharField(_("temperature zone"), max_length=8, choices=Zone, default=Zone.AMBIENT)
    unit = models.CharField(_("unit"), max_length=4, choices=Unit, default=Unit.EACH)
    aisle = models.CharField(_("aisle"), max_length=8, blank=True)
    shelf = models.CharField(_("shelf"), max_length=16, blank=True)
    # Minor units of the store's currency, tax included.
    price_minor = models.PositiveIntegerField(_("price"), validators=[MinValueValidator(0)])
    is_active = models.BooleanField(_("on sale"), default=True)
    released_at = models.DateTimeField(
        _("released at"),
        null=True,
        blank=True,
        help_text=_("a pre-order may not be packed before then; empty means that it is out"),
    )
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, blank=True, related_name="products"
    )
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)  # by the category's schema

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        indexes = [GinIndex(fields=["attributes"], name="product_by_attribute")]
        constraints = [
            models.CheckConstraint(
                condition=Q(zone__in=["AMBIENT", "CHILLED", "FROZEN", "HOT"]),
                name="product_zone_known",
            ),
            models.CheckConstraint(condition=Q(unit__in=["EACH", "KG"]), name="product_unit_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sku})"

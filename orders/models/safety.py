"""Safety stock: how much of a product a store keeps back from promising."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.categories import Category
from orders.models.products import Product
from orders.models.stores import Store


class SafetyRule(models.Model):
    """
    How much to keep back: of a product, of a category's products, or of all in a store.

    The most specific rule of a shelf wins: a product's before its category's
    before the store's, and among those the one of the store.
    """

    class Kind(models.TextChoices):
        FIXED = "FIXED", _("fixed")  # so many units
        PERCENT = "PERCENT", _("percent of on hand")
        DAYS = "DAYS", _("days of cover")  # what is sold in so many days, by the last 28

    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    category = models.ForeignKey(Category, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.FIXED)
    amount = models.DecimalField(
        _("amount"), max_digits=10, decimal_places=3, validators=[MinValueValidator(0)]
    )

    class Meta:
        verbose_name = _("safety stock rule")
        verbose_name_plural = _("safety stock rules")
        constraints = [
            models.UniqueConstraint(
                fields=["store", "category", "product"], name="safety_once_per_scope", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(store__isnull=False) | Q(category__isnull=False) | Q(product__isnull=False),
                name="safety_has_scope",
            ),
            models.CheckConstraint(
                condition=Q(category__isnull=True) | Q(product__isnull=True), name="safety_one_scope"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["FIXED", "PERCENT", "DAYS"]), name="safety_kind_known"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="safety_not_negative"),
            models.CheckConstraint(condition=~Q(kind="PERCENT") | Q(amount__lte=100), name="safety_percent"),
        ]

    def __str__(self) -> str:
        scope = self.product or self.category or _("all products")
        return f"{self.amount:f} {self.get_kind_display()}: {scope} @ {self.store or '*'}"

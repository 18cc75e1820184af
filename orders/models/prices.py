"""What a product costs at one store, and the codes that scanners read on it."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.products import Product
from orders.models.stores import Store


class Price(models.Model):
    """A store's own price of a product, in minor units, tax included; without one the product's holds."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="prices")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="prices")
    price_minor = models.PositiveIntegerField(_("price"), validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [models.UniqueConstraint(fields=["product", "store"], name="price_once_per_store")]

    def __str__(self) -> str:
        return f"{self.product}: {self.price_minor}"


class Barcode(models.Model):
    """One of a product's further codes: of another pack, of a supplier; no two products have the same."""

    code = models.CharField(_("barcode"), max_length=32, unique=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="barcodes")

    class Meta:
        verbose_name = _("barcode")
        verbose_name_plural = _("barcodes")

    def __str__(self) -> str:
        return self.code

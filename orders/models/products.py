"""Products, their stock at each store, and the ledger that explains every unit."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models.stores import Store


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

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.CheckConstraint(
                condition=Q(zone__in=["AMBIENT", "CHILLED", "FROZEN", "HOT"]),
                name="product_zone_known",
            ),
            models.CheckConstraint(condition=Q(unit__in=["EACH", "KG"]), name="product_unit_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.sku})"


class StockLevel(models.Model):
    """
    What one store has of one product.

    A POS sale or a count is a fact and may take from promised units: `deficit`
    holds how many, so that `reserved <= on_hand + deficit` always. Accepting an
    order never raises it.
    """

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="stock")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="stock")
    on_hand = models.DecimalField(_("on hand"), max_digits=10, decimal_places=3, default=0)
    reserved = models.DecimalField(_("reserved"), max_digits=10, decimal_places=3, default=0)
    safety_stock = models.DecimalField(_("safety stock"), max_digits=10, decimal_places=3, default=0)
    deficit = models.DecimalField(_("deficit"), max_digits=10, decimal_places=3, default=0)
    counted_at = models.DateTimeField(_("counted at"), null=True)

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        constraints = [
            models.UniqueConstraint(fields=["store", "product"], name="stock_once_per_product"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="stock_on_hand_not_negative"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="stock_reserved_not_negative"),
            models.CheckConstraint(condition=Q(deficit__gte=0), name="stock_deficit_not_negative"),
            models.CheckConstraint(condition=Q(safety_stock__gte=0), name="stock_safety_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("on_hand") + F("deficit")),
                name="stock_reserved_is_covered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} at {self.store}: {self.on_hand} on hand, {self.reserved} reserved"

    @property
    def available(self) -> Decimal:
        """What can still be promised; never below zero."""
        return max(Decimal(0), self.on_hand - self.reserved - self.safety_stock)


class StockMovement(models.Model):
    """One line of the stock ledger: why on hand or reserved changed, and by how much."""

    class Kind(models.TextChoices):
        SET = "SET", _("set")  # the retailer's system said how many there are
        RESERVE = "RESERVE", _("reserve")
        RELEASE = "RELEASE", _("release")
        CONSUME = "CONSUME", _("consume")  # handed over: both fall together
        RETURN = "RETURN", _("return")  # a voided handover: both rise together

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=8, choices=Kind)
    on_hand_change = models.DecimalField(max_digits=10, decimal_places=3, default=0)
    reserved_change = models.DecimalField(max_digits=10, decimal_places=3, default=0)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, null=True, related_name="+")
    occurred_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["store", "product", "id"], name="movement_by_stock")]

    def __str__(self) -> str:
        return f"{self.kind} {self.on_hand_change:+}/{self.reserved_change:+}"

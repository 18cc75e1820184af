"""Stock at each store: levels, the ledger that explains every unit, holds, and facts from outside."""

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from orders.models.products import Product
from orders.models.stores import Store


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
    # The transaction that changed the row last, set by a trigger: the feed's cursor.
    changed_in = models.BigIntegerField(default=0, editable=False)

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
        indexes = [
            models.Index(fields=["changed_in", "id"], name="stock_by_change"),
            models.Index(fields=["store"], condition=Q(deficit__gt=0), name="stock_in_deficit"),
        ]

    def __str__(self) -> str:
        return f"{self.product} at {self.store}: {self.on_hand} on hand, {self.reserved} reserved"

    @property
    def available(self) -> Decimal:
        """What can still be promised; never below zero."""
        return max(Decimal(0), self.on_hand - self.reserved - self.safety_stock)


class Hold(models.Model):
    """Units kept for a checkout for some minutes: used by its order, released, or expired."""

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE", _("Active")
        USED = "USED", _("Used")  # its order has taken the units over
        RELEASED = "RELEASED", _("Released")  # given up by the checkout
        EXPIRED = "EXPIRED", _("Expired")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="holds")
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["ACTIVE", "USED", "RELEASED", "EXPIRED"]), name="hold_status_known"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="hold_has_length"),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status="ACTIVE"), name="hold_to_expire"),
        ]

    def __str__(self) -> str:
        return f"hold {self.public_id} ({self.status})"


class HoldLine(models.Model):
    """How much of one product a hold keeps."""

    hold = models.ForeignKey(Hold, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=10, decimal_places=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hold", "product"], name="hold_line_once_per_product"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="hold_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id}"


class StockFact(models.Model):
    """
    What a POS or a count said: kept so that late and doubled messages do no harm.

    A fact older than the shelf's last count is kept too, but changes nothing:
    the count already knew.
    """

    class Kind(models.TextChoices):
        SALE = "SALE", _("sale")
        REFUND = "REFUND", _("refund")
        RECEIPT = "RECEIPT", _("receipt")
        WASTE = "WASTE", _("waste")
        COUNT = "COUNT", _("count")

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=40)  # which till or counting device
    sequence = models.BigIntegerField()  # its own running number
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    quantity = models.DecimalField(max_digits=10, decimal_places=3)  # COUNT: what is on the shelf
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    is_superseded = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "source", "sequence"], name="stock_fact_once"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="stock_fact_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity} ({self.source}/{self.sequence})"


class StockMovement(models.Model):
    """One line of the stock ledger: why on hand or reserved changed, and by how much."""

    class Kind(models.TextChoices):
        SET = "SET", _("set")  # the retailer's system said how many there are
        FACT = "FACT", _("fact")  # a sale, a refund, a receipt, waste or a count
        RESERVE = "RESERVE", _("reserve")
        RELEASE = "RELEASE", _("release")
        CONSUME = "CONSUME", _("consume")  # handed over: both fall together
        RETURN = "RETURN", _("return")  # a voided handover: both rise together
        RESTOCK = "RESTOCK", _("restock")  # a customer brought it back, good as new: on hand rises
        WASTE = "WASTE", _("waste")  # promised or put back, and no longer good: thrown away
        TRANSFER_OUT = "TRANSFER_OUT", _("sent to another store")  # both fall together
        TRANSFER_IN = "TRANSFER_IN", _("received from another store")  # on hand rises

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=12, choices=Kind)
    on_hand_change = models.DecimalField(max_digits=10, decimal_places=3, default=0)
    reserved_change = models.DecimalField(max_digits=10, decimal_places=3, default=0)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, null=True, related_name="+")
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, null=True, related_name="+")
    fact = models.ForeignKey(StockFact, on_delete=models.PROTECT, null=True, related_name="+")
    transfer = models.ForeignKey("orders.Transfer", on_delete=models.PROTECT, null=True, related_name="+")
    occurred_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["store", "product", "id"], name="movement_by_stock")]

    def __str__(self) -> str:
        return f"{self.kind} {self.on_hand_change:+}/{self.reserved_change:+}"

"""What the doors of orders take and give, and nothing else."""

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from orders.models import Order, OrderLine, Product, Zone
from orders.queries import get_lines
from orders.services.messages import get_tracking_url

MAX_LINES = 200
MAX_QUANTITY = 9999


def read(serializer: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """
    Return the values that a door was given.

    :raises ValidationError: naming each field that is not acceptable.
    """
    given = serializer(data=data)
    given.is_valid(raise_exception=True)
    values: dict[str, Any] = given.validated_data
    return values


class BasketLineInput(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.DecimalField(
        max_digits=10, decimal_places=3, max_value=MAX_QUANTITY, min_value=None
    )

    def validate_quantity(self, value: Any) -> Any:
        if value <= 0:
            raise serializers.ValidationError("must be above 0", code="min_value")
        return value


class CustomerInput(serializers.Serializer[Any]):
    external_id = serializers.CharField(max_length=64)
    first_name = serializers.CharField(max_length=60)
    last_name = serializers.CharField(max_length=80, default="", allow_blank=True)
    email = serializers.EmailField(default="", allow_blank=True)
    phone = serializers.CharField(max_length=32, default="", allow_blank=True)
    language = serializers.ChoiceField(choices=["en", "de", "fr"], default="", allow_blank=True)


class VehicleInput(serializers.Serializer[Any]):
    description = serializers.CharField(max_length=60, default="", allow_blank=True)
    plate = serializers.CharField(max_length=16, default="", allow_blank=True)
    plate_consent = serializers.BooleanField(default=False)


class PaymentInput(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=120, default="", allow_blank=True)
    authorized_minor = serializers.IntegerField(min_value=0, max_value=10**12, default=0)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class PaymentOutput(serializers.Serializer[Any]):
    status = serializers.CharField()
    reference = serializers.CharField()
    authorized_minor = serializers.IntegerField()
    captured_minor = serializers.IntegerField()
    refunded_minor = serializers.IntegerField()


class OrderInput(serializers.Serializer[Any]):
    store = serializers.SlugField(max_length=32)
    number = serializers.CharField(max_length=32)
    customer = CustomerInput()
    vehicle = VehicleInput(required=False, allow_null=True, default=None)
    lines = BasketLineInput(many=True, allow_empty=False, max_length=MAX_LINES)  # type: ignore[call-arg]
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField()
    promo_codes = serializers.ListField(
        child=serializers.CharField(max_length=40), default=list, max_length=20
    )
    hold = serializers.UUIDField(required=False, allow_null=True, default=None)
    payment = PaymentInput(required=False, allow_null=True, default=None)


class LineOutput(serializers.Serializer[Any]):
    """What a line looks like; `_describe_line` makes it, for a serializer takes ten times as long."""

    id = serializers.IntegerField()
    sku = serializers.CharField(source="product.sku")
    quantity = serializers.DecimalField(max_digits=10, decimal_places=3)
    price_minor = serializers.IntegerField()
    wave = serializers.CharField()
    status = serializers.CharField()


class OrderOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    store = serializers.CharField(source="store.code")
    number = serializers.CharField()
    code = serializers.CharField()
    status = serializers.CharField()
    placed_at = serializers.DateTimeField()
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField()
    ready_at = serializers.DateTimeField(allow_null=True)
    on_hold = serializers.CharField()
    keep_until = serializers.DateTimeField(allow_null=True)
    promo_codes = serializers.ListField(child=serializers.CharField())
    customer_arrived_at = serializers.DateTimeField(allow_null=True)
    total_minor = serializers.IntegerField()
    currency = serializers.CharField(source="store.currency")
    version = serializers.IntegerField(source="revision")
    lines = serializers.SerializerMethodField()
    payment = serializers.SerializerMethodField()
    pickup_code = serializers.SerializerMethodField()
    tracking_url = serializers.SerializerMethodField()

    @extend_schema_field(LineOutput(many=True))
    def get_lines(self, order: Order) -> Any:
        return [_describe_line(line) for line in get_lines(order)]

    @extend_schema_field(PaymentOutput(allow_null=True))
    def get_payment(self, order: Order) -> Any:
        payment = getattr(order, "payment", None)  # with a new order it is in memory
        return None if payment is None else PaymentOutput(payment).data

    def get_pickup_code(self, order: Order) -> str | None:
        return order.pickup_code if order.is_open else None

    def get_tracking_url(self, order: Order) -> str:
        return get_tracking_url(order)


def _describe_line(line: OrderLine) -> dict[str, Any]:
    return {
        "id": line.pk,
        "sku": line.product.sku,
        "quantity": f"{line.quantity:.3f}",
        "price_minor": line.price_minor,
        "wave": line.wave,
        "status": line.status,
    }


class ProductInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    zone = serializers.ChoiceField(choices=Zone.choices)
    unit = serializers.ChoiceField(choices=Product.Unit.choices, default="EACH")
    price_minor = serializers.IntegerField(min_value=0, max_value=100_000_000)
    barcode = serializers.CharField(max_length=32, default="", allow_blank=True)
    aisle = serializers.CharField(max_length=8, default="", allow_blank=True)
    shelf = serializers.CharField(max_length=16, default="", allow_blank=True)
    is_active = serializers.BooleanField(default=True)
    released_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    category = serializers.SlugField(max_length=40, default="", allow_blank=True)
    attributes = serializers.DictField(default=dict)


class ProductOutput(ProductInput):
    sku = serializers.CharField()
    category = serializers.CharField(source="category.code", default="")  # type: ignore[assignment]


class StockInput(serializers.Serializer[Any]):
    on_hand = serializers.DecimalField(max_digits=10, decimal_places=3, min_value=0, max_value=999_999)
    safety_stock = serializers.DecimalField(
        max_digits=10, decimal_places=3, min_value=0, max_value=999_999, required=False, default=None
    )


class StockOutput(serializers.Serializer[Any]):
    store = serializers.CharField(source="store.code")
    sku = serializers.CharField(source="product.sku")
    on_hand = serializers.DecimalField(max_digits=10, decimal_places=3)
    reserved = serializers.DecimalField(max_digits=10, decimal_places=3)
    safety_stock = serializers.DecimalField(max_digits=10, decimal_places=3)
    deficit = serializers.DecimalField(max_digits=10, decimal_places=3)
    available = serializers.DecimalField(max_digits=10, decimal_places=3)


class TaskOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    status = serializers.CharField()
    trigger = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)
    place = serializers.CharField()
    bags = serializers.IntegerField()
    revision = serializers.IntegerField()


class SheetLineOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField(source="product.name")
    sku = serializers.CharField(source="product.sku")
    barcode = serializers.CharField(source="product.barcode")
    barcodes = serializers.SerializerMethodField()
    unit = serializers.CharField(source="product.unit")
    aisle = serializers.CharField(source="product.aisle")
    shelf = serializers.CharField(source="product.shelf")
    zone = serializers.CharField(source="product.zone")
    quantity = serializers.DecimalField(max_digits=10, decimal_places=3)
    status = serializers.CharField()

    def get_barcodes(self, line: OrderLine) -> list[str]:
        return [barcode.code for barcode in line.product.barcodes.all()]

    def to_representation(self, instance: Any) -> Any:
        """Say what it is; of a prescription only to those whom the view's context lets see it."""
        shown = super().to_representation(instance)
        category = instance.product.category
        if category and category.is_prescription and not self.context.get("sees_prescriptions"):
            shown |= {"name": gettext("Prescription"), "sku": "", "barcode": "", "barcodes": []}
        return shown


class SheetHeadOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    code = serializers.CharField()
    number = serializers.CharField()
    name = serializers.CharField()


class SheetOutput(serializers.Serializer[Any]):
    task = TaskOutput()
    order = SheetHeadOutput(allow_null=True)
    lines = SheetLineOutput(many=True)


class PickInput(serializers.Serializer[Any]):
    line = serializers.IntegerField(min_value=1)
    quantity = serializers.DecimalField(max_digits=10, decimal_places=3)


class LineInput(serializers.Serializer[Any]):
    line = serializers.IntegerField(min_value=1)


class FinishInput(serializers.Serializer[Any]):
    place = serializers.CharField(max_length=24)
    bags = serializers.IntegerField(min_value=0, max_value=99, default=1)
    all = serializers.BooleanField(default=False)


class HandOverInput(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=40, default="", allow_blank=True)
    override_reason = serializers.CharField(max_length=200, default="", allow_blank=True)
    lines = serializers.ListField(child=serializers.IntegerField(min_value=1), default=list, max_length=200)
    checks = serializers.ListField(child=serializers.CharField(max_length=20), default=list, max_length=20)


class HandoverOutput(serializers.Serializer[Any]):
    order = serializers.UUIDField(source="order.public_id")
    method = serializers.CharField()
    is_part = serializers.BooleanField()
    at = serializers.DateTimeField()
    wait_s = serializers.SerializerMethodField()

    def get_wait_s(self, handover: Any) -> int | None:
        return None if handover.wait is None else round(handover.wait.total_seconds())


class ReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=80, default="requested", allow_blank=True)


class WindowInput(serializers.Serializer[Any]):
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField()


class BasketInput(serializers.Serializer[Any]):
    lines = BasketLineInput(many=True, allow_empty=False, max_length=MAX_LINES)  # type: ignore[call-arg]


class AvailabilityInput(BasketInput):
    latitude = serializers.FloatField(min_value=-90, max_value=90, required=False, default=None)
    longitude = serializers.FloatField(min_value=-180, max_value=180, required=False, default=None)

    def validate(self, attrs: Any) -> Any:
        if (attrs["latitude"] is None) != (attrs["longitude"] is None):
            raise serializers.ValidationError("give both latitude and longitude, or neither")
        return attrs


class ShortOutput(serializers.Serializer[Any]):
    sku = serializers.CharField()
    wanted = serializers.CharField()
    available = serializers.CharField()


class StoreAvailabilityOutput(serializers.Serializer[Any]):
    store = serializers.CharField()
    name = serializers.CharField()
    can = serializers.BooleanField()
    short = ShortOutput(many=True)
    distance_km = serializers.FloatField(allow_null=True)


class AvailabilityOutput(serializers.Serializer[Any]):
    stores = StoreAvailabilityOutput(many=True)


class PeriodInput(serializers.Serializer[Any]):
    since = serializers.DateTimeField(required=False, default=None)
    until = serializers.DateTimeField(required=False, default=None)

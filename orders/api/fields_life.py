"""What the doors of an order's life take and give."""

from typing import Any

from rest_framework import serializers

from orders.api.fields import VehicleInput
from orders.models import Delegate, Order, Return
from orders.services import delegates


class HoldReasonInput(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=Order.OnHold.choices)


class RecallInput(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)


class WasteInput(serializers.Serializer[Any]):
    waste = serializers.ListField(child=serializers.IntegerField(min_value=1), default=list, max_length=200)


class StoreChangeInput(serializers.Serializer[Any]):
    store = serializers.SlugField(max_length=32)
    window_start = serializers.DateTimeField(required=False, default=None)
    window_end = serializers.DateTimeField(required=False, default=None)

    def validate(self, attrs: Any) -> Any:
        if (attrs["window_start"] is None) != (attrs["window_end"] is None):
            raise serializers.ValidationError("give both ends of the window, or neither")
        return attrs


class VehicleChangeInput(serializers.Serializer[Any]):
    vehicle = VehicleInput(allow_null=True)


class DelegateInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    expires_at = serializers.DateTimeField(required=False, default=None)


class DelegateOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    url = serializers.SerializerMethodField()

    def get_url(self, delegate: Delegate) -> str:
        return delegates.get_url(delegate)


class RejectionInput(serializers.Serializer[Any]):
    line = serializers.IntegerField(min_value=1)
    quantity = serializers.DecimalField(max_digits=10, decimal_places=3)
    reason = serializers.CharField(max_length=80)
    disposition = serializers.ChoiceField(choices=Return.Disposition.choices, default="", allow_blank=True)


class RejectInput(serializers.Serializer[Any]):
    lines = RejectionInput(many=True, allow_empty=False, max_length=200)  # type: ignore[call-arg]


class ReturnedLineInput(RejectionInput):
    condition = serializers.ChoiceField(choices=Return.Condition.choices)


class ReturnInput(serializers.Serializer[Any]):
    lines = ReturnedLineInput(many=True, allow_empty=False, max_length=200)  # type: ignore[call-arg]
    exchange_number = serializers.CharField(max_length=32, default="", allow_blank=True)


class ReturnOutput(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    line = serializers.IntegerField(source="line_id")
    sku = serializers.CharField(source="line.product.sku")
    quantity = serializers.DecimalField(source="line.quantity", max_digits=10, decimal_places=3)
    reason = serializers.CharField()
    condition = serializers.CharField()
    disposition = serializers.CharField()
    refund_minor = serializers.IntegerField()
    exchanged_for = serializers.CharField(source="exchanged_for.number", default=None, allow_null=True)
    at = serializers.DateTimeField()


class VoidInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)

"""What the doors of transfers take and give."""

from typing import Any

from rest_framework import serializers

from orders.api.fields import MAX_LINES, BasketLineInput
from orders.models import Transfer


class TransferInput(serializers.Serializer[Any]):
    source = serializers.SlugField(max_length=32)  # type: ignore[assignment]
    target = serializers.SlugField(max_length=32)
    lines = BasketLineInput(many=True, allow_empty=False, max_length=MAX_LINES)  # type: ignore[call-arg]


class TransferQuery(serializers.Serializer[Any]):
    store = serializers.SlugField(max_length=32, required=False)
    status = serializers.ChoiceField(choices=Transfer.Status.choices, required=False)


class TransferReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, default="", allow_blank=True)


class ReceivedLineInput(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.DecimalField(max_digits=10, decimal_places=3, min_value=0, max_value=999_999)


class ReceiveInput(serializers.Serializer[Any]):
    lines = ReceivedLineInput(many=True, default=list, max_length=MAX_LINES)  # type: ignore[call-arg]


class TransferLineOutput(serializers.Serializer[Any]):
    sku = serializers.CharField(source="product.sku")
    quantity = serializers.DecimalField(max_digits=10, decimal_places=3)
    received = serializers.DecimalField(max_digits=10, decimal_places=3, allow_null=True)


class TransferOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    source = serializers.CharField(source="source.code")  # type: ignore[assignment]
    target = serializers.CharField(source="target.code")
    status = serializers.CharField()
    reason = serializers.CharField()
    requested_at = serializers.DateTimeField()
    status_changed_at = serializers.DateTimeField()
    lines = TransferLineOutput(many=True)

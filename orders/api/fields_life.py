"""What the doors of an order's life take and give."""

from typing import Any

from rest_framework import serializers

from orders.models import Order


class HoldReasonInput(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=Order.OnHold.choices)


class RecallInput(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)


class WasteInput(serializers.Serializer[Any]):
    waste = serializers.ListField(child=serializers.IntegerField(min_value=1), default=list, max_length=200)

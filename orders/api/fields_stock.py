"""What the doors of stock take and give."""

from typing import Any

from rest_framework import serializers

from orders.api.fields import MAX_LINES, BasketLineInput
from orders.models import StockFact

MAX_FACTS = 500


class HoldInput(serializers.Serializer[Any]):
    store = serializers.SlugField(max_length=32)
    lines = BasketLineInput(many=True, allow_empty=False, max_length=MAX_LINES)  # type: ignore[call-arg]
    seconds = serializers.IntegerField(min_value=1, max_value=1800, default=600)


class HoldOutput(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id")
    store = serializers.CharField(source="store.code")
    status = serializers.CharField()
    expires_at = serializers.DateTimeField()


class FactInput(serializers.Serializer[Any]):
    sequence = serializers.IntegerField(min_value=0, max_value=2**62)
    sku = serializers.CharField(max_length=64)
    kind = serializers.ChoiceField(choices=StockFact.Kind.choices)
    quantity = serializers.DecimalField(max_digits=10, decimal_places=3, min_value=0, max_value=999_999)
    occurred_at = serializers.DateTimeField()


class FactsInput(serializers.Serializer[Any]):
    source = serializers.CharField(max_length=40)  # type: ignore[assignment]  # the member's name is given
    facts = FactInput(many=True, allow_empty=False, max_length=MAX_FACTS)  # type: ignore[call-arg]


class ReceiptOutput(serializers.Serializer[Any]):
    sequence = serializers.IntegerField()
    outcome = serializers.CharField()


class FeedInput(serializers.Serializer[Any]):
    since = serializers.CharField(max_length=40, default="0-0")
    limit = serializers.IntegerField(min_value=1, max_value=500, default=500)

"""What the doors of safety stock and of stock reports take and give."""

from typing import Any

from rest_framework import serializers

from orders.models import SafetyRule


class AmountField(serializers.DecimalField):
    """A quantity of stock."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=10, decimal_places=3, min_value=0, max_value=999_999, **options)


class ScopeInput(serializers.Serializer[Any]):
    store = serializers.SlugField(max_length=32, default="", allow_blank=True)
    category = serializers.SlugField(max_length=40, default="", allow_blank=True)
    sku = serializers.CharField(max_length=64, default="", allow_blank=True)


class RuleInput(ScopeInput):
    kind = serializers.ChoiceField(choices=SafetyRule.Kind.choices, default="FIXED")
    amount = AmountField()


class RuleOutput(serializers.Serializer[Any]):
    store = serializers.SlugField(source="store.code", default="")
    category = serializers.SlugField(source="category.code", default="")
    sku = serializers.CharField(source="product.sku", default="")
    kind = serializers.CharField()
    amount = serializers.DecimalField(max_digits=10, decimal_places=3)


class AcceptInput(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)
    safety_stock = AmountField()


class SuggestionOutput(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    lines = serializers.IntegerField()
    short_lines = serializers.IntegerField()
    short_units = serializers.DecimalField(max_digits=12, decimal_places=3)
    safety_stock = serializers.DecimalField(max_digits=10, decimal_places=3)
    suggested = serializers.DecimalField(max_digits=10, decimal_places=3)


class SuggestionsOutput(serializers.Serializer[Any]):
    suggestions = SuggestionOutput(many=True)


class VarianceOutput(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    counts = serializers.IntegerField()
    found = serializers.DecimalField(max_digits=12, decimal_places=3)
    lost = serializers.DecimalField(max_digits=12, decimal_places=3)


class StockOutOutput(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    on_hand = serializers.DecimalField(max_digits=10, decimal_places=3)
    reserved = serializers.DecimalField(max_digits=10, decimal_places=3)
    safety_stock = serializers.DecimalField(max_digits=10, decimal_places=3)
    deficit = serializers.DecimalField(max_digits=10, decimal_places=3)


class StockReportOutput(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    variances = VarianceOutput(many=True)
    stock_outs = StockOutOutput(many=True)

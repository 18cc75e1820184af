"""What the doors for barcodes, prices and categories by the thousand take and give."""

from typing import Any

from rest_framework import serializers

from orders.api.fields_catalog import CategoryInput
from orders.services.catalog import MOST_ROWS


class BarcodeRowInput(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=32)
    sku = serializers.CharField(max_length=64)


class BarcodesInput(serializers.Serializer[Any]):
    barcodes = BarcodeRowInput(many=True, allow_empty=False, max_length=MOST_ROWS)  # type: ignore[call-arg]


class PriceRowInput(serializers.Serializer[Any]):
    store = serializers.SlugField(max_length=32)
    sku = serializers.CharField(max_length=64)
    price_minor = serializers.IntegerField(min_value=0, max_value=100_000_000, allow_null=True)


class PricesInput(serializers.Serializer[Any]):
    prices = PriceRowInput(many=True, allow_empty=False, max_length=MOST_ROWS)  # type: ignore[call-arg]


class CategoryRowInput(CategoryInput):
    code = serializers.SlugField(max_length=40)


class CategoriesInput(serializers.Serializer[Any]):
    categories = CategoryRowInput(many=True, allow_empty=False, max_length=MOST_ROWS)  # type: ignore[call-arg]


class OutcomesOutput(serializers.Serializer[Any]):
    outcomes = serializers.ListField(child=serializers.CharField())

"""What the doors of the catalog take and give."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from orders.api.fields import ProductInput
from orders.models.categories import validate_schema
from orders.services.catalog import MOST_ROWS


class ProductRowInput(ProductInput):
    sku = serializers.CharField(max_length=64)


class ProductsInput(serializers.Serializer[Any]):
    products = ProductRowInput(many=True, allow_empty=False, max_length=MOST_ROWS)  # type: ignore[call-arg]


class RowOutput(serializers.Serializer[Any]):
    sku = serializers.CharField()
    outcome = serializers.CharField()
    detail = serializers.CharField()


class CategoryInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    attribute_schema = serializers.JSONField(default=dict)
    min_age = serializers.IntegerField(min_value=1, max_value=99, allow_null=True, default=None)
    needs_identity = serializers.BooleanField(default=False)
    is_prescription = serializers.BooleanField(default=False)
    may_be_substituted = serializers.BooleanField(default=True)

    def validate_attribute_schema(self, value: Any) -> Any:
        try:
            validate_schema(value)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error
        return value


class CategoryOutput(CategoryInput):
    code = serializers.CharField()

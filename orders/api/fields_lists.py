"""What the lists take and give."""

from typing import Any

from rest_framework import serializers

from orders.models import Order


class OrderQuery(serializers.Serializer[Any]):
    store = serializers.SlugField(max_length=32, required=False)
    status = serializers.MultipleChoiceField(choices=Order.Status.choices, required=False)
    number = serializers.CharField(max_length=32, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class OrderRowOutput(serializers.Serializer[Any]):
    """An order in a list: neither its lines nor the code that opens the boot."""

    id = serializers.UUIDField(source="public_id")
    store = serializers.CharField(source="store.code")
    number = serializers.CharField()
    code = serializers.CharField()
    status = serializers.CharField()
    on_hold = serializers.CharField()
    placed_at = serializers.DateTimeField()
    status_changed_at = serializers.DateTimeField()
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField()
    ready_at = serializers.DateTimeField(allow_null=True)
    total_minor = serializers.IntegerField()
    currency = serializers.CharField(source="store.currency")
    version = serializers.IntegerField(source="revision")


class EventOutput(serializers.Serializer[Any]):
    kind = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    actor = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # the member's name is given


class MovementQuery(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class MovementOutput(serializers.Serializer[Any]):
    sku = serializers.CharField(source="product.sku")
    kind = serializers.CharField()
    on_hand_change = serializers.DecimalField(max_digits=10, decimal_places=3)
    reserved_change = serializers.DecimalField(max_digits=10, decimal_places=3)
    order = serializers.UUIDField(source="order.public_id", default=None, allow_null=True)
    hold = serializers.UUIDField(source="hold.public_id", default=None, allow_null=True)
    occurred_at = serializers.DateTimeField()
    actor = serializers.CharField()


class ProductQuery(serializers.Serializer[Any]):
    category = serializers.SlugField(max_length=40, required=False)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)

"""The lists that integrators read: orders, what happened to one, the stock ledger, products."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis.authentication import requires
from bopis.models import ApiKey
from orders import queries
from orders.api import fields, fields_lists, integrators
from orders.api.integrators import get_key, get_store_ids
from orders.api.pages import PageInput, page_of, paginate
from orders.models import Order, Product, StockMovement
from orders.permissions import get_store_for_key

ProductPage = page_of(fields.ProductOutput)
PRODUCT_QUERY = (fields_lists.ProductQuery, PageInput)


class OrdersView(integrators.OrdersView):
    """
    GET /api/v1/orders/?store=&status=&number=&since=&until=&cursor=&limit= -> 200 a page, newest first.

    POST (Idempotency-Key) -> 201 order with pickup code and tracking link | 409 "out-of-stock", which names
    the lines that fall short; nothing is then left behind.
    """

    Query = (fields_lists.OrderQuery, PageInput)
    GetOutput = page_of(fields_lists.OrderRowOutput)
    permission_classes = [requires("orders:write", to_read="orders:read")]

    def get(self, request: Request) -> Response:
        wanted = _read(fields_lists.OrderQuery, request)
        rows = _choose_stores(Order.objects.select_related("store"), get_key(request), wanted)
        if wanted.get("status"):
            rows = rows.filter(status__in=wanted["status"])
        if "number" in wanted:
            rows = rows.filter(number=wanted["number"])
        rows = _within(rows, "placed_at", wanted)
        return paginate(request, rows, key="-id", serializer=fields_lists.OrderRowOutput)


class EventsView(APIView):
    """
    GET /api/v1/orders/{id}/events/?cursor=&limit= -> 200 a page of what happened, oldest first.
    """

    Query = (PageInput,)
    Output = page_of(fields_lists.EventOutput)
    permission_classes = [requires("orders:read")]

    def get(self, request: Request, public_id: UUID) -> Response:
        order = queries.get_order(str(public_id), store_ids=get_store_ids(get_key(request)))
        return paginate(request, order.events.all(), key="id", serializer=fields_lists.EventOutput)


class MovementsView(APIView):
    """
    GET /api/v1/stores/{code}/stock-movements/?sku=&since=&until=&cursor=&limit= -> 200 a page of the ledger.

    Newest first; the sums of a product's changes are its level.
    """

    Query = (fields_lists.MovementQuery, PageInput)
    Output = page_of(fields_lists.MovementOutput)
    permission_classes = [requires("orders:read")]

    def get(self, request: Request, code: str) -> Response:
        store = get_store_for_key(get_key(request), code)
        wanted = _read(fields_lists.MovementQuery, request)
        rows = StockMovement.objects.filter(store=store).select_related("product", "order", "hold")
        if "sku" in wanted:
            rows = rows.filter(product__sku=wanted["sku"])
        rows = _within(rows, "occurred_at", wanted)
        return paginate(request, rows, key="-id", serializer=fields_lists.MovementOutput)


def list_products(request: Request) -> Response:
    """Answer with a page of the catalog, by SKU."""
    wanted = _read(fields_lists.ProductQuery, request)
    rows = Product.objects.select_related("category")
    if "category" in wanted:
        rows = rows.filter(category__code=wanted["category"])
    if wanted["is_active"] is not None:
        rows = rows.filter(is_active=wanted["is_active"])
    return paginate(request, rows, key="sku", serializer=fields.ProductOutput)


def _choose_stores(rows: QuerySet[Any], key: ApiKey, wanted: dict[str, Any]) -> QuerySet[Any]:
    if "store" in wanted:
        return rows.filter(store=get_store_for_key(key, wanted["store"]))
    store_ids = get_store_ids(key)
    return rows if store_ids is None else rows.filter(store__in=store_ids)


def _read(query: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    given = query(data=request.query_params)
    given.is_valid(raise_exception=True)
    values: dict[str, Any] = given.validated_data
    return values


def _within(rows: QuerySet[Any], column: str, wanted: dict[str, Any]) -> QuerySet[Any]:
    if "since" in wanted:
        rows = rows.filter(**{f"{column}__gte": wanted["since"]})
    if "until" in wanted:
        rows = rows.filter(**{f"{column}__lt": wanted["until"]})
    return rows

"""The doors for barcodes, prices and categories, at most a thousand rows at once."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis.authentication import requires
from orders.api import fields_bulk
from orders.api.integrators import get_key, get_store_ids
from orders.services import bulk


class BarcodesView(APIView):
    """
    PUT /api/v1/barcodes/ {"barcodes": [{"code", "sku"}]} -> 200 {"outcomes"}: what became of each row.

    "stored" or "unknown-sku"; a code that another product had is its no longer.
    """

    Input = fields_bulk.BarcodesInput
    Output = fields_bulk.OutcomesOutput
    permission_classes = [requires("products:write")]

    def put(self, request: Request) -> Response:
        body = fields_bulk.BarcodesInput(data=request.data)
        body.is_valid(raise_exception=True)
        rows = [(row["code"], row["sku"]) for row in body.validated_data["barcodes"]]
        return Response({"outcomes": bulk.upsert_barcodes(rows)})


class PricesView(APIView):
    """
    PUT /api/v1/prices/ {"prices": [{"store", "sku", "price_minor"}]} -> 200 {"outcomes"} of each row.

    "stored", "unknown-sku" or "store-not-found"; null takes the store's own price away.
    """

    Input = fields_bulk.PricesInput
    Output = fields_bulk.OutcomesOutput
    permission_classes = [requires("products:write")]

    def put(self, request: Request) -> Response:
        body = fields_bulk.PricesInput(data=request.data)
        body.is_valid(raise_exception=True)
        rows = [bulk.PriceRow(**row) for row in body.validated_data["prices"]]
        return Response({"outcomes": bulk.upsert_prices(rows, store_ids=get_store_ids(get_key(request)))})


class CategoriesView(APIView):
    """
    PUT /api/v1/categories/ {"categories"} -> 200 {"outcomes"}: "created" or "updated" of each row.
    """

    Input = fields_bulk.CategoriesInput
    Output = fields_bulk.OutcomesOutput
    permission_classes = [requires("products:write")]

    def put(self, request: Request) -> Response:
        body = fields_bulk.CategoriesInput(data=request.data)
        body.is_valid(raise_exception=True)
        rows = [(row.pop("code"), row) for row in map(dict, body.validated_data["categories"])]
        return Response({"outcomes": bulk.upsert_categories(rows)})

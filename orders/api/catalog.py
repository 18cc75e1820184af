"""The catalog's doors for whole lists: categories, and products by the thousand."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis.authentication import requires
from orders.api import fields_catalog, lists
from orders.services import catalog


class CategoryView(APIView):
    """
    PUT /api/v1/categories/{code}/ -> 200 | 201 category; a repeat changes nothing.
    """

    permission_classes = [requires("products:write")]

    def put(self, request: Request, code: str) -> Response:
        body = fields_catalog.CategoryInput(data=request.data)
        body.is_valid(raise_exception=True)
        category, is_new = catalog.upsert_category(code=code, values=body.validated_data)
        return Response(fields_catalog.CategoryOutput(category).data, status=201 if is_new else 200)


class ProductsView(APIView):
    """
    GET /api/v1/products/?category=&is_active=&cursor=&limit= -> 200 a page of the catalog, by SKU.

    PUT {"products"} -> 200 what became of each row, at most a thousand. A row that is refused changes
    nothing and stops no other; a repeat changes nothing.
    """

    Query = lists.PRODUCT_QUERY
    GetOutput = lists.ProductPage
    permission_classes = [requires("products:write", to_read="orders:read")]

    def get(self, request: Request) -> Response:
        return lists.list_products(request)

    def put(self, request: Request) -> Response:
        body = fields_catalog.ProductsInput(data=request.data)
        body.is_valid(raise_exception=True)
        rows = [
            (row.pop("sku"), catalog.ProductFacts(**row))
            for row in map(dict, body.validated_data["products"])
        ]
        results = catalog.upsert_products(rows)
        return Response({"products": fields_catalog.RowOutput(results, many=True).data})

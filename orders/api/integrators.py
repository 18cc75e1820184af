"""What the e-commerce platform, the POS and the stock system call, with an API key."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis import clock
from bopis.authentication import requires
from bopis.errors import NotFoundError
from bopis.idempotency import idempotent, repeatable
from bopis.models import ApiKey
from orders import availability, queries
from orders.api import fields
from orders.api.fields import read
from orders.api.versions import tag, versioned
from orders.models import Order, Product
from orders.permissions import get_store_for_key
from orders.services import catalog, changing, counts, holds, payments, placing, slots, vehicles


class ProductNotFoundError(NotFoundError):
    """No product has this SKU."""

    code = "product-not-found"


class ProductView(APIView):
    """
    PUT /api/v1/products/{sku}/ -> 200 | 201 product; a repeat changes nothing.
    """

    Input = fields.ProductInput
    Output = fields.ProductOutput
    permission_classes = [requires("products:write")]

    def put(self, request: Request, sku: str) -> Response:
        facts = catalog.ProductFacts(**read(self.Input, request.data))
        product, is_new = catalog.upsert_product(sku=sku, facts=facts)
        return Response(self.Output(product).data, status=201 if is_new else 200)


class StockView(APIView):
    """
    PUT /api/v1/stores/{code}/stock/{sku}/ {"on_hand", "safety_stock"?} -> 200 stock level.

    A count is a fact: it is never refused, and may leave a deficit.
    """

    Input = fields.StockInput
    Output = fields.StockOutput
    permission_classes = [requires("stock:write")]

    def put(self, request: Request, code: str, sku: str) -> Response:
        store = get_store_for_key(get_key(request), code)
        body = read(self.Input, request.data)
        product = Product.objects.filter(sku=sku).first()
        if product is None:
            raise ProductNotFoundError(f"no product {sku}")
        level = counts.set_level(
            store_id=store.pk,
            product_id=product.pk,
            at=clock.now(),
            actor=get_actor(request),
            **body,
        )
        return Response(self.Output(level).data)


class OrdersView(APIView):
    """
    POST /api/v1/orders/ (Idempotency-Key) -> 201 order with pickup code and tracking link.

    409 "out-of-stock" names the lines that fall short; nothing is then left behind.
    """

    Input = fields.OrderInput
    Output = fields.OrderOutput
    permission_classes = [requires("orders:write")]

    @idempotent
    def post(self, request: Request) -> Response:
        facts = read(self.Input, request.data)
        store = get_store_for_key(get_key(request), facts["store"])
        order = placing.place_order(
            store_id=store.pk, basket=_read_basket(facts), at=clock.now(), actor=get_actor(request)
        )
        return Response(self.Output(order).data, status=201)


class OrderView(APIView):
    """
    GET /api/v1/orders/{id}/ -> 200 order, its version in the ETag.
    """

    Output = fields.OrderOutput
    permission_classes = [requires("orders:read")]

    def get(self, request: Request, public_id: UUID) -> Response:
        return tag(Response(self.Output(_get_order(request, public_id)).data))


class WindowView(APIView):
    """
    POST /api/v1/orders/{id}/window/ {"window_start", "window_end"} -> 200 order, moved.

    409 "slot-full" offers the next that can bear it.
    """

    Input = fields.WindowInput
    Output = fields.OrderOutput
    permission_classes = [requires("orders:write")]

    @repeatable
    @versioned
    def post(self, request: Request, public_id: UUID) -> Response:
        order = _get_order(request, public_id)
        window = read(self.Input, request.data)
        changing.change_window(order_id=order.pk, at=clock.now(), actor=get_actor(request), **window)
        return Response(self.Output(_get_order(request, public_id)).data)


class SlotsView(APIView):
    """
    POST /api/v1/stores/{code}/slots/ {"lines"} -> 200 the store's slots, which are free, their fee.
    """

    Input = fields.BasketInput
    permission_classes = [requires("orders:read")]

    def post(self, request: Request, code: str) -> Response:
        store = get_store_for_key(get_key(request), code)
        lines = read(self.Input, request.data)["lines"]
        quantities = placing.sum_by_sku([placing.BasketLine(**line) for line in lines])
        products = holds.get_products(quantities)
        load = slots.measure([(products[sku].zone, float(many)) for sku, many in quantities.items()])
        offers = slots.get_offers(store, load, at=clock.now())
        return Response({"slots": [offer.describe() for offer in offers]})


class PaidView(APIView):
    """
    POST /api/v1/orders/{id}/paid/ -> 200 order: the till has taken the money; a repeat changes nothing.
    """

    Output = fields.OrderOutput
    permission_classes = [requires("orders:write")]

    @repeatable
    @versioned
    def post(self, request: Request, public_id: UUID) -> Response:
        order = _get_order(request, public_id)
        payments.take_at_pickup(order_id=order.pk, at=clock.now(), actor=get_actor(request))
        return Response(fields.OrderOutput(_get_order(request, public_id)).data)


class AvailabilityView(APIView):
    """
    POST /api/v1/availability/ {"lines", "latitude"?, "longitude"?} -> 200 stores, those that can first.
    """

    Input = fields.AvailabilityInput
    Output = fields.AvailabilityOutput
    permission_classes = [requires("orders:read")]

    def post(self, request: Request) -> Response:
        facts = read(self.Input, request.data)
        stores = availability.find_stores(
            {line["sku"]: line["quantity"] for line in facts["lines"]},
            store_ids=get_store_ids(get_key(request)),
            near=(facts["latitude"], facts["longitude"]) if facts["latitude"] is not None else None,
            at=clock.now(),
        )
        return Response({"stores": stores})


def get_key(request: Request) -> ApiKey:
    """Return the key that signed the request; `requires` has let nobody else in."""
    assert isinstance(request.auth, ApiKey)
    return request.auth


def get_actor(request: Request) -> str:
    """Return how the integrator is named in events and the ledger."""
    return f"api:{get_key(request).prefix}"


def get_store_ids(key: ApiKey) -> list[int] | None:
    """Return the stores that a key may see; None means all."""
    return list(key.stores.values_list("pk", flat=True)) or None


def _get_order(request: Request, public_id: UUID) -> Order:
    return queries.get_order(str(public_id), store_ids=get_store_ids(get_key(request)))


def _read_basket(facts: dict[str, Any]) -> placing.Basket:
    return placing.Basket(
        number=facts["number"],
        customer=placing.CustomerFacts(**facts["customer"]),
        vehicle=vehicles.VehicleFacts(**facts["vehicle"]) if facts["vehicle"] else None,
        lines=[placing.BasketLine(**line) for line in facts["lines"]],
        window_start=facts["window_start"],
        window_end=facts["window_end"],
        hold_id=facts["hold"],
        promo_codes=facts["promo_codes"],
        payment=payments.PaymentFacts(**facts["payment"]) if facts["payment"] else None,
    )

"""What tills, counts and checkouts say of stock, and the feed that tells what came of it."""

from datetime import timedelta
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis import clock
from bopis.authentication import requires
from bopis.idempotency import idempotent
from orders.api import fields, fields_stock
from orders.api.integrators import get_actor, get_key, get_store_ids
from orders.permissions import get_store_for_key
from orders.services import facts, feed, holds, placing


class HoldsView(APIView):
    """
    POST /api/v1/holds/ {"store", "lines", "seconds"} (Idempotency-Key) -> 201 hold.

    409 "out-of-stock" names what falls short; nothing is then kept.
    """

    permission_classes = [requires("orders:write")]

    @idempotent
    def post(self, request: Request) -> Response:
        body = fields_stock.HoldInput(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        store = get_store_for_key(get_key(request), wanted["store"])
        hold = holds.hold(
            store_id=store.pk,
            quantities=placing.sum_by_sku([placing.BasketLine(**line) for line in wanted["lines"]]),
            length=timedelta(seconds=wanted["seconds"]),
            at=clock.now(),
            actor=get_actor(request),
        )
        return Response(fields_stock.HoldOutput(hold).data, status=201)


class HoldView(APIView):
    """
    DELETE /api/v1/holds/{id}/ -> 200 hold, its units available again; a repeat changes nothing.
    """

    permission_classes = [requires("orders:write")]

    def delete(self, request: Request, public_id: UUID) -> Response:
        hold = holds.release(
            public_id=public_id,
            store_ids=get_store_ids(get_key(request)),
            at=clock.now(),
            actor=get_actor(request),
        )
        return Response(fields_stock.HoldOutput(hold).data)


class FactsView(APIView):
    """
    POST /api/v1/stores/{code}/stock-facts/ {"source", "facts"} -> 200 what became of each.

    Needs no Idempotency-Key: source and sequence make every fact count once.
    """

    permission_classes = [requires("stock:write")]

    def post(self, request: Request, code: str) -> Response:
        store = get_store_for_key(get_key(request), code)
        body = fields_stock.FactsInput(data=request.data)
        body.is_valid(raise_exception=True)
        receipts = facts.record(
            store_id=store.pk,
            source=body.validated_data["source"],
            facts=[facts.Fact(**fact) for fact in body.validated_data["facts"]],
            at=clock.now(),
            actor=get_actor(request),
        )
        return Response({"facts": fields_stock.ReceiptOutput(receipts, many=True).data})


class FeedView(APIView):
    """
    GET /api/v1/stock/?since=CURSOR&limit= -> 200 {"levels", "cursor", "has_more"}.

    Without `since` every level; then what changed since the cursor, each level once.
    """

    permission_classes = [requires("orders:read")]

    def get(self, request: Request) -> Response:
        query = fields_stock.FeedInput(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = feed.read(
            store_ids=get_store_ids(get_key(request)),
            cursor=query.validated_data["since"],
            limit=query.validated_data["limit"],
        )
        levels = fields.StockOutput(page.levels, many=True).data
        return Response({"levels": levels, "cursor": page.cursor, "has_more": page.has_more})

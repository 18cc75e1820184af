"""Safety stock's doors: rules, what shorts suggest, and the report that a stock manager reads."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis import clock
from bopis.authentication import requires
from bopis.errors import ForbiddenError
from bopis.idempotency import repeatable
from bopis.models import ApiKey
from orders import stock_reports
from orders.api import fields, fields_safety
from orders.api.integrators import ProductNotFoundError, get_actor, get_key, get_store_ids
from orders.api.pages import PageInput, page_of, paginate
from orders.api.stores import authorize_store
from orders.models import Category, Product, SafetyRule
from orders.permissions import get_store_for_key
from orders.services import safety, shorts
from orders.services.catalog import CategoryNotFoundError


class NeedsAllStoresError(ForbiddenError):
    """A key that is bound to stores may set the rules of those only."""

    code = "needs-all-stores"


class RulesView(APIView):
    """
    GET /api/v1/safety-rules/?cursor=&limit= -> 200 a page of the rules.

    PUT {"store"?, "category" or "sku"?, "kind", "amount"} -> 200 rule: the one of that scope; a repeat
    changes nothing. DELETE ?store=&category=&sku= -> 204.
    """

    Input = fields_safety.RuleInput
    Output = fields_safety.RuleOutput
    Query = (PageInput,)
    GetOutput = page_of(fields_safety.RuleOutput)
    permission_classes = [requires("stock:write")]

    def get(self, request: Request) -> Response:
        rules = SafetyRule.objects.select_related("store", "category", "product")
        store_ids = get_store_ids(get_key(request))
        if store_ids is not None:
            rules = rules.filter(store_id__in=store_ids)
        return paginate(request, rules, key="id", serializer=fields_safety.RuleOutput)

    def put(self, request: Request) -> Response:
        body = fields_safety.RuleInput(data=request.data)
        body.is_valid(raise_exception=True)
        rule = safety.put_rule(
            _find_scope(get_key(request), body.validated_data),
            kind=body.validated_data["kind"],
            amount=body.validated_data["amount"],
            at=clock.now(),
            actor=get_actor(request),
        )
        return Response(fields_safety.RuleOutput(rule).data)

    def delete(self, request: Request) -> Response:
        query = fields_safety.ScopeInput(data=request.query_params)
        query.is_valid(raise_exception=True)
        scope = _find_scope(get_key(request), query.validated_data)
        safety.delete_rule(scope, at=clock.now(), actor=get_actor(request))
        return Response(status=204)


class SuggestionsView(APIView):
    """
    GET /api/v1/stores/{code}/safety-suggestions/?since= -> 200 the 20 products with the most short lines.

    Of four weeks, when no time is given, each with the safety stock that would have been enough for nine
    of ten. POST {"sku", "safety_stock"} -> 200 rule: accepts it, or a number of one's own; for managers.
    """

    Input = fields_safety.AcceptInput
    Output = fields_safety.RuleOutput
    Query = (fields.PeriodInput,)
    GetOutput = fields_safety.SuggestionsOutput

    def get(self, request: Request, code: str) -> Response:
        store, _ = authorize_store(request, code, scope="orders:read")
        query = fields.PeriodInput(data=request.query_params)
        query.is_valid(raise_exception=True)
        since = query.validated_data["since"] or clock.now() - shorts.PERIOD
        found = shorts.suggest(store_id=store.pk, since=since)
        return Response(fields_safety.SuggestionsOutput({"suggestions": found}).data)

    @repeatable
    def post(self, request: Request, code: str) -> Response:
        store, actor = authorize_store(request, code, scope="stock:write", as_manager=True)
        body = fields_safety.AcceptInput(data=request.data)
        body.is_valid(raise_exception=True)
        scope = safety.Scope(store_id=store.pk, product_id=_find_product(body.validated_data["sku"]).pk)
        amount = body.validated_data["safety_stock"]
        rule = safety.put_rule(scope, kind="FIXED", amount=amount, at=clock.now(), actor=actor)
        return Response(fields_safety.RuleOutput(rule).data)


class StockReportView(APIView):
    """
    GET /api/v1/stores/{code}/stock-report/?since=&until= -> 200 {"variances", "stock_outs"}.

    What counts corrected in four weeks, when no times are given, and what cannot be promised now.
    """

    Query = (fields.PeriodInput,)
    GetOutput = fields_safety.StockReportOutput

    def get(self, request: Request, code: str) -> Response:
        store, _ = authorize_store(request, code, scope="orders:read")
        query = fields.PeriodInput(data=request.query_params)
        query.is_valid(raise_exception=True)
        until = query.validated_data["until"] or clock.now()
        since = query.validated_data["since"] or until - shorts.PERIOD
        report = {
            "since": since,
            "until": until,
            "variances": stock_reports.get_variances(store_id=store.pk, since=since, until=until),
            "stock_outs": stock_reports.get_stock_outs(store_id=store.pk),
        }
        return Response(fields_safety.StockReportOutput(report).data)


def _find_scope(key: ApiKey, named: dict[str, Any]) -> safety.Scope:
    if not named["store"] and get_store_ids(key) is not None:
        raise NeedsAllStoresError("this key may set the rules of its own stores only")
    category = Category.objects.filter(code=named["category"]).first()
    if named["category"] and category is None:
        raise CategoryNotFoundError(f"no category {named['category']}")
    return safety.Scope(
        store_id=get_store_for_key(key, named["store"]).pk if named["store"] else None,
        category_id=category.pk if category else None,
        product_id=_find_product(named["sku"]).pk if named["sku"] else None,
    )


def _find_product(sku: str) -> Product:
    product = Product.objects.filter(sku=sku).first()
    if product is None:
        raise ProductNotFoundError(f"no product {sku}")
    return product

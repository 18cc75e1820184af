"""The doors of transfers, for the stock system's keys and for the stores' own people."""

from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Q
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis import clock
from bopis.idempotency import idempotent, repeatable
from bopis.models import ApiKey
from orders.api import fields_transfers
from orders.api.integrators import get_actor, get_store_ids
from orders.api.pages import PageInput, page_of, paginate
from orders.models import StaffMember, Store, Transfer
from orders.permissions import StoreNotFoundError
from orders.services import placing, steps, transfers


class TransfersView(APIView):
    """
    GET /api/v1/transfers/?store=&status=&cursor=&limit= -> 200 a page of transfers, the newest first.

    POST {"source", "target", "lines"} (Idempotency-Key) -> 201 transfer: one's own store asks for goods.
    """

    Input = fields_transfers.TransferInput
    Output = fields_transfers.TransferOutput
    Query = (fields_transfers.TransferQuery, PageInput)
    GetOutput = page_of(fields_transfers.TransferOutput)

    def get(self, request: Request) -> Response:
        actor = _get_actor(request)
        query = fields_transfers.TransferQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        rows = Transfer.objects.select_related("source", "target").prefetch_related("lines__product")
        if actor.store_ids is not None:
            rows = rows.filter(Q(source__in=actor.store_ids) | Q(target__in=actor.store_ids))
        if store := query.validated_data.get("store"):
            rows = rows.filter(Q(source__code=store) | Q(target__code=store))
        if status := query.validated_data.get("status"):
            rows = rows.filter(status=status)
        return paginate(request, rows, key="-id", serializer=fields_transfers.TransferOutput)

    @idempotent
    def post(self, request: Request) -> Response:
        actor = _get_actor(request, writes=True)
        body = fields_transfers.TransferInput(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        stores = {
            store.code: store for store in Store.objects.filter(code__in=[wanted["source"], wanted["target"]])
        }
        target, source = stores.get(wanted["target"]), stores.get(wanted["source"])
        if target is None or source is None or not actor.acts_for(target.pk):
            raise StoreNotFoundError("no such store")
        transfer = transfers.request(
            source=source,
            target=target,
            quantities=placing.sum_by_sku([placing.BasketLine(**line) for line in wanted["lines"]]),
            at=clock.now(),
            actor=actor.name,
        )
        return Response(fields_transfers.TransferOutput(transfer).data, status=201)


class TransferView(APIView):
    """
    GET /api/v1/transfers/{id}/ -> 200 transfer.
    """

    Output = fields_transfers.TransferOutput

    def get(self, request: Request, public_id: UUID) -> Response:
        return _show(transfers.get(public_id, actor=_get_actor(request)))


class AcceptView(APIView):
    """
    POST /api/v1/transfers/{id}/accept/ -> 200 transfer, promised | 409 "out-of-stock"; the source's step.
    """

    Output = fields_transfers.TransferOutput

    @repeatable
    def post(self, request: Request, public_id: UUID) -> Response:
        actor = _get_actor(request, writes=True)
        return _show(transfers.accept(public_id=public_id, at=clock.now(), actor=actor))


class RefuseView(APIView):
    """
    POST /api/v1/transfers/{id}/refuse/ {"reason"?} -> 200 transfer; the source's step.
    """

    Input = fields_transfers.TransferReasonInput
    Output = fields_transfers.TransferOutput

    @repeatable
    def post(self, request: Request, public_id: UUID) -> Response:
        actor, reason = _get_actor(request, writes=True), _read_reason(request)
        return _show(transfers.refuse(public_id=public_id, reason=reason, at=clock.now(), actor=actor))


class SendView(APIView):
    """
    POST /api/v1/transfers/{id}/send/ -> 200 transfer, out of the source's books; the source's step.
    """

    Output = fields_transfers.TransferOutput

    @repeatable
    def post(self, request: Request, public_id: UUID) -> Response:
        actor = _get_actor(request, writes=True)
        return _show(transfers.send(public_id=public_id, at=clock.now(), actor=actor))


class ReceiveView(APIView):
    """
    POST /api/v1/transfers/{id}/receive/ {"lines"?} -> 200 transfer, on the target's shelf; its step.

    `lines` names what arrived where it is not what was sent.
    """

    Input = fields_transfers.ReceiveInput
    Output = fields_transfers.TransferOutput

    @repeatable
    def post(self, request: Request, public_id: UUID) -> Response:
        actor = _get_actor(request, writes=True)
        body = fields_transfers.ReceiveInput(data=request.data)
        body.is_valid(raise_exception=True)
        received = {line["sku"]: line["quantity"] for line in body.validated_data["lines"]}
        return _show(transfers.receive(public_id=public_id, received=received, at=clock.now(), actor=actor))


class CancelView(APIView):
    """
    POST /api/v1/transfers/{id}/cancel/ {"reason"?} -> 200 transfer, given up before it was sent.
    """

    Input = fields_transfers.TransferReasonInput
    Output = fields_transfers.TransferOutput

    @repeatable
    def post(self, request: Request, public_id: UUID) -> Response:
        actor, reason = _get_actor(request, writes=True), _read_reason(request)
        return _show(transfers.cancel(public_id=public_id, reason=reason, at=clock.now(), actor=actor))


def _get_actor(request: Request, *, writes: bool = False) -> transfers.Actor:
    """A key with the scope and its stores, or an associate and theirs."""
    if isinstance(request.auth, ApiKey):
        scope = "stock:write" if writes else "orders:read"
        if not request.auth.allows(scope):
            raise PermissionDenied(f"this needs an API key with the scope {scope}")
        store_ids = get_store_ids(request.auth)
        return transfers.Actor(get_actor(request), None if store_ids is None else frozenset(store_ids))
    if not isinstance(request.user, User):
        raise NotAuthenticated
    stores = StaffMember.objects.filter(user=request.user).values_list("store_id", flat=True)
    return transfers.Actor(steps.associate(request.user.pk), frozenset(stores))


def _read_reason(request: Request) -> str:
    body = fields_transfers.TransferReasonInput(data=request.data)
    body.is_valid(raise_exception=True)
    reason: str = body.validated_data["reason"]
    return reason


def _show(transfer: Transfer) -> Response:
    return Response(fields_transfers.TransferOutput(transfer).data)

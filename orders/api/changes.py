"""What may still change about an order: its store, its time, its car, its lines, who collects it."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis import clock
from bopis.idempotency import idempotent, repeatable
from bopis.models import ApiKey
from orders import tracking
from orders.api import fields, fields_life
from orders.api.actors import CustomerView, authorize_change
from orders.api.life import answer
from orders.api.versions import versioned
from orders.models import Order, Store
from orders.permissions import StoreNotFoundError, get_store_for_key
from orders.services import adding, changing, delegates, moving, placing, vehicles


class ChangeView(APIView):
    """
    One change of an order by a key or an associate; answers with the order as it is then.

    Says what shall hold, so a repeat does no harm and an Idempotency-Key is the caller's choice.
    """

    def change(self, request: Request, order: Order, actor: str) -> None:
        """Do it."""
        raise NotImplementedError

    @repeatable
    @versioned
    def post(self, request: Request, public_id: UUID) -> Response:
        return self.run(request, public_id)

    def run(self, request: Request, public_id: UUID) -> Response:
        """Ask permission, change, answer."""
        order, actor = authorize_change(request, public_id)
        self.change(request, order, actor)
        return answer(order)


class TrackChangeView(CustomerView):
    """The same change by the customer; answers with what their page shows then."""

    def change(self, request: Request, order: Order, actor: str) -> None:
        """Do it."""
        raise NotImplementedError

    @repeatable
    def post(self, request: Request, token: str) -> Response:
        return self.run(request, token)

    def run(self, request: Request, token: str) -> Response:
        """Change, and answer."""
        self.change(request, tracking.get_order(token), "customer")
        return Response(tracking.get_state(tracking.get_order(token)))


class _Store:
    def change(self, request: Request, order: Order, actor: str) -> None:
        body = fields_life.StoreChangeInput(data=request.data)
        body.is_valid(raise_exception=True)
        facts = body.validated_data
        store = _find_store(request, facts["store"])
        window = (facts["window_start"], facts["window_end"]) if facts["window_start"] else None
        moving.change_store(order_id=order.pk, store_id=store.pk, window=window, at=clock.now(), actor=actor)


def _find_store(request: Request, code: str) -> Store:
    if isinstance(request.auth, ApiKey):
        return get_store_for_key(request.auth, code)
    store = Store.objects.filter(code=code).first()
    if store is None:
        raise StoreNotFoundError("no such store")
    return store


class _Window:
    def change(self, request: Request, order: Order, actor: str) -> None:
        body = fields.WindowInput(data=request.data)
        body.is_valid(raise_exception=True)
        changing.change_window(order_id=order.pk, at=clock.now(), actor=actor, **body.validated_data)


class _Vehicle:
    def change(self, request: Request, order: Order, actor: str) -> None:
        body = fields_life.VehicleChangeInput(data=request.data)
        body.is_valid(raise_exception=True)
        facts = body.validated_data["vehicle"]
        vehicles.change_vehicle(
            order_id=order.pk,
            facts=vehicles.VehicleFacts(**facts) if facts else None,
            at=clock.now(),
            actor=actor,
        )


class _Lines:
    def change(self, request: Request, order: Order, actor: str) -> None:
        body = fields.BasketInput(data=request.data)
        body.is_valid(raise_exception=True)
        lines = [placing.BasketLine(**line) for line in body.validated_data["lines"]]
        adding.add_lines(order_id=order.pk, lines=lines, at=clock.now(), actor=actor)


class StoreChangeView(_Store, ChangeView):
    """
    POST /api/v1/orders/{id}/store/ {"store", "window_start"?, "window_end"?} -> 200 order, moved whole.

    409 "out-of-stock", "slot-full" or "too-late": it stays where it is.
    """

    Input = fields_life.StoreChangeInput
    Output = fields.OrderOutput


class TrackStoreView(_Store, TrackChangeView):
    """
    POST /api/v1/track/{token}/store/ {"store", "window_start"?, "window_end"?} -> 200 state.
    """

    Input = fields_life.StoreChangeInput


class TrackWindowView(_Window, TrackChangeView):
    """
    POST /api/v1/track/{token}/window/ {"window_start", "window_end"} -> 200 state | 409 "slot-full".
    """

    Input = fields.WindowInput


class VehicleChangeView(_Vehicle, ChangeView):
    """
    POST /api/v1/orders/{id}/vehicle/ {"vehicle"} -> 200 order; null: with no car.
    """

    Input = fields_life.VehicleChangeInput
    Output = fields.OrderOutput


class TrackVehicleView(_Vehicle, TrackChangeView):
    """
    POST /api/v1/track/{token}/vehicle/ {"vehicle"} -> 200 state.
    """

    Input = fields_life.VehicleChangeInput


class LinesView(_Lines, ChangeView):
    """
    POST /api/v1/orders/{id}/lines/ {"lines"} (Idempotency-Key) -> 200 order, until packing begins.
    """

    Input = fields.BasketInput
    Output = fields.OrderOutput

    @idempotent
    @versioned
    def post(self, request: Request, public_id: UUID) -> Response:
        return self.run(request, public_id)


class TrackLinesView(_Lines, TrackChangeView):
    """
    POST /api/v1/track/{token}/lines/ {"lines"} (Idempotency-Key) -> 200 state, until packing begins.
    """

    Input = fields.BasketInput

    @idempotent
    def post(self, request: Request, token: str) -> Response:
        return self.run(request, token)


class TrackDelegatesView(CustomerView):
    """
    GET /api/v1/track/{token}/delegates/ -> 200 {"delegates"}: who may collect, and their links.

    POST {"name", "expires_at"?} (Idempotency-Key) -> 201 delegate: another person may.
    """

    Input = fields_life.DelegateInput

    def get(self, request: Request, token: str) -> Response:
        rows = tracking.get_order(token).delegates.order_by("pk")
        return Response({"delegates": fields_life.DelegateOutput(rows, many=True).data})

    @idempotent
    def post(self, request: Request, token: str) -> Response:
        order = tracking.get_order(token)
        body = fields_life.DelegateInput(data=request.data)
        body.is_valid(raise_exception=True)
        made = delegates.invite(order_id=order.pk, at=clock.now(), actor="customer", **body.validated_data)
        return Response(fields_life.DelegateOutput(made).data, status=201)


class TrackDelegateView(CustomerView):
    """
    DELETE /api/v1/track/{token}/delegates/{id}/ -> 200 delegate, whose link opens nothing any more.
    """

    Output = fields_life.DelegateOutput

    def delete(self, request: Request, token: str, public_id: UUID) -> Response:
        order = tracking.get_order(token)
        delegate = delegates.revoke(order_id=order.pk, public_id=public_id, at=clock.now(), actor="customer")
        return Response(fields_life.DelegateOutput(delegate).data)


class DelegateView(CustomerView):
    """
    GET /api/v1/delegate/{token}/ -> 200 status and pickup code, neither prices nor goods | 404.
    """

    def get(self, request: Request, token: str) -> Response:
        return Response(tracking.get_delegate_state(delegates.look(token=token, at=clock.now())))

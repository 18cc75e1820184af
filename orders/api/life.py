"""What happens to an order beside its loop: on hold, recalled, kept longer, canceled, put back."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis import clock
from bopis.authentication import requires
from bopis.idempotency import idempotent, repeatable
from orders import queries, tracking
from orders.api import fields, fields_life
from orders.api.actors import CustomerView, authorize_change
from orders.api.associates import authorize
from orders.api.integrators import get_actor, get_key, get_store_ids
from orders.api.versions import versioned
from orders.models import Order
from orders.services import closing, holding, keeping, putting_back, recalls


class HoldView(APIView):
    """
    POST /api/v1/orders/{id}/hold/ {"reason"} -> 200 order: nobody works on it or gives it away.
    """

    Input = fields_life.HoldReasonInput
    Output = fields.OrderOutput

    @repeatable
    @versioned
    def post(self, request: Request, public_id: UUID) -> Response:
        order, actor = authorize_change(request, public_id)
        body = fields_life.HoldReasonInput(data=request.data)
        body.is_valid(raise_exception=True)
        reason = Order.OnHold(body.validated_data["reason"])
        holding.put_on_hold(order_id=order.pk, reason=reason, at=clock.now(), actor=actor)
        return answer(order)


class ResumeView(APIView):
    """
    POST /api/v1/orders/{id}/resume/ -> 200 order: it goes on; by a key or a manager.
    """

    Output = fields.OrderOutput

    @repeatable
    @versioned
    def post(self, request: Request, public_id: UUID) -> Response:
        order, actor = authorize_change(request, public_id, as_manager=True)
        holding.resume(order_id=order.pk, at=clock.now(), actor=actor)
        return answer(order)


class ExtendView(APIView):
    """
    POST /api/v1/orders/{id}/extend/ -> 200 order, kept two days longer | 409 "already-extended".
    """

    Output = fields.OrderOutput

    @repeatable
    @versioned
    def post(self, request: Request, public_id: UUID) -> Response:
        order, actor = authorize_change(request, public_id)
        keeping.extend(order_id=order.pk, at=clock.now(), actor=actor)
        return answer(order)


class CancelView(APIView):
    """
    POST /api/v1/orders/{id}/cancel/ {"reason"?} -> 200 order; by a key or a manager, until it is handed over.

    What was packed is put back. A repeat changes nothing.
    """

    Input = fields.ReasonInput
    Output = fields.OrderOutput

    @repeatable
    @versioned
    def post(self, request: Request, public_id: UUID) -> Response:
        order, actor = authorize_change(request, public_id, as_manager=True)
        body = fields.ReasonInput(data=request.data)
        body.is_valid(raise_exception=True)
        reason = body.validated_data["reason"]
        closing.cancel(order_id=order.pk, reason=reason, at=clock.now(), actor=actor)
        return answer(order)


class RecallsView(APIView):
    """
    POST /api/v1/recalls/ {"sku"} (Idempotency-Key) -> 200 {"orders"}: how many are on hold now.
    """

    permission_classes = [requires("orders:write")]
    Input = fields_life.RecallInput

    @idempotent
    def post(self, request: Request) -> Response:
        body = fields_life.RecallInput(data=request.data)
        body.is_valid(raise_exception=True)
        store_ids = get_store_ids(get_key(request))
        count = recalls.recall(
            sku=body.validated_data["sku"], store_ids=store_ids, at=clock.now(), actor=get_actor(request)
        )
        return Response({"orders": count})


class RemoveView(APIView):
    """
    POST /api/v1/tasks/{id}/remove/ -> 200 task: the recalled line is out of the order.
    """

    Output = fields.TaskOutput

    def post(self, request: Request, task_id: int) -> Response:
        _, user = authorize(request, task_id)
        task = recalls.remove_line(task_id=task_id, associate_id=user.pk, at=clock.now())
        return Response(fields.TaskOutput(task).data)


class PutBackView(APIView):
    """
    POST /api/v1/tasks/{id}/put-back/ {"waste": [line]} -> 200 task: the goods are on their shelves again.
    """

    Input = fields_life.WasteInput
    Output = fields.TaskOutput

    def post(self, request: Request, task_id: int) -> Response:
        _, user = authorize(request, task_id)
        body = fields_life.WasteInput(data=request.data)
        body.is_valid(raise_exception=True)
        task = putting_back.finish(
            task_id=task_id, associate_id=user.pk, wasted=body.validated_data["waste"], at=clock.now()
        )
        return Response(fields.TaskOutput(task).data)


class TrackExtendView(CustomerView):
    """
    POST /api/v1/track/{token}/extend/ -> 200 state, kept two days longer | 409 "already-extended".
    """

    def post(self, request: Request, token: str) -> Response:
        order = tracking.get_order(token)
        keeping.extend(order_id=order.pk, at=clock.now(), actor="customer")
        return Response(tracking.get_state(order))


class TrackCancelView(CustomerView):
    """
    POST /api/v1/track/{token}/cancel/ -> 200 state | 409 "too-late" once packing has begun.
    """

    def post(self, request: Request, token: str) -> Response:
        order = tracking.get_order(token)
        closing.cancel_by_customer(order_id=order.pk, at=clock.now())
        return Response(tracking.get_state(tracking.get_order(token)))


def answer(order: Order) -> Response:
    """Return the order as it is after the step."""
    return Response(fields.OrderOutput(queries.get_order(str(order.public_id), store_ids=None)).data)

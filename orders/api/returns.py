"""What does not stay with the customer: rejected at the car, brought back later, given by mistake."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis import clock
from bopis.idempotency import idempotent, repeatable
from orders.api import fields, fields_life
from orders.api.actors import authorize_change
from orders.api.associates import authorize_order
from orders.api.life import answer
from orders.api.versions import versioned
from orders.services import rejects, returns, undoing


class RejectView(APIView):
    """
    POST /api/v1/orders/{id}/reject/ {"lines"} (Idempotency-Key) -> 200 order, smaller by what stays here.
    """

    Input = fields_life.RejectInput
    Output = fields.OrderOutput

    @idempotent
    @versioned
    def post(self, request: Request, public_id: UUID) -> Response:
        order, user = authorize_order(request, public_id)
        body = fields_life.RejectInput(data=request.data)
        body.is_valid(raise_exception=True)
        rejections = [rejects.Rejection(**_name_line(facts)) for facts in body.validated_data["lines"]]
        rejects.reject(order_id=order.pk, rejections=rejections, associate_id=user.pk, at=clock.now())
        return answer(order)


class ReturnsView(APIView):
    """
    GET /api/v1/orders/{id}/returns/ -> 200 {"returns"}.

    POST {"lines", "exchange_number"?} (Idempotency-Key) -> 201 {"returns"}, refunded.
    """

    Input = fields_life.ReturnInput

    def get(self, request: Request, public_id: UUID) -> Response:
        order, _ = authorize_change(request, public_id)
        rows = order.returns.select_related("line__product", "exchanged_for").order_by("pk")
        return Response({"returns": fields_life.ReturnOutput(rows, many=True).data})

    @idempotent
    @versioned
    def post(self, request: Request, public_id: UUID) -> Response:
        order, actor = authorize_change(request, public_id)
        body = fields_life.ReturnInput(data=request.data)
        body.is_valid(raise_exception=True)
        made = returns.take_back(
            order_id=order.pk,
            lines=[returns.ReturnedLine(**_name_line(facts)) for facts in body.validated_data["lines"]],
            exchange_number=body.validated_data["exchange_number"],
            at=clock.now(),
            actor=actor,
        )
        return Response({"returns": fields_life.ReturnOutput(made, many=True).data}, status=201)


class VoidHandOverView(APIView):
    """
    POST /api/v1/orders/{id}/void-hand-over/ {"reason"} -> 200 order, READY again; by a manager.
    """

    Input = fields_life.VoidInput
    Output = fields.OrderOutput

    @repeatable
    @versioned
    def post(self, request: Request, public_id: UUID) -> Response:
        order, user = authorize_order(request, public_id)
        body = fields_life.VoidInput(data=request.data)
        body.is_valid(raise_exception=True)
        undoing.void(
            order_id=order.pk, associate_id=user.pk, reason=body.validated_data["reason"], at=clock.now()
        )
        return answer(order)


def _name_line(facts: dict[str, Any]) -> dict[str, Any]:
    return {"line_id" if name == "line" else name: value for name, value in facts.items()}

"""The REST doors of arrivals: parse, ask permission, make one domain call, answer."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from arrivals import queries, questions, services, wording
from arrivals.models import Arrival, Evidence
from bopis import clock
from orders import tracking
from orders.api.associates import authorize, authorize_order
from orders.services.steps import TaskNotFoundError


class SpotInput(serializers.Serializer[Any]):
    """Where the customer says they are, or is seen: a spot's number, or nothing."""

    spot = serializers.CharField(max_length=8, default="", allow_blank=True, allow_null=True)


class ArrivalOutput(serializers.Serializer[Arrival]):
    """One visit, as staff may see it."""

    visit = serializers.IntegerField(source="pk")
    status = serializers.CharField()
    arrived_at = serializers.DateTimeField()
    arrived_by = serializers.CharField()
    spot = serializers.CharField(source="spot.number", default=None)
    needs_check = serializers.BooleanField()
    checks = serializers.SerializerMethodField()

    def get_checks(self, arrival: Arrival) -> list[dict[str, str]]:
        return [{"code": code, "text": wording.get_check(code)} for code in arrival.checks]


class SignalOutput(serializers.Serializer[Any]):
    """One thing that was heard of a customer: what, how sure, why, when."""

    kind = serializers.CharField()
    claim = serializers.CharField()
    confidence = serializers.FloatField(source="weight")
    reason = serializers.CharField()
    text = serializers.SerializerMethodField()
    spot = serializers.CharField(source="spot.number", default=None)
    observed_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    declined_at = serializers.DateTimeField()

    def get_text(self, evidence: Evidence) -> str:
        return wording.get_reason(evidence.reason)


class HereView(APIView):
    """
    POST /api/v1/track/{token}/here/ {"spot": "4" | null} -> 200 the page's state | 404 | 409 "order-closed"
    | 422 "unknown-spot". The customer is here; the same again changes nothing.
    """

    authentication_classes = ()  # the token in the address is the permission
    permission_classes = (AllowAny,)

    def post(self, request: Request, token: str) -> Response:
        order = tracking.get_order(token)
        body = SpotInput(data=request.data)
        body.is_valid(raise_exception=True)
        now = clock.now()
        services.record_tap(
            order_id=order.pk,
            spot_number=body.validated_data["spot"],
            source_key=f"tap:{order.pk}:{now.isoformat()}",
            at=now,
        )
        return Response(tracking.get_state(order))


class ArrivedView(APIView):
    """
    POST /api/v1/orders/{id}/arrived/ {"spot": "4" | null} -> 200 arrival | 404 | 409 "order-closed"
    | 422 "unknown-spot". An associate sees the customer.
    """

    def post(self, request: Request, public_id: UUID) -> Response:
        order, user = authorize_order(request, public_id)
        body = SpotInput(data=request.data)
        body.is_valid(raise_exception=True)
        arrival = services.record_associate_word(
            order_id=order.pk,
            spot_number=body.validated_data["spot"],
            associate_id=user.pk,
            at=clock.now(),
        )
        return Response(ArrivalOutput(arrival).data)


class NotThisOrderView(APIView):
    """
    POST /api/v1/orders/{id}/not-here/ -> 200 arrival | 404 | 409 "invalid-transition".

    The car on the lot is not this order's: what took it for the customer's is taken back.
    """

    def post(self, request: Request, public_id: UUID) -> Response:
        order, user = authorize_order(request, public_id)
        arrival = services.correct_arrival(order_id=order.pk, associate_id=user.pk, at=clock.now())
        return Response(ArrivalOutput(arrival).data)


class CheckView(APIView):
    """
    POST /api/v1/checks/{task_id}/ {"answer": "yes" | "no"} -> 200 {"arrival": ... | null} | 404
    | 409 "already-answered". Is the car that was read the order's?
    """

    class Input(serializers.Serializer[Any]):
        answer = serializers.ChoiceField(choices=["yes", "no"])

    def post(self, request: Request, task_id: int) -> Response:
        try:
            _, user = authorize(request, task_id)
        except TaskNotFoundError:
            raise questions.CheckNotFoundError("no such question") from None
        body = self.Input(data=request.data)
        body.is_valid(raise_exception=True)
        arrival = services.answer_check(
            task_id=task_id, answer=body.validated_data["answer"], associate_id=user.pk, at=clock.now()
        )
        return Response({"arrival": ArrivalOutput(arrival).data if arrival else None})


class SignalsView(APIView):
    """
    GET /api/v1/orders/{id}/signals/ -> 200 {"arrival": ... | null, "signals": [...]} | 404.

    Everything that was heard of the order's customer, with its weight and reason, oldest first.
    """

    def get(self, request: Request, public_id: UUID) -> Response:
        order, _ = authorize_order(request, public_id)
        arrival = queries.get_arrival(order.pk)
        return Response(
            {
                "arrival": ArrivalOutput(arrival).data if arrival else None,
                "signals": SignalOutput(queries.get_evidence(order.pk), many=True).data,
            }
        )

"""The pharmacist's door."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis import clock
from orders.api.associates import authorize_order
from orders.services import checks


class ReleasePrescriptionView(APIView):
    """
    POST /api/v1/orders/{id}/release-prescription/ -> 204: any associate may now hand it over.

    403 "needs-pharmacist" for who is none.
    """

    def post(self, request: Request, public_id: UUID) -> Response:
        order, user = authorize_order(request, public_id)
        checks.release_prescription(order_id=order.pk, associate_id=user.pk, at=clock.now())
        return Response(status=204)

"""What the customer's page reads, with the tracking token alone."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders import tracking


class TrackView(APIView):
    """
    GET /api/v1/track/{token}/ -> 200 the state of the customer's page | 404.
    """

    authentication_classes = []
    permission_classes = []

    def get(self, request: Request, token: str) -> Response:
        return Response(tracking.get_state(tracking.get_order(token)))

"""The REST doors of trips and fences: parse, ask permission, make one domain call, answer."""

from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bopis import clock
from geofence import queries
from geofence.geometry import Position
from geofence.models import Trip
from geofence.permissions import get_managed_store
from geofence.services import trips
from orders import tracking
from orders.services import visits


class TripOutput(serializers.Serializer[Trip]):
    """What a customer's page needs to know of the trip."""

    on_my_way_at = serializers.DateTimeField()
    minutes = serializers.IntegerField(source="minutes_said")
    sharing = serializers.BooleanField(source="is_sharing")
    expires_at = serializers.DateTimeField()


class OnMyWay(APIView):
    """
    POST /api/v1/track/{token}/on-my-way/ {"minutes": 1..180 | null} -> 200 trip | 404 | 409 | 422
    """

    authentication_classes = ()  # the token in the address is the permission
    permission_classes = (AllowAny,)

    class Input(serializers.Serializer[None]):
        minutes = serializers.IntegerField(min_value=1, max_value=180, allow_null=True, default=None)

    def post(self, request: Request, token: str) -> Response:
        order = tracking.get_order(token)
        asked = self.Input(data=request.data)
        asked.is_valid(raise_exception=True)
        minutes = asked.validated_data["minutes"]
        trip = trips.say_on_my_way(order_id=order.pk, minutes=minutes, at=clock.now())
        return Response(TripOutput(trip).data)


class Sharing(APIView):
    """
    GET /api/v1/track/{token}/sharing/ -> 200 {"sharing", "expires_at"}, for a page that is opened again
    POST /api/v1/track/{token}/sharing/ {"share": true | false, "camera": true | false | null}
    -> the same | 404 | 409 | 422

    True records the consent; false withdraws it and deletes the live positions before it answers.
    `camera` says whether cameras may look for the order's plate; null leaves that as it was.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)

    class Input(serializers.Serializer[None]):
        share = serializers.BooleanField()
        camera = serializers.BooleanField(allow_null=True, default=None)

    def get(self, request: Request, token: str) -> Response:
        return self._answer(queries.get_active_trip(order_id=tracking.get_order(token).pk, at=clock.now()))

    def post(self, request: Request, token: str) -> Response:
        order = tracking.get_order(token)
        asked = self.Input(data=request.data)
        asked.is_valid(raise_exception=True)
        now, camera = clock.now(), asked.validated_data["camera"]
        if camera is not None:
            visits.choose_camera(order_id=order.pk, is_welcome=camera, at=now)
        change = trips.start_sharing if asked.validated_data["share"] else trips.stop_sharing
        return self._answer(change(order_id=order.pk, at=now))

    def _answer(self, trip: Trip | None) -> Response:
        is_sharing = trip is not None and trip.is_sharing
        return Response({"sharing": is_sharing, "expires_at": trip and trip.expires_at})


class ZonesAt(APIView):
    """
    POST /api/v1/stores/{code}/zones-at/ {"latitude", "longitude"} -> 200 {"zones": [...]} | 403 | 404 | 422

    A manager tests a point against the store's fences, outermost zone first.
    """

    class Input(serializers.Serializer[None]):
        latitude = serializers.FloatField(min_value=-90, max_value=90)
        longitude = serializers.FloatField(min_value=-180, max_value=180)

    class Output(serializers.Serializer[queries.Hit]):
        zone = serializers.CharField(source="fence.zone")
        name = serializers.CharField(source="fence.name")
        spot = serializers.CharField(source="fence.spot.number", default=None)
        depth_m = serializers.FloatField()

    def post(self, request: Request, code: str) -> Response:
        store = get_managed_store(request.user, code)
        asked = self.Input(data=request.data)
        asked.is_valid(raise_exception=True)
        hits = queries.get_zones_at(store_id=store.pk, position=Position(**asked.validated_data))
        return Response({"zones": [self.Output(hit).data for hit in hits]})

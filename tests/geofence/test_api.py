from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from bopis import clock
from geofence.models import Fence, Trip
from orders.services import closing
from tests import world
from tests.geofence.doors import get_token
from tests.geofence.tracks import NOW, place, rectangle


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def customer():
    return APIClient()


def sign_in(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


class TestOnMyWay:
    def post(self, customer, order, body):
        return customer.post(f"/api/v1/track/{get_token(order)}/on-my-way/", body, format="json")

    @pytest.mark.parametrize(
        ("body", "minutes"), [({"minutes": 10}, 10), ({"minutes": None}, None), ({}, None)]
    )
    def test_starts_the_trip(self, customer, order, body, minutes):
        answer = self.post(customer, order, body)

        assert answer.status_code == 200
        assert answer.json() == {
            "on_my_way_at": "2026-11-20T12:00:00Z",
            "minutes": minutes,
            "sharing": False,
            "expires_at": "2026-11-20T15:00:00Z",
        }
        order.refresh_from_db()
        assert order.customer_on_way_at == NOW

    @pytest.mark.parametrize("minutes", [0, -5, 181, "soon", 1.5, True, [], 10**30])
    def test_refuses_minutes_that_are_none(self, customer, order, minutes):
        answer = self.post(customer, order, {"minutes": minutes})

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert "minutes" in answer.json()["errors"]
        assert not Trip.objects.exists()

    def test_refuses_a_closed_order(self, customer, order):
        closing.cancel(order_id=order.pk, reason="changed-mind", at=NOW, actor="customer")

        answer = self.post(customer, order, {"minutes": 10})
        assert (answer.status_code, answer.json()["code"]) == (409, "order-closed")

    def test_refuses_a_token_not_made_here(self, customer, order):
        answer = customer.post(f"/api/v1/track/{'A' * 43}/on-my-way/", {}, format="json")

        assert (answer.status_code, answer.json()["code"]) == (404, "invalid-token")


class TestSharing:
    def post(self, customer, order, body):
        return customer.post(f"/api/v1/track/{get_token(order)}/sharing/", body, format="json")

    def test_is_begun_and_stopped_and_told(self, customer, order):
        until = "2026-11-20T15:00:00Z"

        assert customer.get(f"/api/v1/track/{get_token(order)}/sharing/").json() == {
            "sharing": False,
            "expires_at": None,
        }
        assert self.post(customer, order, {"share": True}).json() == {"sharing": True, "expires_at": until}
        assert customer.get(f"/api/v1/track/{get_token(order)}/sharing/").json()["sharing"] is True
        assert self.post(customer, order, {"share": False}).json() == {"sharing": False, "expires_at": until}
        trip = Trip.objects.get()
        assert (trip.consent_at, trip.stopped_at) == (NOW, NOW)

    def test_is_told_over_when_the_trip_is_too_old(self, customer, order, trip, monkeypatch):
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=3))

        assert customer.get(f"/api/v1/track/{get_token(order)}/sharing/").json()["sharing"] is False

    @pytest.mark.parametrize("body", [{}, {"share": "perhaps"}, {"share": None}])
    def test_needs_a_plain_answer(self, customer, order, body):
        answer = self.post(customer, order, body)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert not Trip.objects.exists()

    def test_is_not_begun_for_a_closed_order_and_may_always_be_stopped(self, customer, order):
        closing.cancel(order_id=order.pk, reason="changed-mind", at=NOW, actor="customer")

        assert self.post(customer, order, {"share": True}).json()["code"] == "order-closed"
        assert self.post(customer, order, {"share": False}).status_code == 200

    def test_is_the_customers_alone(self, customer, order):
        answer = customer.post(f"/api/v1/track/{'A' * 43}/sharing/", {"share": True}, format="json")

        assert (answer.status_code, answer.json()["code"]) == (404, "invalid-token")


class TestZonesAt:
    def post(self, client, x=12.0, y=12.0, store="lyon-est", **body):
        where = place(x, y)
        asked = {"latitude": where.latitude, "longitude": where.longitude} | body
        return client.post(f"/api/v1/stores/{store}/zones-at/", asked, format="json")

    def test_tells_every_fence_that_holds_the_point(self, store, manager):
        Fence.objects.create(store=store, zone="LOT", name="back", polygon=rectangle(500, 0, 600, 100))

        zones = self.post(sign_in(manager)).json()["zones"]
        assert [(zone["zone"], zone["spot"]) for zone in zones] == [
            ("APPROACH", None),
            ("LOT", None),
            ("BAY", "4"),
        ]
        assert zones[1]["depth_m"] == pytest.approx(8, abs=0.05)

    @pytest.mark.parametrize(
        ("x", "y", "zones"), [(0, 0, ["APPROACH", "LOT"]), (0, 100, ["APPROACH"]), (5_000, 0, [])]
    )
    def test_leaves_out_those_that_do_not(self, store, manager, x, y, zones):
        assert [zone["zone"] for zone in self.post(sign_in(manager), x, y).json()["zones"]] == zones

    @pytest.mark.parametrize("wrong", [{"latitude": 91}, {"longitude": "x"}, {"latitude": None}])
    def test_refuses_what_is_no_point(self, store, manager, wrong):
        answer = self.post(sign_in(manager), **wrong)

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")

    def test_is_for_managers_of_the_store(self, store, manager, ana):
        other = world.make_associate(world.make_store("lyon-sud"), "Olga", role="MANAGER")

        assert self.post(APIClient()).status_code in {401, 403}
        assert self.post(sign_in(ana)).json()["code"] == "manager-only"
        assert self.post(sign_in(other)).json()["code"] == "store-not-found"
        assert self.post(sign_in(manager), store="lyon-nord").json()["code"] == "store-not-found"

from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from arrivals.models import Arrival, Evidence
from bopis import clock
from bopis.authentication import create_api_key
from bopis.privacy import sign_token
from orders.models import Task
from orders.services import closing
from tests.arrivals.conftest import expect, see, tap


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def order(store, now):
    half = timedelta(minutes=30)
    return expect(store, plate="BOB1234", customer="ines", window=(now - half, now + half))


@pytest.fixture
def cancel(order, now):
    return lambda: closing.cancel(order_id=order.pk, reason="", at=now, actor="api:shop")


@pytest.fixture
def customer(order):
    """The customer's browser: calls a door below the tracking link."""
    token = sign_token(order.public_id, purpose="track")
    return lambda body=None, door="here": APIClient().post(f"/api/v1/track/{token}/{door}/", body or {})


def sign_in(user):
    client = APIClient()
    client.force_login(user)
    return client


def call(user, order, door, body=None):
    return sign_in(user).post(f"/api/v1/orders/{order.public_id}/{door}/", body or {})


class TestHere:
    def test_shows_the_customer_that_they_are_seen(self, customer):
        answer = customer({"spot": "3"})

        assert answer.status_code == 200
        assert (answer.json()["moment"], answer.json()["spot"]) == ("here", "3")

    @pytest.mark.parametrize("body", [{}, {"spot": None}, {"spot": ""}])
    def test_needs_no_spot(self, customer, body):
        assert customer(body).json()["spot"] == "1"

    def test_twice_is_once(self, customer):
        first, second = customer(), customer()

        assert first.json()["arrived_at"] == second.json()["arrived_at"]
        assert Evidence.objects.count() == 1

    @pytest.mark.parametrize(
        ("spot", "status", "code"),
        [("99", 422, "unknown-spot"), ("123456789", 400, "invalid"), ({"a": 1}, 400, "invalid")],
    )
    def test_refuses_a_spot_that_is_none(self, customer, spot, status, code):
        answer = customer({"spot": spot})

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer["Content-Type"] == "application/problem+json"
        assert not Arrival.objects.exists()

    def test_refuses_a_token_that_nobody_signed(self, db):
        answer = APIClient().post("/api/v1/track/nonsense/here/", {})

        assert (answer.status_code, answer.json()["code"]) == (404, "invalid-token")

    def test_refuses_a_token_of_no_order(self, db):
        token = sign_token(uuid4(), purpose="track")

        assert APIClient().post(f"/api/v1/track/{token}/here/", {}).status_code == 404

    def test_refuses_a_closed_order(self, customer, cancel):
        cancel()

        answer = customer()

        assert (answer.status_code, answer.json()["code"]) == (409, "order-closed")
        assert not Arrival.objects.exists()

    def test_refuses_what_is_no_json(self, order):
        token = sign_token(order.public_id, purpose="track")
        answer = APIClient().post(f"/api/v1/track/{token}/here/", data="{", content_type="application/json")

        assert (answer.status_code, answer.json()["code"]) == (400, "malformed-json")


class TestArrived:
    def test_takes_an_associates_word(self, order, ana):
        answer = call(ana, order, "arrived", {"spot": "2"})

        body = answer.json()
        assert answer.status_code == 200
        assert (body["status"], body["arrived_by"], body["spot"]) == ("ARRIVED", "ASSOCIATE", "2")
        assert (body["needs_check"], body["checks"]) == (False, [])

    def test_knows_no_order_of_another_store(self, order, stranger):
        answer = call(stranger, order, "arrived")
        unknown = sign_in(stranger).post(f"/api/v1/orders/{uuid4()}/arrived/", {})

        assert (answer.status_code, answer.json()) == (404, unknown.json())
        assert not Arrival.objects.exists()

    def test_refuses_a_visitor(self, order):
        answer = APIClient().post(f"/api/v1/orders/{order.public_id}/arrived/", {})

        assert answer.status_code in {401, 403}

    def test_refuses_an_integrators_key(self, order, now):
        _, secret = create_api_key(name="shop", scopes=("orders:write",), store_ids=[], at=now)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

        assert client.post(f"/api/v1/orders/{order.public_id}/arrived/", {}).status_code == 404
        assert not Arrival.objects.exists()

    def test_refuses_a_page_of_another_site(self, order, ana):
        client = APIClient(enforce_csrf_checks=True)
        client.force_login(ana)

        assert client.post(f"/api/v1/orders/{order.public_id}/arrived/", {}).status_code == 403

    def test_refuses_a_closed_order(self, order, ana, cancel):
        cancel()

        answer = call(ana, order, "arrived")

        assert (answer.status_code, answer.json()["code"]) == (409, "order-closed")

    def test_refuses_a_spot_that_is_none(self, order, ana):
        assert call(ana, order, "arrived", {"spot": "99"}).json()["code"] == "unknown-spot"


class TestNotHere:
    def test_takes_a_wrong_car_back(self, store, order, ana, now):
        see(store, at=now)

        answer = call(ana, order, "not-here")

        assert (answer.status_code, answer.json()["status"]) == (200, "LAPSED")

    def test_of_nobody_is_refused(self, order, ana):
        answer = call(ana, order, "not-here")

        assert (answer.status_code, answer.json()["code"]) == (409, "invalid-transition")

    def test_knows_no_order_of_another_store(self, order, stranger, now):
        tap(order, at=now)

        assert call(stranger, order, "not-here").status_code == 404
        assert Arrival.objects.get().status == "ARRIVED"


class TestChecks:
    @pytest.fixture
    def task(self, store, order, now):
        see(store, "BXB1234", at=now)
        return Task.objects.get(kind="FIX")

    def answer(self, user, task_id, word):
        return sign_in(user).post(f"/api/v1/checks/{task_id}/", {"answer": word})

    def test_takes_yes_for_an_arrival(self, task, ana):
        answer = self.answer(ana, task.pk, "yes")

        assert (answer.status_code, answer.json()["arrival"]["status"]) == (200, "ARRIVED")

    def test_takes_no_for_a_stranger(self, task, ana):
        assert self.answer(ana, task.pk, "no").json()["arrival"]["status"] == "LAPSED"

    def test_takes_one_answer(self, task, ana):
        self.answer(ana, task.pk, "no")
        other = self.answer(ana, task.pk, "yes")

        assert (other.status_code, other.json()["code"]) == (409, "already-answered")

    @pytest.mark.parametrize("word", ["maybe", "", None])
    def test_takes_no_other_word(self, task, ana, word):
        answer = sign_in(ana).post(f"/api/v1/checks/{task.pk}/", {"answer": word}, format="json")

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")

    def test_knows_no_question_of_another_store(self, task, stranger, ana):
        answer, unknown = self.answer(stranger, task.pk, "yes"), self.answer(ana, 4711, "yes")

        assert (answer.status_code, answer.json()) == (404, unknown.json())
        assert answer.json()["code"] == "check-not-found"
        assert Task.objects.get(pk=task.pk).status == "QUEUED"

    def test_knows_no_task_that_is_no_question(self, order, ana):
        packing = order.tasks.get(kind="PACK_FRESH")

        assert self.answer(ana, packing.pk, "yes").json()["code"] == "check-not-found"


class TestSignals:
    def get(self, user, order):
        return sign_in(user).get(f"/api/v1/orders/{order.public_id}/signals/")

    def test_lists_what_was_heard_with_weight_and_reason(self, store, order, ana, now):
        see(store, "B0B1234", at=now)
        tap(order, "2", at=now + timedelta(seconds=30))

        body = self.get(ana, order).json()

        assert body["arrival"]["arrived_by"] == "PLATE"
        assert [(s["kind"], s["confidence"], s["spot"]) for s in body["signals"]] == [
            ("PLATE", 0.85, None),
            ("TAP", 0.95, "2"),
        ]
        assert body["signals"][0]["reason"] == "plate-look-alike"
        assert body["signals"][0]["text"] == "plate read, only easily confused characters differ"

    def test_says_what_does_not_agree(self, store, order, ana, now):
        tap(expect(store), "2", at=now)
        tap(order, "2", at=now)

        checks = self.get(ana, order).json()["arrival"]["checks"]

        assert checks == [{"code": "bay-taken", "text": "another customer has this bay"}]

    def test_of_an_order_nobody_heard_of_are_none(self, order, ana):
        assert self.get(ana, order).json() == {"arrival": None, "signals": []}

    def test_show_no_plate(self, store, order, ana, now):
        see(store, "B0B1234", at=now)

        text = self.get(ana, order).content.decode()
        assert "B0B" not in text
        assert "1234" not in text

    def test_are_for_the_stores_associates(self, order, stranger):
        assert self.get(stranger, order).status_code == 404
        assert APIClient().get(f"/api/v1/orders/{order.public_id}/signals/").status_code in {401, 403}

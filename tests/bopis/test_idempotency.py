"""Commands that are sent twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from bopis import audit, idempotency
from bopis.errors import DomainError
from bopis.models import AuditEntry, IdempotencyRecord
from bopis.tasks import delete_expired

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = "order-4711"
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class SoldOutError(DomainError):
    code = "out-of-stock"


class Place(APIView):
    """Leaves a trace in the audit trail, answers with its number, and does as the body bids."""

    @idempotency.idempotent
    def post(self, request: Request) -> Response:
        assert isinstance(request.data, dict)
        audit.record(actor="user:1", action="placed", subject="order:1", at=NOON)
        if request.data.get("bid") == "refuse":
            raise SoldOutError("nothing left")
        if request.data.get("bid") == "answer 409":
            return Response({}, status=409)
        return Response({"number": AuditEntry.objects.count(), "name": "Léa"}, status=201)


class PlaceAgain(Place):
    @idempotency.repeatable
    def post(self, request: Request) -> Response:
        bare: Any = Place.post
        answer: Response = bare.__wrapped__(self, request)
        return answer


class PlaceByLink(Place):
    """Opened by the token in its address."""

    authentication_classes = []
    permission_classes = []

    def post(self, request: Request, token: str = "") -> Response:
        return super().post(request)


urlpatterns = [
    path("api/orders/", Place.as_view()),
    path("api/again/", PlaceAgain.as_view()),
    path("api/link/<str:token>/", PlaceByLink.as_view()),
]


@pytest.fixture
def ana() -> User:
    return User.objects.create_user("ana")


def place(user: User, body: dict[str, object] | None = None, *, key: str | None = KEY):
    client = APIClient()
    client.force_authenticate(user)
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("/api/orders/", body or {}, format="json", headers=headers)


class TestIdempotent:
    def test_answers_the_same_again_without_doing_it_again(self, ana):
        first, second = place(ana, {"a": 1, "b": 2}), place(ana, {"b": 2, "a": 1})

        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert "Idempotency-Replayed" not in first
        assert second["Idempotency-Replayed"] == "true"
        assert AuditEntry.objects.count() == 1

    def test_refuses_the_key_with_another_body_and_changes_nothing(self, ana):
        place(ana, {"quantity": 1})

        answer = place(ana, {"quantity": 2})

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
        assert AuditEntry.objects.count() == 1

    @pytest.mark.parametrize("key", [None, "", "short", "k" * 201])
    def test_needs_a_key(self, ana, key):
        answer = place(ana, key=key)

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")
        assert not AuditEntry.objects.exists()

    def test_keeps_callers_with_the_same_key_apart(self, ana):
        ben = User.objects.create_user("ben")

        assert place(ana).json() != place(ben).json()

    @pytest.mark.parametrize("bid", ["refuse", "answer 409"])
    def test_forgets_a_refusal_so_that_it_may_be_tried_again(self, ana, bid):
        refused = place(ana, {"bid": bid})

        assert refused.status_code == 409
        assert not AuditEntry.objects.exists()
        assert not IdempotencyRecord.objects.exists()
        assert place(ana, {"bid": "now it works"}).status_code == 201

    def test_keeps_the_answer_encrypted(self, ana):
        place(ana)

        with connection.cursor() as cursor:
            cursor.execute("SELECT answer FROM bopis_idempotencyrecord")
            assert "Léa" not in cursor.fetchone()[0]

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("bid", ["place", "refuse"])
    def test_does_it_once_when_many_send_it_at_once(self, bid):
        ana = User.objects.create_user("ana")
        start_line = Barrier(8)

        def send(_: int):
            start_line.wait()
            try:
                return place(ana, {"bid": bid})
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(send, range(8)))

        expected = 201 if bid == "place" else 409
        assert {answer.status_code for answer in answers} == {expected}
        assert len({answer.content for answer in answers}) == 1
        assert AuditEntry.objects.count() == (1 if bid == "place" else 0)
        replayed = [answer for answer in answers if "Idempotency-Replayed" in answer]
        assert len(replayed) == (7 if bid == "place" else 0)

    def test_keeps_the_keys_of_two_links_apart(self):
        headers = {"Idempotency-Key": KEY}
        answers = [APIClient().post(f"/api/link/{token}/", {}, headers=headers) for token in ("a", "b")]

        assert [answer.status_code for answer in answers] == [201, 201]
        assert "Idempotency-Replayed" not in answers[1]


class TestRepeatable:
    def again(self, user, **headers):
        client = APIClient()
        client.force_authenticate(user)
        return client.post("/api/again/", {}, format="json", headers=headers)

    def test_needs_no_key(self, ana):
        assert [self.again(ana).json()["number"] for _ in range(2)] == [1, 2]

    def test_answers_alike_under_a_key(self, ana):
        answers = [self.again(ana, **{"Idempotency-Key": KEY}) for _ in range(2)]

        assert answers[0].json() == answers[1].json()
        assert answers[1]["Idempotency-Replayed"] == "true"

    def test_refuses_a_key_that_is_none(self, ana):
        assert self.again(ana, **{"Idempotency-Key": "short"}).status_code == 400


class TestDeleteExpired:
    def test_deletes_what_is_older_than_a_day_and_keeps_the_rest(self, ana):
        place(ana, key="fresh-key")
        place(ana, key="stale-key")
        IdempotencyRecord.objects.filter(key="stale-key").update(
            created_at=timezone.now() - timedelta(hours=24, seconds=1)
        )

        delete_expired()

        assert IdempotencyRecord.objects.get().key == "fresh-key"

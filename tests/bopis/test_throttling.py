from datetime import UTC, datetime, timedelta

import pytest
from django.urls import path
from redis import ConnectionError as Unreachable
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from bopis import clock, throttling, valkey
from bopis.authentication import create_api_key

START = datetime(2026, 11, 20, 12, 0, 45, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Door(APIView):
    def get(self, request):
        return Response({})


urlpatterns = [path("api/door/", Door.as_view())]


@pytest.fixture(autouse=True)
def two_a_minute(settings, monkeypatch):
    settings.BOPIS_RATE_PER_MINUTE = 2
    monkeypatch.setattr(clock, "now", lambda: START)


def make_client():
    _, secret = create_api_key(name="shop", scopes=["orders:read"], store_ids=[], at=START)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def ask(client, times):
    return [client.get("/api/door/") for _ in range(times)]


class TestApiKeyThrottle:
    def test_refuses_what_is_too_much_and_says_when_to_come_back(self):
        first, second, third = ask(make_client(), 3)

        assert (first.status_code, second.status_code, third.status_code) == (200, 200, 429)
        assert third["Retry-After"] == "15"
        assert third.json()["code"] == "too-many-requests"

    def test_lets_it_through_in_the_next_minute(self, monkeypatch):
        client = make_client()
        ask(client, 3)

        monkeypatch.setattr(clock, "now", lambda: START + timedelta(seconds=15))
        assert ask(client, 1)[0].status_code == 200

    def test_counts_each_key_by_itself(self):
        ask(make_client(), 3)

        assert ask(make_client(), 1)[0].status_code == 200

    def test_refuses_nobody_while_it_cannot_count(self, monkeypatch):
        def fail(name):
            raise Unreachable

        monkeypatch.setattr(throttling, "_count", fail)
        assert {answer.status_code for answer in ask(make_client(), 5)} == {200}

    def test_forgets_its_counts(self):
        ask(make_client(), 1)

        (name,) = valkey.client().keys("rate:*")
        assert 0 < valkey.client().ttl(name) <= 120

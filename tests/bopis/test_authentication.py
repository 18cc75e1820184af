"""API keys: made once, shown once, found by prefix, refused alike."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import cast

import pytest
from django.core.management import CommandError, call_command
from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from bopis.authentication import ApiClient, create_api_key, requires
from bopis.models import ApiKey, AuditEntry
from orders.models import Store

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Whoami(APIView):
    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        return Response(
            {"name": cast("ApiClient", request.user).name, "is_key": isinstance(request.auth, ApiKey)}
        )


class Orders(APIView):
    permission_classes = [requires("orders:write")]

    def post(self, request: Request) -> Response:
        return Response({})


urlpatterns = [path("api/whoami/", Whoami.as_view()), path("api/orders/", Orders.as_view())]


@pytest.fixture
def made() -> tuple[ApiKey, str]:
    return create_api_key(name="web shop", scopes=["orders:write"], store_ids=[], at=NOON)


def client(credential: str) -> APIClient:
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {credential}")


class TestApiKeyAuthentication:
    def test_knows_the_caller_by_the_key(self, made):
        assert client(made[1]).get("/api/whoami/").json() == {"name": "web shop", "is_key": True}

    def test_refuses_every_wrong_key_with_the_same_answer(self, made):
        key, text = made
        wrong = [text + "x", text[:-1], text.replace(key.prefix, "aaaaaaaa"), "", "bopis_", "ä" * 50, "a_b_c"]

        answers = [client(credential).get("/api/whoami/") for credential in wrong]

        assert {answer.status_code for answer in answers} == {401}
        assert {answer.json()["code"] for answer in answers} == {"authentication-failed"}
        assert len({answer.content for answer in answers}) == 1

    def test_refuses_a_revoked_key(self, made):
        ApiKey.objects.update(revoked_at=NOON)

        assert client(made[1]).get("/api/whoami/").status_code == 401

    def test_asks_for_a_key_where_there_is_none(self):
        answer = APIClient().get("/api/whoami/")

        assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")
        assert answer["Content-Type"] == "application/problem+json"

    def test_notes_the_use_once_a_minute(self, made):
        _, text = made
        client(text).get("/api/whoami/")
        first = ApiKey.objects.get().last_used_at
        assert first
        client(text).get("/api/whoami/")
        assert ApiKey.objects.get().last_used_at == first

        ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
        client(text).get("/api/whoami/")

        assert ApiKey.objects.filter(last_used_at__gte=first).exists()


class TestRequires:
    def test_lets_a_key_with_the_scope_in(self, made):
        assert client(made[1]).post("/api/orders/").status_code == 200

    def test_turns_away_a_key_without_it_and_whoever_is_signed_in(self, admin_user):
        _, text = create_api_key(name="till", scopes=["orders:read"], store_ids=[], at=NOON)
        associate = APIClient()
        associate.force_login(admin_user)

        answers = [client(text).post("/api/orders/"), associate.post("/api/orders/")]

        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "forbidden")] * 2

    def test_refuses_a_scope_that_does_not_exist(self):
        with pytest.raises(ValueError, match="no scope"):
            requires("orders:eat")


class TestCreateApiKey:
    def test_stores_nothing_that_would_open_the_door(self, made):
        key, text = made
        secret = text.split("_", 2)[2]

        assert secret not in str(ApiKey.objects.values().get())
        assert text.startswith(f"bopis_{key.prefix}_")

    @pytest.mark.parametrize("scopes", [[], ["orders:eat"]])
    def test_refuses_unknown_scopes_and_none(self, scopes):
        with pytest.raises(ValueError, match="scopes"):
            create_api_key(name="till", scopes=scopes, store_ids=[], at=NOON)


class TestCommand:
    def test_prints_the_key_and_writes_it_down_in_the_audit_trail(self):
        printed = StringIO()

        call_command("create_api_key", "web shop", scope=["orders:write"], stdout=printed)

        key = ApiKey.objects.get()
        assert client(printed.getvalue().strip()).get("/api/whoami/").json()["name"] == "web shop"
        assert AuditEntry.objects.get().subject == f"key:{key.pk}"

    def test_refuses_a_store_that_does_not_exist(self):
        assert not Store.objects.exists()

        with pytest.raises(CommandError, match="nowhere"):
            call_command("create_api_key", "web shop", scope=["orders:write"], store=["nowhere"])

        assert not ApiKey.objects.exists()

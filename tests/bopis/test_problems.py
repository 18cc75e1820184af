"""One form for every refusal."""

from typing import Any

import pytest
from django.http import Http404
from django.test import Client
from django.urls import path
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from bopis import views
from bopis.errors import DomainError

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class TakenError(DomainError):
    code = "task-taken"


class Body(serializers.Serializer[Any]):
    quantity = serializers.IntegerField(min_value=1)


class Door(APIView):
    permission_classes = [AllowAny]
    authentication_classes = []

    def get(self, request: Request) -> Response:
        raise TakenError("Ben has it", associate="Ben", status="not to be overwritten")

    def post(self, request: Request) -> Response:
        Body(data=request.data).is_valid(raise_exception=True)
        raise Http404


class Broken(APIView):
    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        raise RuntimeError("a secret of ours")


urlpatterns = [path("api/door/", Door.as_view()), path("api/broken/", Broken.as_view())]
handler404 = views.not_found
handler500 = views.server_error


class TestHandle:
    def test_turns_a_refusal_of_the_domain_into_a_problem_document(self):
        answer = APIClient().get("/api/door/")

        assert answer.status_code == 409
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json() == {
            "type": "urn:bopis:problem:task-taken",
            "title": "Conflict",
            "status": 409,
            "code": "task-taken",
            "detail": "Ben has it",
            "associate": "Ben",
        }

    @pytest.mark.parametrize(
        ("body", "kind", "status", "code"),
        [
            ('{"quantity": 1', "application/json", 400, "malformed-json"),
            ("\xff", "application/json", 400, "malformed-json"),
            ("quantity=1", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
            ('{"quantity": 0}', "application/json", 400, "invalid"),
            ("[]", "application/json", 400, "invalid"),
            ('{"quantity": 1}', "application/json", 404, "not-found"),
        ],
    )
    def test_gives_each_bad_request_its_code(self, body, kind, status, code):
        answer = Client().post("/api/door/", body.encode("latin-1"), content_type=kind)

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer["Content-Type"] == "application/problem+json"

    def test_names_the_fields_that_are_wrong(self):
        answer = APIClient().post("/api/door/", {"quantity": 0})

        assert list(answer.json()["errors"]) == ["quantity"]

    def test_refuses_a_method_that_is_not_there(self):
        answer = APIClient().delete("/api/door/")

        assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")


class TestHandlers:
    def test_answer_a_program_with_a_problem_and_a_person_with_a_page(self):
        to_program, to_person = Client().get("/api/nothing/"), Client().get("/nothing/")

        assert (to_program.status_code, to_program.json()["code"]) == (404, "not-found")
        assert (to_person.status_code, to_person["Content-Type"]) == (404, "text/html; charset=utf-8")

    def test_tell_nobody_what_broke(self):
        answer = Client(raise_request_exception=False).get("/api/broken/")

        assert (answer.status_code, answer.json()["code"]) == (500, "server-error")
        assert b"secret" not in answer.content

"""Health, headers, the description of the API, and the way in."""

import pytest
import redis
from django.db import OperationalError, connection
from django.test import Client

from bopis import valkey

pytestmark = pytest.mark.django_db


class TestHealthz:
    def test_asks_nobody(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            answer = Client().get("/healthz")

        assert (answer.status_code, answer.content) == (200, b"ok")


class TestReadyz:
    def test_is_ready_when_both_servers_answer(self):
        answer = Client().get("/readyz")

        assert (answer.status_code, answer.json()) == (200, {"database": True, "valkey": True})

    def test_names_a_database_that_does_not_answer(self, monkeypatch):
        def fail():
            raise OperationalError

        monkeypatch.setattr(connection, "cursor", fail)

        answer = Client().get("/readyz")

        assert (answer.status_code, answer.json()["database"]) == (503, False)

    def test_names_a_valkey_that_does_not_answer(self, monkeypatch):
        with redis.Redis(port=9) as nobody:
            monkeypatch.setattr(valkey, "client", lambda: nobody)
            answer = Client().get("/readyz")

        assert (answer.status_code, answer.json()) == (503, {"database": True, "valkey": False})


class TestPages:
    def test_carry_a_policy_that_lets_no_foreign_or_inline_script_run(self):
        policy = Client().get("/sign-in/")["Content-Security-Policy"]

        assert "script-src 'self';" in f"{policy};"
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy

    def test_cannot_be_framed_and_tell_other_sites_nothing(self):
        answer = Client().get("/sign-in/")

        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Content-Type-Options"] == "nosniff"

    def test_come_in_the_language_of_the_browser(self):
        answer = Client().get("/sign-in/", headers={"Accept-Language": "fr-CH, fr;q=0.9"})

        assert answer["Content-Language"] == "fr"

    def test_refuse_a_host_that_is_not_ours(self):
        assert Client().get("/sign-in/", headers={"Host": "evil.example"}).status_code == 400

    def test_refuse_a_form_without_its_token(self):
        answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "ana", "password": "x"})

        assert answer.status_code == 403
        assert b"csrf-failed" in answer.content

    def test_let_an_associate_in_and_out(self, django_user_model):
        django_user_model.objects.create_user("ana", password="correct horse")
        browser = Client()

        into = browser.post("/sign-in/", {"username": "ana", "password": "correct horse"})
        out = browser.post("/sign-out/")

        assert (into.status_code, into["Location"]) == (302, "/")
        assert (out.status_code, out["Location"]) == (302, "/sign-in/")


class TestSchema:
    def test_describes_every_door_without_a_warning(self, capsys):
        answer = Client().get("/api/v1/schema/", headers={"Accept": "application/json"})

        assert answer.status_code == 200
        assert "/api/v1/orders/" in answer.json()["paths"]
        assert "Warning" not in capsys.readouterr().err

    def test_has_a_page_to_read_it_that_keeps_to_the_policy(self):
        page = Client().get("/api/v1/docs/")

        assert page.status_code == 200
        assert b"<style" not in page.content
        assert b"<script>" not in page.content


class TestAdmin:
    def test_shows_keys_and_audit_without_a_way_to_change_history(self, admin_client):
        assert admin_client.get("/admin/bopis/apikey/").status_code == 200
        assert admin_client.get("/admin/bopis/auditentry/").status_code == 200
        assert admin_client.get("/admin/bopis/auditentry/add/").status_code == 403
        assert admin_client.get("/admin/bopis/apikey/add/").status_code == 403

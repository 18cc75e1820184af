"""The settings, read by real processes with other environments; and what they name must exist."""

import base64
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from bopis import environment
from bopis.celery import app

PROJECT = Path(__file__).resolve().parent.parent.parent
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
PRODUCTION = {
    "BOPIS_ENV": "production",
    "BOPIS_SECRET_KEY": "abcdefghij" * 5,
    "BOPIS_KEYS": f"k1:{KEY}",
    "BOPIS_HASH_KEY": KEY,
    "BOPIS_PUBLIC_URL": "https://pickup.example",
    "BOPIS_FROM_EMAIL": "pickup@shop.example",
    "BOPIS_EMAIL_URL": "smtp+starttls://mailer:secret@mail.example",
    "DATABASE_URL": "postgresql://bopis:a%40b@db.example:5433/shop?sslmode=require",
    "REDIS_URL": "redis://valkey.example:6379/3",
}


def read(names: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    code = (
        "import json; from django.conf import settings;"
        f"print(json.dumps([getattr(settings, name) for name in {names!r}], default=str))"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "bopis.settings"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestProduction:
    def test_takes_everything_from_the_environment(self, tmp_path):
        names = ["DATABASES", "ALLOWED_HOSTS", "SESSION_COOKIE_SECURE", "EMAIL_USE_TLS", "CHANNEL_LAYERS"]

        answer = read(names, PRODUCTION | {"BOPIS_VAR": str(tmp_path)})

        databases, hosts, is_secure, uses_tls, layers = json.loads(answer.stdout)
        assert databases["default"]["PASSWORD"] == "a@b"
        assert databases["default"]["OPTIONS"]["sslmode"] == "require"
        assert (hosts, is_secure, uses_tls) == (["pickup.example"], True, True)
        assert layers["default"]["CONFIG"]["prefix"] == "bopis3"
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"BOPIS_ENV"}))
    def test_does_not_start_without(self, name, tmp_path):
        given = {key: value for key, value in PRODUCTION.items() if key != name}

        answer = read(["DEBUG"], given | {"BOPIS_VAR": str(tmp_path)})

        assert answer.returncode != 0
        assert name in answer.stderr

    def test_does_not_start_with_debug(self, tmp_path):
        answer = read(["DEBUG"], PRODUCTION | {"BOPIS_VAR": str(tmp_path), "BOPIS_DEBUG": "1"})

        assert "BOPIS_DEBUG" in answer.stderr

    def test_passes_the_deployment_check(self, tmp_path):
        answer = subprocess.run(
            [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], "BOPIS_VAR": str(tmp_path)} | PRODUCTION,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

        assert answer.returncode == 0, answer.stderr


class TestDevelopment:
    def test_makes_its_keys_once_for_its_owner_only(self, tmp_path):
        names = ["SECRET_KEY", "BOPIS_KEYS", "BOPIS_HASH_KEY"]

        once, again = (read(names, {"BOPIS_VAR": str(tmp_path)}) for _ in range(2))

        assert once.stdout == again.stdout != ""
        assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600

    def test_has_no_database_that_was_not_given(self, tmp_path):
        answer = read(["DATABASES"], {"BOPIS_VAR": str(tmp_path)})

        assert "dummy" in answer.stdout


class TestEnvironment:
    @pytest.mark.parametrize("text", ["", "k1", "k1:", "k1:AAAA", f"k1:{KEY},k1:{KEY}", f":{KEY}", "k1:%%%"])
    def test_refuses_malformed_keys_without_showing_them(self, text):
        with pytest.raises(ImproperlyConfigured) as refusal:
            environment.parse_keys(text)
        assert KEY not in str(refusal.value)

    @pytest.mark.parametrize("url", ["", "sqlite:///x", "postgresql://host", "mysql://u@h/db"])
    def test_refuses_a_database_that_is_not_postgresql(self, url):
        with pytest.raises(ImproperlyConfigured):
            environment.read_database(url, pool=False)

    def test_refuses_a_flag_that_is_neither_on_nor_off(self, monkeypatch):
        monkeypatch.setenv("BOPIS_DEBUG", "yes")

        with pytest.raises(ImproperlyConfigured, match="BOPIS_DEBUG"):
            environment.read_flag("BOPIS_DEBUG")


class TestSchedule:
    def test_names_only_tasks_that_exist(self):
        app.loader.import_default_modules()

        assert set(settings.CELERY_BEAT_SCHEDULE) <= set(app.tasks)

    def test_keeps_slow_reading_away_from_everything_else(self):
        app.loader.import_default_modules()
        queues = {
            name: app.amqp.router.route({}, name)["queue"].name
            for name in app.tasks
            if not name.startswith("celery.")
        }

        assert {queue for name, queue in queues.items() if name.startswith("vision.")} == {"vision"}
        assert {queue for name, queue in queues.items() if not name.startswith("vision.")} == {"default"}

"""Real servers for every test: one slot a run, one database and one Valkey number a worker."""

import fcntl
import os
from pathlib import Path

import hypothesis
import pytest

from bopis import embedded
from bopis.embedded import attachment

PROJECT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("BOPIS_TEST_VAR") or PROJECT / "var" / "test")
SLOTS = 16
WORKERS = 16  # Valkey numbers a run has: its own, and one for each xdist worker


def _take_slot() -> int:
    """Return a number that no other run of tests has; the lock ends with the process."""
    if taken := os.environ.get("BOPIS_TEST_SLOT"):  # an xdist worker gets its controller's
        return int(taken)
    for slot in range(SLOTS):
        try:
            attachment.take(VAR / f"slot{slot}.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        os.environ["BOPIS_TEST_SLOT"] = str(slot)
        return slot
    raise RuntimeError(f"{SLOTS} runs of the tests are under way")


def _prepare() -> None:
    """Choose servers, database and keys before Django reads its settings."""
    VAR.mkdir(parents=True, exist_ok=True)
    slot = _take_slot()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")
    embedded.provide(var=VAR, throwaway=True)
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    os.environ["DATABASE_URL"] = f"{server}/bopis_{slot}"  # Django puts test_ before and _gwN behind
    valkey, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{valkey}/{slot * WORKERS + int(worker) + 1}"
    os.environ["BOPIS_VAR"] = str(VAR)


# A busy machine is slow, not wrong.
hypothesis.settings.register_profile("bopis", deadline=None)
hypothesis.settings.load_profile("bopis")

if "DJANGO_SETTINGS_MODULE" in os.environ:
    # pytest-django then reads the settings before this file can choose the servers.
    raise pytest.UsageError("unset DJANGO_SETTINGS_MODULE: the tests choose it themselves")
_prepare()

import django  # noqa: E402

os.environ["DJANGO_SETTINGS_MODULE"] = "bopis.settings"
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]  # not for the xdist workers, for the reason above

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from bopis import valkey  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Use a fast password hash: signing in is done often here and guarded nothing."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _empty_valkey() -> None:
    """Start every test with a Valkey that knows nothing; only this worker's number is emptied."""
    valkey.client().flushdb()


@pytest.fixture
def process_environment(transactional_db: None) -> dict[str, str]:
    """Return the environment for a real process of the project that shares this test's servers."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    return os.environ | {
        "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "bopis.settings",
        "PYTHONPATH": str(PROJECT),
    }

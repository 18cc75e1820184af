"""The Celery entry point, by a real worker."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bopis.models import IdempotencyRecord
from bopis.tasks import delete_expired

PROJECT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 120
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _worker(process_environment: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "--app", "bopis.celery", "worker", "--queues", "default"]
    command += ["--pool", "solo", "--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    worker = subprocess.Popen(command, cwd=PROJECT, env=process_environment)
    try:
        yield
        assert worker.poll() is None
    finally:
        worker.terminate()
        worker.wait(PATIENCE_S)


@pytest.mark.usefixtures("_worker")
def test_a_worker_takes_what_another_process_sent():
    IdempotencyRecord.objects.create(actor="user:1", key="k" * 8, created_at=datetime(2026, 1, 1, tzinfo=UTC))

    delete_expired.delay()

    deadline = time.monotonic() + PATIENCE_S
    while IdempotencyRecord.objects.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)

"""The tests' own servers: what keeps workers and runs apart."""

import os
from typing import Any, cast

from django.conf import settings

from bopis import valkey


def test_each_worker_has_a_database_and_a_valkey_number_of_its_own():
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw"))
    number = int(os.environ["BOPIS_TEST_SLOT"]) * 16 + worker + 1

    assert settings.REDIS_URL.endswith(f"/{number}")
    assert valkey.client().connection_pool.connection_kwargs["db"] == number
    assert cast("dict[str, Any]", settings.CHANNEL_LAYERS["default"]["CONFIG"])["prefix"] == f"bopis{number}"

"""Every door against its own OpenAPI description: strange input gets no 5xx, and answers are as described."""

import os
import re
from uuid import uuid4

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bopis import clock
from bopis.authentication import SCOPES, create_api_key
from tests import world
from tests.api.routes import DOORS, PUBLIC, STAFF, TOKEN
from tests.api.test_isolation import Cast

EXAMPLES = int(os.environ.get("BOPIS_FUZZ_EXAMPLES", "10"))  # of each door
CSRF = "c" * 32
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# A file, which its description calls what it is; not JSON.
FILES = {"stores/<slug:code>/pickups.csv"}


@pytest.fixture
def cast(db, monkeypatch, settings):
    monkeypatch.setattr(clock, "now", lambda: world.NOON)
    settings.BOPIS_RATE_PER_MINUTE = 10**6
    cast = Cast()
    _, cast.secret = create_api_key(name="x", scopes=SCOPES, store_ids=[cast.store.pk], at=clock.now())
    client = Client()
    client.force_login(world.make_associate(cast.store, "Mona", role="MANAGER"))
    cast.session = client.cookies["sessionid"].value
    return cast


def sign(cast, door):
    """The headers of who may come in."""
    if door.opens_to in {TOKEN, PUBLIC}:
        return {}
    if door.opens_to == STAFF:
        return {"Cookie": f"sessionid={cast.session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}
    return {"Authorization": f"Bearer {cast.secret}"}


def attack(cast, operation, route, door):
    """Send what the description allows to a thing that is, or to one that is not."""
    address = cast.fill(route, token=cast.token).removeprefix("/api/v1/")
    real = {
        old.strip("{}"): new
        for old, new in zip(
            operation.path.removeprefix("/api/v1/").split("/"), address.split("/"), strict=True
        )
        if old.startswith("{")
    }

    @seed(20261120)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_real=st.sampled_from([True, True, False]))
    def send(case, is_real):
        if is_real:
            case.path_parameters.update(real)
        headers = sign(cast, door)
        if operation.method.upper() != "GET" and "Idempotency-Key" in (case.headers or {}):
            headers["Idempotency-Key"] = uuid4().hex  # its own tests ask what else is refused
        point = transaction.savepoint()
        try:
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS[:1] if route in FILES else CHECKS)
        finally:
            transaction.savepoint_rollback(point)

    send()


@pytest.fixture(autouse=True)
def _keep_the_connection():
    """As Django's own test client does: the test's transaction outlives the request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def description():
    load_all_checks()
    loaded = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
    loaded.app = WSGIHandler()
    return loaded


@pytest.mark.parametrize(("route", "method"), [door for door in DOORS if DOORS[door].opens_to != PUBLIC])
def test_door_answers_as_described(cast, description, route, method):
    path = "/api/v1/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)
    attack(cast, description[path][method.upper()], route, DOORS[route, method])

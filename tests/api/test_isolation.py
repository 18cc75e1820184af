"""Nobody sees or changes another store's orders: every door, every kind of stranger."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from rest_framework.test import APIClient

from bopis import clock
from bopis.authentication import SCOPES, create_api_key
from bopis.models import ApiKey
from bopis.privacy import sign_token
from orders.models import Order, StockLevel, StockMovement, Task
from orders.services import delegates, holds, transfers
from tests import world
from tests.api.routes import BOTH, DOORS, KEY, PUBLIC, STAFF, TOKEN, get_window, walk

REFUSALS = {401, 403, 404}
NO_LINK = "none"


class Cast:
    """One store with an order, a hold and a delegate; and everybody who knocks."""

    secret = ""  # of its own key and session, where a test signs in with them
    session = ""

    def __init__(self):
        self.store = world.make_store()
        self.order = world.place(self.store, customer="secret-customer", number="W-secret")
        self.task = Task.objects.filter(order=self.order).order_by("pk")[0]
        hold = holds.hold(
            store_id=self.store.pk,
            quantities={"bread": Decimal(1)},
            length=timedelta(minutes=5),
            at=clock.now(),
            actor="api:x",
        )
        self.hold = hold
        self.delegate = delegates.invite(
            order_id=self.order.pk, name="Kim", expires_at=None, at=clock.now(), actor="customer"
        )
        self.transfer = transfers.request(
            source=world.make_store("nantes", name="Nantes"),
            target=self.store,
            quantities={"bread": Decimal(1)},
            at=clock.now(),
            actor="api:x",
        )
        self.other = world.make_store("paris", name="Paris Nord")
        self.token = sign_token(self.order.public_id, purpose="track")
        self.secret = self.session = ""  # of those who come in: a key, a manager

    def fill(self, route, *, token):
        """The address that names the first store's things."""
        public_id = self.order.public_id
        if route.startswith("holds/"):
            public_id = self.hold.public_id
        if route.startswith("transfers/"):
            public_id = self.transfer.public_id
        if "delegates/" in route:
            public_id = self.delegate.public_id
        values = {
            "code": self.store.code,
            "sku": "bread",
            "public_id": public_id,
            "task_id": self.task.pk,
            "token": token,
        }
        return "/api/v1/" + re.sub(r"<\w+:(\w+)>", lambda match: str(values[match[1]]), route)

    def read_state(self):
        """What no stranger may move."""
        return (
            list(Order.objects.order_by("pk").values()),
            list(StockLevel.objects.filter(store=self.store).order_by("pk").values()),
            list(Task.objects.order_by("pk").values()),
            StockMovement.objects.count(),
        )

    def find_leaks(self, answer):
        """What of the first store's an answer holds."""
        text = answer.content.decode()
        secrets = [
            self.order.number,
            str(self.order.public_id),
            self.order.pickup_code,
            "secret-customer",
            "Lyon Est",
            str(self.hold.public_id),
        ]
        return [secret for secret in secrets if secret in text]


def knock(cast, client, route, method, door, *, token=NO_LINK):
    """Send what the owner could send, and take it back."""
    body = json.loads(json.dumps(door.body).replace("{store}", cast.store.code))
    if body.pop("window", False):
        body |= get_window()
    address = cast.fill(route, token=token) + door.query
    send = getattr(client, method)
    headers = {"Idempotency-Key": uuid4().hex}
    point = transaction.savepoint()
    try:
        return send(address, headers=headers) if method == "get" else send(address, body, headers=headers)
    finally:
        transaction.savepoint_rollback(point)


def with_key(scopes, *stores):
    key, secret = create_api_key(
        name="x", scopes=SCOPES, store_ids=[store.pk for store in stores], at=clock.now()
    )
    ApiKey.objects.filter(pk=key.pk).update(scopes=sorted(scopes))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def signed_in(user):
    client = APIClient()
    client.force_login(user)
    return client


@pytest.fixture
def cast(db, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: world.NOON)
    return Cast()


STRANGERS = {
    "nobody": lambda _: APIClient(),
    "a wrong key": lambda _: APIClient(headers={"Authorization": "Bearer bopis_abcdefgh_nothing"}),
    "a key without scopes": lambda cast: with_key([], cast.store),
    "a key of another store": lambda cast: with_key(SCOPES, cast.other),
    "an associate of another store": lambda cast: signed_in(world.make_associate(cast.other, "Zoe")),
    "a manager of another store": lambda cast: signed_in(
        world.make_associate(cast.other, "Max", role="MANAGER")
    ),
    "a person without a store": lambda _: signed_in(User.objects.create_user("nobody")),
    "administration staff": lambda _: signed_in(User.objects.create_user("clerk", is_staff=True)),
}

SIGNED_IN = [
    name for name in STRANGERS if name.startswith(("an associate", "a manager", "a person", "admin"))
]


def judge(cast, name, door, answer):
    """What is wrong with an answer to a stranger."""
    if leaks := cast.find_leaks(answer):
        return f"leaks {leaks}"
    if answer.status_code in REFUSALS:
        return ""
    is_known = name == "a key of another store" or (door.opens_to == BOTH and name in SIGNED_IN)
    is_answered = door.opens_to == PUBLIC or (door.is_shared and is_known)
    return "" if is_answered and answer.status_code < 300 else f"answers {answer.status_code}"


class TestStrangers:
    @pytest.mark.parametrize("name", STRANGERS)
    def test_are_refused_at_every_door_and_learn_nothing(self, cast, name):
        client = STRANGERS[name](cast)
        before = cast.read_state()
        faults = []
        for (route, method), door in DOORS.items():
            fault = judge(cast, name, door, knock(cast, client, route, method, door))
            if fault:
                faults.append(f"{method.upper()} {route} {fault}")

        assert faults == []
        assert cast.read_state() == before

    @pytest.mark.parametrize("purpose", ["delegate", "staff", "track"])
    def test_open_nothing_with_a_link_of_another_kind(self, cast, purpose):
        # "track": genuine, but of an order that there is not.
        subject = uuid4() if purpose == "track" else cast.order.public_id
        token = sign_token(subject, purpose=purpose)
        doors = {address: door for address, door in DOORS.items() if door.opens_to == TOKEN}

        answers = {
            (route, method): knock(cast, APIClient(), route, method, door, token=token).status_code
            for (route, method), door in doors.items()
        }
        assert {address for address, status in answers.items() if status != 404} == set()

    def test_cannot_tell_another_stores_order_from_none(self, cast):
        client = with_key(SCOPES, cast.other)
        theirs = client.get(f"/api/v1/orders/{cast.order.public_id}/")
        nothing = client.get(f"/api/v1/orders/{uuid4()}/")

        assert (theirs.status_code, theirs.json()) == (nothing.status_code, nothing.json())


KNOCKED_AT_NOTHING = {
    "line-not-found",
    "payment-not-found",
    "check-not-found",
    "safety-rule-not-found",
    "needs-pharmacist",  # a manager is none
    "wrong-store",  # a step of the transfer that is the other store's
}


class TestOwners:
    """Without these the refusals above would prove nothing: the doors do open, to the right ones."""

    def judge(self, cast, client, kinds, token):
        refused = set()
        for (route, method), door in DOORS.items():
            if door.opens_to in kinds:
                answer = knock(cast, client, route, method, door, token=token)
                assert answer.status_code < 500, (route, method)
                if answer.status_code in REFUSALS:
                    refused.add((route, method, answer.json()["code"]))
        return refused

    def test_with_a_key_come_in(self, cast):
        client = with_key(SCOPES, cast.store)
        refused = self.judge(cast, client, {KEY, BOTH}, NO_LINK)

        assert {code for _, _, code in refused} <= KNOCKED_AT_NOTHING

    def test_as_managers_come_in(self, cast):
        client = signed_in(world.make_associate(cast.store, "Mona", role="MANAGER"))
        refused = self.judge(cast, client, {STAFF, BOTH}, NO_LINK)

        assert {code for _, _, code in refused} <= KNOCKED_AT_NOTHING

    def test_with_the_link_come_in(self, cast):
        refused = self.judge(cast, APIClient(), {TOKEN}, cast.token)

        assert refused == {("delegate/<str:token>/", "get", "invalid-token")}  # has a link of its own


class TestMatrix:
    def test_knows_every_door(self):
        assert {(route, method) for route, method, _ in walk()} == set(DOORS)

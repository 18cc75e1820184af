from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from bopis import clock
from bopis.authentication import create_api_key
from bopis.errors import DomainError, InvalidError, TransitionError
from orders.models import StockLevel, StockMovement, Transfer
from orders.services import reconcile, stock, transfers
from tests import world
from tests.world import BREAD, MILK, NOON

ALL = transfers.Actor("api:erp")


@pytest.fixture
def paris(store):
    return world.make_store("paris")


@pytest.fixture
def asked(store, paris):
    """Paris asks Lyon for 40 milks."""
    return ask(store, paris)


def ask(source, target, **quantities):
    wanted = {sku: Decimal(quantity) for sku, quantity in (quantities or {MILK: 40}).items()}
    return transfers.request(source=source, target=target, quantities=wanted, at=NOON, actor="api:erp")


def act(step, transfer, *, actor=ALL, **facts):
    return step(public_id=transfer.public_id, at=NOON, actor=actor, **facts)


def shelf(store, sku=MILK):
    level = StockLevel.objects.get(store=store, product__sku=sku)
    return level.on_hand, level.reserved


def count_world():
    for level in StockLevel.objects.all():
        StockMovement.objects.create(
            store=level.store,
            product=level.product,
            kind="SET",
            on_hand_change=level.on_hand,
            occurred_at=NOON,
            actor="api:test",
        )


LIFE: list[tuple[Any, dict[str, Any]]] = [
    (transfers.accept, {}),
    (transfers.send, {}),
    (transfers.receive, {"received": {}}),
]


class TestTransfer:
    def test_keeps_each_unit_in_one_place_at_a_time(self, store, paris, asked):
        count_world()
        seen = [(shelf(store), shelf(paris))]
        for step, facts in LIFE:
            for _ in range(2):  # a repeat changes nothing
                act(step, asked, **facts)
            seen.append((shelf(store), shelf(paris)))
            assert reconcile.find_differences() == []

        assert seen == [
            ((100, 0), (100, 0)),
            ((100, 40), (100, 0)),
            ((60, 0), (100, 0)),
            ((60, 0), (140, 0)),
        ]
        ledger = StockMovement.objects.filter(transfer=asked).order_by("pk")
        assert [(move.store, move.kind) for move in ledger] == [
            (store, "RESERVE"),
            (store, "TRANSFER_OUT"),
            (paris, "TRANSFER_IN"),
        ]

    def test_writes_down_what_arrived(self, store, paris, asked):
        act(transfers.accept, asked)
        act(transfers.send, asked)

        act(transfers.receive, asked, received={MILK: Decimal(38)})

        line = asked.lines.get()
        assert (line.quantity, line.received, shelf(paris)) == (40, 38, (138, 0))

    def test_makes_a_shelf_that_the_target_has_not(self, store, paris):
        world.stock(store, "oil", 5)
        transfer = ask(store, paris, oil=5)

        for step in (transfers.accept, transfers.send):
            act(step, transfer)
        act(transfers.receive, transfer, received={})

        assert shelf(paris, "oil") == (5, 0)

    def test_of_promised_goods_is_not_accepted(self, store, asked):
        world.place(store, (MILK, 61))

        with pytest.raises(stock.OutOfStockError):
            act(transfers.accept, asked)

        asked.refresh_from_db()
        assert (asked.status, shelf(store)) == ("REQUESTED", (100, 61))

    def test_gives_its_promise_up_when_it_is_canceled(self, store, asked):
        act(transfers.accept, asked)

        for _ in range(2):
            act(transfers.cancel, asked, reason="late")

        asked.refresh_from_db()
        assert (asked.status, asked.reason, shelf(store)) == ("CANCELED", "late", (100, 0))

    def test_cannot_be_canceled_once_it_was_sent(self, asked):
        act(transfers.accept, asked)
        act(transfers.send, asked)

        with pytest.raises(TransitionError):
            act(transfers.cancel, asked, reason="")

    def test_is_refused_with_a_reason(self, store, asked):
        act(transfers.refuse, asked, reason="we need it ourselves")

        with pytest.raises(TransitionError):
            act(transfers.accept, asked)
        assert shelf(store) == (100, 0)

    def test_leaves_each_step_to_its_store(self, store, paris, asked):
        at_paris = transfers.Actor("associate:1", frozenset({paris.pk}))
        at_lyon = transfers.Actor("associate:2", frozenset({store.pk}))

        with pytest.raises(transfers.WrongStoreError):
            act(transfers.accept, asked, actor=at_paris)
        act(transfers.accept, asked, actor=at_lyon)
        act(transfers.send, asked, actor=at_lyon)
        with pytest.raises(transfers.WrongStoreError):
            act(transfers.receive, asked, actor=at_lyon, received={})
        with pytest.raises(transfers.TransferNotFoundError):
            act(transfers.receive, asked, actor=transfers.Actor("associate:3", frozenset()), received={})

    def test_refuses_what_it_does_not_have(self, asked):
        act(transfers.accept, asked)
        act(transfers.send, asked)

        with pytest.raises(InvalidError):
            act(transfers.receive, asked, received={BREAD: Decimal(1)})

    def test_within_one_store_is_none(self, store):
        with pytest.raises(InvalidError):
            ask(store, store)


@pytest.mark.django_db(transaction=True)
class TestRace:
    def run(self, *acts):
        start = Barrier(len(acts))

        def one(act):
            try:
                start.wait()
                act()
            except DomainError as error:
                return error.code
            finally:
                connection.close()
            return "won"

        with ThreadPoolExecutor(len(acts)) as threads:
            return Counter(threads.map(one, acts))

    def test_accepts_no_more_than_there_is(self, transactional_db):
        lyon, paris = world.make_store(), world.make_store("paris")
        requests = [ask(lyon, paris) for _ in range(6)]

        outcomes = self.run(*(lambda one=one: act(transfers.accept, one) for one in requests))

        assert outcomes == {"won": 2, "out-of-stock": 4}
        assert shelf(lyon) == (100, 80)

    def test_sends_or_cancels_but_never_both(self, transactional_db):
        lyon, paris = world.make_store(), world.make_store("paris")
        count_world()
        for _ in range(4):
            transfer = act(transfers.accept, ask(lyon, paris, milk=5))
            outcomes = self.run(
                lambda one=transfer: act(transfers.send, one),
                lambda one=transfer: act(transfers.cancel, one, reason=""),
            )
            assert outcomes == {"won": 1, "invalid-transition": 1}

        assert reconcile.find_differences() == []

    def test_both_ways_at_once_lock_no_circle(self, transactional_db):
        lyon, paris = world.make_store(), world.make_store("paris")
        ways = [ask(lyon, paris, milk=1, bread=1) for _ in range(4)]
        ways += [ask(paris, lyon, bread=1, milk=1) for _ in range(4)]
        for step, facts in LIFE:
            outcomes = self.run(*(lambda one=one: act(step, one, **facts) for one in ways))  # noqa: B023
            assert outcomes == {"won": 8}

        assert (shelf(lyon), shelf(paris)) == ((100, 0), (100, 0))


class TestDoors:
    def open(self, *scopes, stores=()):
        _, secret = create_api_key(
            name="erp", scopes=scopes, store_ids=[store.pk for store in stores], at=clock.now()
        )
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    def test_go_the_whole_way(self, store, paris):
        client = self.open("stock:write", "orders:read")
        body = {"source": store.code, "target": "paris", "lines": [{"sku": MILK, "quantity": "3"}]}
        made = client.post("/api/v1/transfers/", body, HTTP_IDEMPOTENCY_KEY="transfer-1")
        again = client.post("/api/v1/transfers/", body, HTTP_IDEMPOTENCY_KEY="transfer-1")
        url = f"/api/v1/transfers/{made.data['id']}/"

        statuses = [
            client.post(f"{url}{step}/", data).data["status"]
            for step, data in [
                ("accept", {}),
                ("send", {}),
                ("receive", {"lines": [{"sku": MILK, "quantity": "2"}]}),
            ]
        ]

        assert (made.status_code, again.data) == (201, made.data)
        assert statuses == ["ACCEPTED", "SENT", "RECEIVED"]
        assert client.get(url).data["lines"] == [{"sku": MILK, "quantity": "3.000", "received": "2.000"}]
        (listed,) = client.get("/api/v1/transfers/", {"store": "paris", "status": "RECEIVED"}).data["results"]
        assert listed["id"] == made.data["id"]
        assert Transfer.objects.count() == 1

    def test_are_shut_for_other_stores_and_without_a_scope(self, store, paris, asked):
        nice = world.make_store("nice")
        url = f"/api/v1/transfers/{asked.public_id}/"

        stranger = self.open("stock:write", "orders:read", stores=[nice])
        assert stranger.get(url).status_code == 404
        assert stranger.post(f"{url}accept/").status_code == 404
        assert stranger.get("/api/v1/transfers/").data["results"] == []
        assert self.open("orders:read").post(f"{url}accept/").status_code == 403
        assert APIClient().get(url).status_code in {401, 403}

    def test_let_associates_act_for_their_store(self, store, paris, asked, ana):
        client = APIClient()
        client.force_login(ana)
        url = f"/api/v1/transfers/{asked.public_id}/"

        accepted = client.post(f"{url}accept/")
        received = client.post(f"{url}receive/")

        assert accepted.data["status"] == "ACCEPTED"
        assert (received.status_code, received.data["code"]) == (403, "wrong-store")

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from bopis import clock
from bopis.authentication import create_api_key
from orders.api.pages import _make_cursor
from tests import world
from tests.world import BREAD, MILK, NOON

MOVEMENTS = "/api/v1/stores/lyon-est/stock-movements/"
MOST_QUERIES = 5  # key, its use, its stores, the list (and the store that it names)


def make_reader(*stores, scope="orders:read"):
    _, secret = create_api_key(
        name="shop", scopes=[scope], store_ids=[store.pk for store in stores], at=clock.now()
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def reader(store):
    return make_reader(store)


def read(reader, address, **query):
    answer = reader.get(address, query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def walk(reader, address, **query):
    """All rows of a list, page by page."""
    rows: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = reader.get(address, query | {"cursor": cursor}).json()
        rows += page["results"]
        cursor = page["next"]
    return rows


def count_queries(reader, address, **query):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        read(reader, address, **query)
    return len(queries)


class TestPages:
    def test_give_every_row_once(self, reader, store):
        for number in range(7):
            world.make_product(f"tea-{number}")

        skus = [row["sku"] for row in walk(reader, "/api/v1/products/", limit=3)]
        assert skus == sorted([*(f"tea-{number}" for number in range(7)), "bread", "ice", "milk"])

    def test_are_not_moved_by_what_is_added_meanwhile(self, reader, store):
        orders = [world.place(store) for _ in range(4)]
        first = reader.get("/api/v1/orders/", {"limit": 2}).json()
        world.place(store)

        second = reader.get("/api/v1/orders/", {"limit": 2, "cursor": first["next"]}).json()
        shown = [row["number"] for row in first["results"] + second["results"]]
        assert shown == [order.number for order in reversed(orders)]
        assert second["next"] is None

    @pytest.mark.parametrize(
        "cursor",
        [
            *("x", "é", "%00", "bnVsbA", "W" * 400, _make_cursor("sku", "tea")),
            *(_make_cursor("-id", value) for value in ("7", 2**70, True, 1.5)),  # type: ignore[arg-type]
        ],
    )
    def test_refuse_a_cursor_that_is_not_theirs(self, reader, cursor):
        answer = reader.get("/api/v1/orders/", {"cursor": cursor})

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-cursor")

    def test_refuse_a_cursor_that_the_database_could_not_bear(self, reader):
        answer = reader.get("/api/v1/products/", {"cursor": _make_cursor("sku", "a\0b")})

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-cursor")

    @pytest.mark.parametrize("limit", ["0", "201", "many"])
    def test_refuse_a_limit_out_of_bounds(self, reader, limit):
        assert reader.get("/api/v1/products/", {"limit": limit}).status_code == 400


class TestOrders:
    def test_are_chosen_by_status_number_and_time(self, reader, store):
        first, second = world.place(store, number="W-A"), world.place(store, at=NOON + timedelta(hours=1))
        first.status = "CANCELED"
        first.save()

        def numbers(**query):
            return [row["number"] for row in read(reader, "/api/v1/orders/", **query)]

        assert numbers(status=["CANCELED", "EXPIRED"]) == ["W-A"]
        assert numbers(number="W-A") == ["W-A"]
        assert numbers(since=(NOON + timedelta(minutes=1)).isoformat()) == [second.number]
        assert numbers(until=(NOON + timedelta(minutes=1)).isoformat()) == ["W-A"]
        assert numbers(store="lyon-est") == [second.number, "W-A"]

    def test_show_neither_code_nor_lines_nor_customer(self, reader, order):
        (row,) = read(reader, "/api/v1/orders/")

        assert row["id"] == str(order.public_id)
        assert order.pickup_code not in str(row)
        assert "Ines" not in str(row)

    def test_of_other_stores_are_not_there(self, order):
        stranger = make_reader(world.make_store("paris"))

        assert read(stranger, "/api/v1/orders/") == []
        assert stranger.get("/api/v1/orders/", {"store": "lyon-est"}).status_code == 404

    def test_need_the_scope(self, store):
        answer = make_reader(scope="stock:write").get("/api/v1/orders/")

        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert "orders:read" in answer.json()["detail"]


class TestEvents:
    def test_tell_an_orders_life_from_its_beginning(self, reader, order, ana):
        world.pack(order, ana)

        kinds = [row["kind"] for row in walk(reader, f"/api/v1/orders/{order.public_id}/events/", limit=1)]
        assert kinds[0] == "placed"
        assert kinds == list(order.events.order_by("id").values_list("kind", flat=True))

    def test_of_an_unknown_order_are_not_there(self, reader):
        assert reader.get(f"/api/v1/orders/{uuid4()}/events/").status_code == 404


class TestMovements:
    def test_tell_why_a_level_changed(self, reader, store):
        order = world.place(store, (BREAD, 2), (MILK, 1))

        (row,) = read(reader, MOVEMENTS, sku=BREAD)
        assert (row["kind"], row["reserved_change"], row["order"]) == (
            "RESERVE",
            "2.000",
            str(order.public_id),
        )

    def test_keep_to_the_period(self, reader, order):
        assert read(reader, MOVEMENTS, since=(NOON + timedelta(seconds=1)).isoformat()) == []


class TestQueries:
    def test_stay_few_however_many_rows(self, reader, store, ana):
        reader.get("/api/v1/orders/")  # the key's first use of the minute is written down
        orders = [world.place(store) for _ in range(5)]
        events = f"/api/v1/orders/{orders[0].public_id}/events/"

        for address in ("/api/v1/orders/", "/api/v1/products/", MOVEMENTS, events):
            assert count_queries(reader, address) == count_queries(reader, address, limit=1)
            assert count_queries(reader, address) <= MOST_QUERIES

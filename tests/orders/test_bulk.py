from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from bopis import clock
from bopis.authentication import create_api_key
from orders.models import Barcode, Category
from orders.services import adding, placing
from tests import world
from tests.world import BREAD, MILK, NOON


def open_client(*stores):
    _, secret = create_api_key(
        name="erp", scopes=["products:write"], store_ids=[s.pk for s in stores], at=clock.now()
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def put(path, rows, *stores):
    return open_client(*stores).put(f"/api/v1/{path}/", {path: rows}).data["outcomes"]


def price(store, sku, minor):
    return {"store": store.code, "sku": sku, "price_minor": minor}


class TestPrices:
    def test_are_what_an_order_at_that_store_costs(self, store):
        other = world.make_store("paris")
        assert put("prices", [price(store, MILK, 199)]) == ["stored"]

        here, there = (world.place(place, (MILK, 2), (BREAD, 1)) for place in (store, other))

        assert (here.total_minor, there.total_minor) == (2 * 199 + 250, 3 * 250)
        assert sorted(here.lines.values_list("price_minor", flat=True)) == [199, 250]

    def test_hold_for_what_is_added_and_not_for_what_was_ordered(self, store):
        order = world.place(store, (MILK, 1))
        put("prices", [price(store, MILK, 100), price(store, BREAD, 120)])

        adding.add_lines(
            order_id=order.pk,
            lines=[placing.BasketLine(BREAD, Decimal(1))],
            at=NOON,
            actor="api:shop",
        )

        order.refresh_from_db()
        assert order.total_minor == 250 + 120

    def test_are_taken_away_by_null(self, store):
        for minor in (199, 189, None, None):
            assert put("prices", [price(store, MILK, minor)]) == ["stored"]

        assert world.place(store, (MILK, 1)).total_minor == 250

    def test_are_judged_row_by_row_and_bound_to_the_keys_stores(self, store):
        other = world.make_store("paris")
        rows = [price(store, MILK, 1), price(store, "caviar", 1), price(other, MILK, 1)]

        outcomes = put("prices", rows, store)

        assert outcomes == ["stored", "unknown-sku", "store-not-found"]
        assert world.place(other, (MILK, 1)).total_minor == 250


class TestBarcodes:
    def test_are_several_and_each_one_products_only(self, store):
        rows = [{"code": "1", "sku": MILK}, {"code": "2", "sku": MILK}, {"code": "3", "sku": "caviar"}]

        assert [put("barcodes", rows) for _ in range(2)] == [["stored", "stored", "unknown-sku"]] * 2
        put("barcodes", [{"code": "2", "sku": BREAD}])

        assert dict(Barcode.objects.values_list("code", "product__sku")) == {"1": MILK, "2": BREAD}

    def test_are_on_the_packing_sheet(self, store, ana):
        put("barcodes", [{"code": "4006381333931", "sku": BREAD}])
        task = world.place(store, (BREAD, 1)).tasks.get(kind="PACK_AMBIENT")
        client = APIClient()
        client.force_login(ana)

        (line,) = client.get(f"/api/v1/tasks/{task.pk}/").data["lines"]

        assert line["barcodes"] == ["4006381333931"]


@pytest.mark.django_db
class TestCategories:
    def test_are_written_by_the_list(self):
        rows = [{"code": "wine", "name": "Wine", "min_age": 18}, {"code": "milk", "name": "Milk"}]

        assert put("categories", rows) == ["created", "created"]
        assert put("categories", rows[:1]) == ["updated"]
        assert Category.objects.get(code="wine").min_age == 18

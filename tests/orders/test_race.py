"""Many buyers at once, each with a connection of their own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from notifications.models import Message
from orders.models import Order
from orders.services import placing, stock
from tests import world
from tests.bench import _start_line as start_line
from tests.bench import race
from tests.world import BREAD, MILK, NOON

BUYERS = 20


def all_at_once(act):
    """Let every buyer act in a thread, started together; returns how often each outcome came."""
    start_line.share(Barrier(BUYERS))
    with ThreadPoolExecutor(BUYERS) as threads:
        return list(threads.map(act, range(BUYERS)))


@pytest.mark.django_db(transaction=True)
class TestPlaceOrder:
    def test_sells_the_last_units_exactly_once_each(self):
        store_id = race.stock_shelves(units=3, rounds=4)

        results = all_at_once(lambda buyer: race.buy(store_id, 4, buyer))

        outcomes = Counter((number, outcome) for result in results for number, outcome, _ in result)
        promised = race.count_promised(store_id)
        for number in range(4):
            assert (outcomes[number, race.WON], outcomes[number, race.LOST]) == (3, BUYERS - 3)
            assert promised[race.get_sku(number)] == (3, 3, 3)
        assert Message.objects.filter(kind="ORDER_CONFIRMED").count() == 12

    def test_sells_everything_to_baskets_that_name_products_in_opposite_orders(self):
        store = world.make_store()
        world.stock(store, BREAD, 10)
        world.stock(store, MILK, 10)

        def buy(buyer: int) -> str:
            lines = [(BREAD, 1), (MILK, 1)]
            basket = world.make_basket(*(lines if buyer % 2 else reversed(lines)))
            try:
                start_line.wait()
                placing.place_order(store_id=store.pk, basket=basket, at=NOON, actor="api:test")
            except stock.OutOfStockError:
                return race.LOST
            finally:
                connection.close()
            return race.WON

        assert Counter(all_at_once(buy)) == {race.WON: 10, race.LOST: 10}

    def test_accepts_a_number_once(self):
        store = world.make_store()

        def buy(buyer: int) -> str:
            try:
                start_line.wait()
                world.place(store, (BREAD, 1), number="W-1", customer=f"customer-{buyer}")
            except placing.OrderNumberTakenError:
                return race.LOST
            finally:
                connection.close()
            return race.WON

        assert Counter(all_at_once(buy)) == {race.WON: 1, race.LOST: BUYERS - 1}
        assert race.count_promised(store.pk)[BREAD] == (1, 1, 1)

    def test_gives_each_order_a_board_code_of_its_own_though_all_draw_the_same(self, monkeypatch):
        """Of all who draw K7F at once, one keeps it and the others draw again."""
        store = world.make_store()
        draw = placing.draw_code
        drawn = Counter[int]()

        def draw_alike(length: int) -> str:
            if length != placing.BOARD_CODE_LENGTH:
                return draw(length)
            drawn[0] += 1
            return "K7F" if drawn[0] <= BUYERS else draw(length)

        monkeypatch.setattr(placing, "draw_code", draw_alike)

        def buy(buyer: int) -> None:
            try:
                start_line.wait()
                world.place(store, (BREAD, 1), customer=f"customer-{buyer}")
            finally:
                connection.close()

        all_at_once(buy)

        codes = set(Order.objects.values_list("code", flat=True))
        assert len(codes) == BUYERS
        assert "K7F" in codes

"""What is refused at the real doors, and that nothing of it stays."""

import pytest

from bopis.demo import catalog
from bopis.demo.doors import RefusedError
from bopis.demo.people import Person


class TestRefusedOrder:
    def test_leaves_nothing_behind(self, world):
        greedy = world.crowd.shop(
            Person("Karl"),
            lines=[{"sku": catalog.SCARCE, "quantity": "2"}, {"sku": "baguette", "quantity": "1"}],
        )
        tables = ("order", "orderline", "customer", "task", "orderevent", "stockmovement")
        count = " + ".join(f"(SELECT count(*) FROM orders_{table})" for table in tables)
        everything = f"SELECT {count} + (SELECT count(*) FROM notifications_message)"
        before = world.count(everything)

        with pytest.raises(RefusedError) as refusal:
            world.shop.place(greedy)

        assert (refusal.value.status, refusal.value.code) == (409, "out-of-stock")
        assert [line["sku"] for line in refusal.value.body["lines"]] == [catalog.SCARCE]
        assert world.count(everything) == before
        assert world.count("SELECT sum(reserved)::int FROM orders_stocklevel") == 0

    def test_may_be_placed_again_for_what_there_is(self, world):
        order = world.crowd.shop(Person("Karl"), lines=[{"sku": catalog.SCARCE, "quantity": "2"}])
        with pytest.raises(RefusedError):
            world.shop.place(order)

        order["lines"][0]["quantity"] = "1"
        placed = world.shop.place(order)

        assert placed["status"] == "PLACED"
        world.shop.ask("POST", f"/api/v1/orders/{placed['id']}/cancel/", {})


class TestWrongPickupCode:
    def test_gives_nothing_away_and_the_right_one_still_works(self, world):
        mia = world.place(Person("Mia"))
        world.pack(mia, "PACK_AMBIENT")
        mia.phone.say_here("2")
        world.pack(mia, "PACK_FRESH")
        world.see(mia, lambda card: card["status"] == "READY")

        with pytest.raises(RefusedError) as refusal:
            world.lea.hand_over(mia.order_id, "000000")

        assert (refusal.value.status, refusal.value.code) == (422, "wrong-pickup-code")
        assert refusal.value.body["tries_left"] == 4
        assert world.shop.get(mia.order_id)["status"] == "READY"
        assert world.lea.hand_over(mia.order_id, mia.order["pickup_code"].lower())["wait_s"] >= 0
        mia.page.wait_for_state(lambda state: state["moment"] == "done")

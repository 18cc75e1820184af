from dataclasses import replace
from datetime import timedelta

import pytest

from bopis.errors import TransitionError
from notifications.models import Message
from orders import board
from orders.models import Order, StockLevel, Task
from orders.services import (
    claims,
    closing,
    handover,
    holding,
    packing,
    payments,
    placing,
    putting_back,
    recalls,
)
from tests import world
from tests.world import BREAD, MILK, NOON

DAY = timedelta(days=1)


def hold(order, reason="PHARMACY", at=NOON):
    return holding.put_on_hold(order_id=order.pk, reason=Order.OnHold(reason), at=at, actor="api:test")


def resume(order, at=NOON):
    return holding.resume(order_id=order.pk, at=at, actor="api:test")


def get_told(order, *kinds):
    told = Message.objects.filter(order_id=order.pk, kind__in=kinds).order_by("pk")
    return list(told.values_list("kind", flat=True))


class TestPutOnHold:
    def test_keeps_the_state_and_shows_the_reason_on_the_card(self, order):
        for _ in range(2):
            hold(order)

        order.refresh_from_db()
        assert order.status == "PLACED"
        assert board.get_card(order)["on_hold"] == {"reason": "PHARMACY", "since": NOON.isoformat()}
        assert get_told(order, "ON_HOLD") == ["ON_HOLD"]

    def test_stops_packing(self, order, ana):
        hold(order)

        with pytest.raises(holding.OnHoldError) as refusal:
            world.pack(order, ana)
        assert refusal.value.extra == {"reason": "PHARMACY"}

    def test_stops_the_handover_and_the_take_out(self, store, ana):
        order = world.arrive(world.pack(world.place(store, (BREAD, 1)), ana))
        hold(order)

        with pytest.raises(holding.OnHoldError):
            handover.hand_over(order_id=order.pk, associate_id=ana.pk, at=NOON, code=order.pickup_code)
        with pytest.raises(holding.OnHoldError):
            packing.start(task_id=Task.objects.get(kind="TAKE_OUT").pk, associate_id=ana.pk, at=NOON)

    def test_is_refused_for_another_reason_and_for_a_closed_order(self, order):
        hold(order)
        with pytest.raises(holding.OnHoldError):
            hold(order, "FRAUD")

        closing.cancel(order_id=order.pk, reason="test", at=NOON, actor="api:test")
        with pytest.raises(TransitionError):
            hold(order)


class TestResume:
    def test_lets_work_go_on_and_tells_the_customer(self, order, ana):
        hold(order)
        for _ in range(2):
            resume(order)

        world.pack(order, ana)
        assert get_told(order, "ON_HOLD", "RESUMED") == ["ON_HOLD", "RESUMED"]

    def test_gives_the_time_on_hold_back_to_the_customer(self, order):
        kept_until, end = order.keep_until, order.window_end
        hold(order)

        resume(order, at=end + DAY)

        order.refresh_from_db()
        assert order.keep_until == kept_until + DAY


class TestRecall:
    @pytest.fixture(autouse=True)
    def salt(self, store):
        return world.stock(store, "salt", 5)

    @pytest.fixture
    def packed(self, store, salt, ana):
        return world.pack(world.place(store, (BREAD, 2), ("salt", 1)), ana)

    def recall(self, sku="salt"):
        return recalls.recall(sku=sku, store_ids=None, at=NOON, actor="api:test")

    def remove(self, ana):
        task = Task.objects.get(kind="FIX")
        return recalls.remove_line(task_id=task.pk, associate_id=ana.pk, at=NOON)

    def test_holds_every_order_with_the_product_and_asks_for_its_removal_once(self, store, packed):
        other = world.place(store, (BREAD, 1))

        assert [self.recall(), self.recall()] == [1, 1]

        packed.refresh_from_db()
        other.refresh_from_db()
        assert (packed.on_hold, other.on_hold) == ("RECALL", "")
        assert Task.objects.filter(kind="FIX", order=packed).count() == 1
        assert board.get_card(packed)["check"] is None

    def test_is_not_ended_by_hand_before_the_goods_are_out(self, packed):
        self.recall()

        with pytest.raises(holding.RecallOpenError):
            resume(packed)

    def test_outlasts_another_reason_and_does_not_end_it(self, packed, ana):
        hold(packed)
        self.recall()
        with pytest.raises(holding.RecallOpenError):
            resume(packed)

        self.remove(ana)

        packed.refresh_from_db()
        assert packed.on_hold == "PHARMACY"

    def test_takes_over_when_the_till_has_settled_the_payment(self, store, salt, ana):
        basket = replace(world.make_basket(("salt", 1)), payment=payments.PaymentFacts())
        order = placing.place_order(store_id=store.pk, basket=basket, at=NOON, actor="api:test")
        hold(order, "PAYMENT")
        self.recall()

        payments.take_at_pickup(order_id=order.pk, at=NOON, actor="api:till")

        order.refresh_from_db()
        assert order.on_hold == "RECALL"

    def test_removed_throws_the_goods_away_and_lets_the_rest_go(self, store, packed, ana):
        self.recall()

        for _ in range(2):
            self.remove(ana)

        packed.refresh_from_db()
        level = StockLevel.objects.get(store=store, product__sku="salt")
        assert (packed.status, packed.on_hold, packed.total_minor) == ("READY", "", 500)
        assert (level.on_hand, level.reserved) == (4, 0)

    def test_of_all_there_is_cancels_the_order(self, store, ana):
        order = world.place(store, ("salt", 1))
        self.recall()

        self.remove(ana)

        order.refresh_from_db()
        level = StockLevel.objects.get(store=store, product__sku="salt")
        assert (order.status, level.on_hand, level.reserved) == ("CANCELED", 5, 0)

    def test_of_the_whole_fresh_wave_leaves_the_rest_ready(self, order, ana):
        world.pack(order, ana)
        self.recall(MILK)

        self.remove(ana)

        order.refresh_from_db()
        assert order.status == "READY"


class TestPutBack:
    @pytest.fixture
    def task(self, order, ana):
        world.pack(order, ana)
        closing.cancel(order_id=order.pk, reason="test", at=NOON, actor="api:test")
        return Task.objects.get(kind="PUT_BACK")

    def put_back(self, task, ana, *wasted):
        return putting_back.finish(task_id=task.pk, associate_id=ana.pk, wasted=wasted, at=NOON)

    def test_stands_on_the_board_until_it_is_done(self, order, task, ana):
        order.refresh_from_db()
        assert [shown["kind"] for shown in board.get_card(order)["tasks"]] == ["PUT_BACK"]
        assert [card["lane"] for card in board.get_cards(store_id=order.store_id, at=NOON)] == ["pack"]

        packing.start(task_id=task.pk, associate_id=ana.pk, at=NOON)
        self.put_back(task, ana)

        assert board.get_cards(store_id=order.store_id, at=NOON) == []

    def test_takes_out_of_stock_what_is_no_longer_good_once(self, store, order, task, ana):
        packing.start(task_id=task.pk, associate_id=ana.pk, at=NOON)
        bread = order.lines.get(product__sku=BREAD)

        for _ in range(2):
            self.put_back(task, ana, bread.pk)

        level = StockLevel.objects.get(store=store, product__sku=BREAD)
        assert (level.on_hand, level.reserved) == (98, 0)

    def test_needs_the_task_to_be_yours(self, task, ana):
        with pytest.raises(claims.NotYourTaskError):
            self.put_back(task, ana)

    def test_is_no_packing(self, task, ana):
        packing.start(task_id=task.pk, associate_id=ana.pk, at=NOON)

        with pytest.raises(TransitionError):
            packing.finish(task_id=task.pk, associate_id=ana.pk, place="B3", bags=1, all_packed=True, at=NOON)

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bopis.errors import InvalidError, TransitionError
from bopis.models import AuditEntry
from orders.models import Payment, Return, StockLevel, StockMovement, Task
from orders.services import handover, payments, placing, returns, undoing
from orders.services.payments import PaymentFacts
from tests import world
from tests.world import BREAD, NOON

LATER = NOON + timedelta(days=2)


def place_paid(store, *lines, **facts):
    basket = replace(world.make_basket(*lines, **facts), payment=PaymentFacts("auth-1", 10_000))
    return placing.place_order(store_id=store.pk, basket=basket, at=NOON, actor="api:test")


def give(order, ana):
    return handover.hand_over(order_id=order.pk, associate_id=ana.pk, code=order.pickup_code, at=NOON)


@pytest.fixture
def given(store, ana):
    """Two breads of 250 each, paid and picked up."""
    order = world.pack(place_paid(store, (BREAD, 2), customer="ines"), ana)
    give(order, ana)
    order.refresh_from_db()
    return order


def bring(order, quantity=1, *, at=LATER, condition="UNOPENED", disposition="", exchange=""):
    line = order.lines.filter(status="HANDED_OVER").order_by("pk").first() or order.lines.first()
    back = returns.ReturnedLine(line.pk, Decimal(quantity), "too much", condition, disposition)
    return returns.take_back(
        order_id=order.pk, lines=[back], exchange_number=exchange, at=at, actor="associate:1"
    )


class TestTakeBack:
    def test_of_one_of_two_moves_stock_money_and_leaves_a_trail(self, store, given):
        (made,) = bring(given)

        level = StockLevel.objects.get(store=store, product__sku=BREAD)
        payment = Payment.objects.get()
        assert (made.line.status, made.line.quantity, made.refund_minor) == ("RETURNED", 1, 250)
        assert (level.on_hand, level.reserved) == (99, 0)
        assert StockMovement.objects.get(kind="RESTOCK").on_hand_change == 1
        assert (payment.status, payment.refunded_minor) == ("REFUNDED", 250)
        assert sum(payments.get_balance(payment).values()) == 0
        assert AuditEntry.objects.filter(action="returned", subject=f"order:{given.pk}").count() == 1

    def test_of_both_one_after_the_other_refunds_all_of_it(self, given):
        bring(given)
        bring(given)

        payment = Payment.objects.get()
        assert payment.refunded_minor == payment.captured_minor == 500
        assert Return.objects.count() == 2

    def test_refunds_parts_that_add_up_to_the_whole(self, store, ana):
        apples = world.stock(store, "apples", 5).product
        apples.unit, apples.price_minor = "KG", 299
        apples.save()
        order = world.pack(place_paid(store, ("apples", "1.003")), ana)
        give(order, ana)

        for quantity in ("0.333", "0.333", "0.337"):
            bring(order, quantity)

        assert sum(Return.objects.values_list("refund_minor", flat=True)) == order.total_minor

    def test_asks_for_the_goods_to_be_put_on_their_shelf(self, given):
        (made,) = bring(given)

        assert Task.objects.get(kind="PUT_BACK").details["lines"] == [made.line_id]

    @pytest.mark.parametrize("condition", ["OPENED", "DAMAGED", "SPOILED"])
    def test_wastes_what_is_not_as_new(self, store, given, condition):
        (made,) = bring(given, condition=condition)

        assert made.disposition == "WASTE"
        assert StockLevel.objects.get(store=store, product__sku=BREAD).on_hand == 98
        assert not Task.objects.filter(kind="PUT_BACK").exists()

    def test_never_restocks_what_is_no_longer_good(self, given):
        with pytest.raises(InvalidError):
            bring(given, condition="DAMAGED", disposition="RESTOCK")

    @pytest.mark.parametrize("quantity", ["0", "3", "0.5"])
    def test_takes_only_what_was_given(self, given, quantity):
        with pytest.raises(InvalidError):
            bring(given, quantity)

    def test_ends_with_the_stores_time_for_it(self, given):
        with pytest.raises(returns.ReturnTooLateError):
            bring(given, at=NOON + timedelta(days=30, seconds=1))

    def test_is_refused_before_the_goods_were_given(self, order):
        with pytest.raises(TransitionError):
            bring(order)

    def test_bars_the_undo_of_the_handover(self, given, ana):
        bring(given, at=NOON)

        with pytest.raises(undoing.ReturnedError):
            undoing.undo(order_id=given.pk, associate_id=ana.pk, at=NOON)


class TestExchange:
    def test_names_the_order_that_replaces_it(self, store, given):
        other = place_paid(store, (BREAD, 1), customer="ines", number="X-1")

        (made,) = bring(given, exchange="X-1")

        assert made.exchanged_for == other

    def test_is_with_an_order_of_the_same_customer(self, store, given):
        place_paid(store, (BREAD, 1), customer="somebody", number="X-1")

        with pytest.raises(InvalidError):
            bring(given, exchange="X-1")

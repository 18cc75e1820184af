from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bopis.errors import InvalidError, TransitionError
from orders import board
from orders.models import Handover, Payment, StockLevel, StockMovement, Task
from orders.services import handover, no_shows, payments, placing, reconcile, rejects, undoing, visits
from orders.services.payments import PaymentFacts
from tests import world
from tests.world import BREAD, ICE, MILK, NOON

SOON = NOON + timedelta(minutes=5)


def give(order, ana, *lines, at=SOON):
    return handover.hand_over(
        order_id=order.pk,
        associate_id=ana.pk,
        code=order.pickup_code,
        lines=[line.pk for line in lines],
        at=at,
    )


def pack_fresh(order, ana):
    visits.release_fresh_wave(order_id=order.pk, trigger="TAP", due_at=NOON, at=NOON)
    return world.pack(order, ana)


def get_level(store, sku):
    level = StockLevel.objects.get(store=store, product__sku=sku)
    return level.on_hand, level.reserved


def get_line(order, sku):
    return order.lines.get(product__sku=sku)


@pytest.fixture
def half(store, ana):
    """Paid for ahead: two breads, packed, and a milk that still waits; the customer stands in bay 1."""
    basket = replace(world.make_basket(), payment=PaymentFacts("auth-1", 750))
    order = placing.place_order(store_id=store.pk, basket=basket, at=NOON, actor="api:test")
    return world.arrive(world.pack(order, ana))


class TestPartHandover:
    def test_keeps_the_order_open_for_another_visit(self, store, half, ana):
        bread = get_line(half, BREAD)

        first, second = (give(half, ana, bread) for _ in range(2))

        half.refresh_from_db()
        assert (first, first.is_part) == (second, True)
        assert (half.status, half.visit_id, half.customer_arrived_at) == ("PREPARING", None, None)
        assert (get_level(store, BREAD), get_level(store, MILK)) == ((98, 0), (100, 1))
        assert Task.objects.get(kind="TAKE_OUT").status == "DONE"

    def test_is_finished_at_the_second_visit_and_paid_as_a_whole(self, half, ana):
        give(half, ana, get_line(half, BREAD))
        pack_fresh(half, ana)
        world.arrive(half, visit_id=8)

        last = give(half, ana)

        half.refresh_from_db()
        payment = Payment.objects.get()
        assert (half.status, last.is_part, Handover.objects.count()) == ("PICKED_UP", False, 2)
        assert (payment.status, payment.captured_minor) == ("CAPTURED", 750)
        assert (board.get_card(half)["done"] or {})["associate"] == ana.pk

    def test_gives_only_what_is_packed(self, half, ana):
        with pytest.raises(handover.LinesNotPackedError) as refusal:
            give(half, ana, get_line(half, MILK))

        assert refusal.value.extra["lines"] == [get_line(half, MILK).pk]

    def test_needs_the_whole_to_be_ready_when_no_lines_are_named(self, half, ana):
        with pytest.raises(TransitionError):
            give(half, ana)

    def test_is_undone_with_its_visit(self, store, half, ana):
        give(half, ana, get_line(half, BREAD))

        undoing.undo(order_id=half.pk, associate_id=ana.pk, at=SOON)

        half.refresh_from_db()
        assert (half.status, half.visit_id, half.spot.number) == ("PREPARING", 7, "1")
        assert get_level(store, BREAD) == (100, 2)
        assert Task.objects.get(kind="TAKE_OUT").status == "QUEUED"

    def test_is_paid_for_alone_when_nobody_comes_for_the_rest(self, store, half, ana):
        give(half, ana, get_line(half, BREAD))

        no_shows.climb_due(at=half.keep_until)

        half.refresh_from_db()
        payment = Payment.objects.get()
        assert (half.status, half.total_minor) == ("EXPIRED", 500)
        assert (payment.status, payment.captured_minor) == ("CAPTURED", 500)
        assert sum(payments.get_balance(payment).values()) == 0

    def test_is_given_only_against_a_promise_that_stands(self, half, ana):
        Payment.objects.update(expires_at=SOON)

        with pytest.raises(payments.PaymentDueError):
            give(half, ana, get_line(half, BREAD))

        half.refresh_from_db()
        assert (half.on_hold, get_line(half, BREAD).status) == ("PAYMENT", "PACKED")


class TestVoid:
    def void(self, order, user, reason="went to the wrong car"):
        return undoing.void(
            order_id=order.pk, associate_id=user.pk, reason=reason, at=SOON + timedelta(days=9)
        )

    @pytest.fixture
    def given(self, store, ana):
        order = world.arrive(world.pack(world.place(store, (BREAD, 2)), ana))
        give(order, ana)
        return order

    def test_makes_the_order_wait_again_with_a_new_end(self, store, given, manager):
        for _ in range(2):
            self.void(given, manager)

        given.refresh_from_db()
        assert (given.status, get_level(store, BREAD)) == ("READY", (100, 2))
        assert given.keep_until == SOON + timedelta(days=12)

    def test_is_a_managers_word_with_a_reason(self, given, ana, manager):
        with pytest.raises(handover.OverrideForbiddenError):
            self.void(given, ana)
        with pytest.raises(InvalidError):
            self.void(given, manager, reason=" ")


class TestReject:
    @pytest.fixture
    def ready(self, store, ana):
        basket = replace(
            world.make_basket((BREAD, 2), (MILK, 1), (ICE, 1)), payment=PaymentFacts("auth-1", 1000)
        )
        order = placing.place_order(store_id=store.pk, basket=basket, at=NOON, actor="api:test")
        return world.arrive(pack_fresh(order, ana))

    def reject(self, order, ana, sku, quantity=1, **facts):
        rejection = rejects.Rejection(get_line(order, sku).pk, Decimal(quantity), "not fresh", **facts)
        return rejects.reject(order_id=order.pk, rejections=[rejection], associate_id=ana.pk, at=SOON)

    def test_makes_total_and_capture_smaller(self, store, ready, ana):
        self.reject(ready, ana, BREAD)
        give(ready, ana)

        ready.refresh_from_db()
        assert (ready.total_minor, Payment.objects.get().captured_minor) == (750, 750)
        assert sorted(ready.lines.filter(product__sku=BREAD).values_list("status", "quantity")) == [
            ("HANDED_OVER", 1),
            ("REJECTED", 1),
        ]
        assert get_level(store, BREAD) == (99, 0)

    def test_puts_back_what_keeps_and_wastes_what_was_cold(self, store, ready, ana):
        self.reject(ready, ana, BREAD, 2)
        self.reject(ready, ana, MILK)

        assert (get_level(store, BREAD), get_level(store, MILK)) == ((100, 0), (99, 0))
        assert Task.objects.get(kind="PUT_BACK").details["lines"] == [get_line(ready, BREAD).pk]
        assert StockMovement.objects.get(kind="WASTE").product.sku == MILK

    def test_lets_people_decide_otherwise(self, store, ready, ana):
        self.reject(ready, ana, MILK, disposition="RESTOCK")
        self.reject(ready, ana, BREAD, 2, disposition="WASTE")

        assert (get_level(store, BREAD), get_level(store, MILK)) == ((98, 0), (100, 0))

    @pytest.mark.parametrize("quantity", ["0", "3", "0.5"])
    def test_takes_only_a_part_of_the_line(self, ready, ana, quantity):
        with pytest.raises(InvalidError):
            self.reject(ready, ana, BREAD, quantity)

    def test_of_everything_ends_the_order(self, ready, ana):
        for sku, quantity in ((BREAD, 2), (MILK, 1), (ICE, 1)):
            self.reject(ready, ana, sku, quantity)

        ready.refresh_from_db()
        assert (ready.status, Payment.objects.get().status) == ("CANCELED", "FAILED")

    def test_of_the_rest_ends_an_order_whose_first_part_was_given(self, half, ana):
        give(half, ana, get_line(half, BREAD))
        pack_fresh(half, ana)
        self.reject(half, ana, MILK)

        half.refresh_from_db()
        assert (half.status, Payment.objects.get().captured_minor) == ("PICKED_UP", 500)

    def test_gives_back_what_the_till_has_taken(self, store, ana):
        basket = replace(world.make_basket((BREAD, 2)), payment=PaymentFacts())
        order = placing.place_order(store_id=store.pk, basket=basket, at=NOON, actor="api:test")
        world.pack(order, ana)
        payments.take_at_pickup(order_id=order.pk, at=NOON, actor="api:till")

        self.reject(order, ana, BREAD)

        assert Payment.objects.get().refunded_minor == 250


def test_the_ledger_explains_every_unit_after_all_of_it(store, half, ana):
    give(half, ana, get_line(half, BREAD))
    pack_fresh(half, ana)
    no_shows.climb_due(at=half.keep_until)

    assert [found for found in reconcile.find_differences() if found.what != "on-hand"] == []

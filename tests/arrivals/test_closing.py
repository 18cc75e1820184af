from datetime import timedelta

import pytest

from arrivals import closing, tasks
from arrivals.models import Arrival, ArrivalOrder
from orders.models import Task
from orders.services import closing as order_closing
from orders.services import handover, undoing
from tests import world
from tests.arrivals.conftest import cross, estimate, expect, get_bay, minutes, see, tap
from tests.world import BREAD, NOON

SOON = NOON + minutes(2)


@pytest.fixture
def ready(store, ana):
    """An order that is packed: one bread."""
    order = expect(store, (BREAD, 1), customer="ines", plate="BOB1234")
    return world.pack(order, ana, at=NOON - minutes(60))


def hand_over(order, ana, *, at=SOON):
    handover.hand_over(order_id=order.pk, associate_id=ana.pk, code=order.pickup_code, at=at)


def cancel(order, *, at=SOON):
    order_closing.cancel(order_id=order.pk, reason="", at=at, actor="api:shop")


class TestOrderClosed:
    def test_by_a_handover_has_served_the_customer(self, ready, ana):
        tap(ready)
        hand_over(ready, ana)

        arrival = Arrival.objects.get()
        assert (arrival.status, arrival.closed_at) == ("SERVED", NOON + minutes(2))
        assert not ArrivalOrder.objects.get().is_open

    def test_leaves_the_visit_open_for_its_other_orders(self, store, ready, order, ana):
        tap(ready)
        hand_over(ready, ana)

        assert Arrival.objects.get().status == "ARRIVED"
        assert Arrival.objects.get().arrival_orders.get(is_open=True).order == order

    def test_by_a_handover_serves_who_was_never_seen_coming(self, ready, ana):
        estimate(ready, 10, 12)
        hand_over(ready, ana)

        assert Arrival.objects.get().status == "SERVED"

    def test_by_a_handover_after_the_customer_seemed_gone_has_served_them_after_all(self, ready, ana):
        cross(ready)
        cross(ready, entered=False, at=NOON + minutes(1))
        hand_over(ready, ana)

        assert Arrival.objects.get().status == "SERVED"

    def test_by_canceling_ends_the_visit(self, store, order):
        here, coming = order, expect(store)
        tap(here)
        estimate(coming, 10, 12)
        cancel(here)
        cancel(coming)

        assert {a.status for a in Arrival.objects.all()} == {"GONE", "LAPSED"}

    def test_of_which_nobody_has_heard_changes_nothing(self, order):
        cancel(order)

        assert not Arrival.objects.exists()

    def test_in_part_serves_the_visit_and_leaves_the_rest_to_another(self, store, ana):
        order = world.pack(expect(store, (BREAD, 1), ("ice", 1)), ana)
        tap(order, "2")
        bread = order.lines.get(product__sku=BREAD)
        order.refresh_from_db()

        handover.hand_over(
            order_id=order.pk,
            associate_id=ana.pk,
            code=order.pickup_code,
            lines=[bread.pk],
            at=NOON + minutes(2),
        )
        tap(order, "3", at=NOON + minutes(60))

        assert list(Arrival.objects.order_by("pk").values_list("status", flat=True)) == ["SERVED", "ARRIVED"]

    def test_and_opened_again_takes_the_visit_up(self, ready, ana):
        tap(ready, "2")
        hand_over(ready, ana)
        undoing.undo(order_id=ready.pk, associate_id=ana.pk, at=NOON + minutes(2) + timedelta(seconds=5))

        arrival = Arrival.objects.get()
        assert (arrival.status, arrival.closed_at, get_bay(arrival)) == ("ARRIVED", None, "2")
        assert ArrivalOrder.objects.get().is_open
        assert Task.objects.get(kind="TAKE_OUT").status == "QUEUED"

    def test_and_opened_again_gives_another_bay_if_its_own_is_taken(self, store, ready, ana):
        assert see(store).spot.number == "1"
        hand_over(ready, ana)
        tap(expect(store), at=NOON + minutes(2))

        undoing.undo(order_id=ready.pk, associate_id=ana.pk, at=NOON + minutes(2) + timedelta(seconds=5))

        ready.refresh_from_db()
        assert get_bay(Arrival.objects.get(arrival_orders__order=ready)) == "2"
        assert ready.spot.number == "2"

    def test_and_opened_again_keeps_its_own_bay_if_it_is_free(self, store, ready, ana):
        first = expect(store)
        tap(first)
        assert see(store).spot.number == "2"
        cancel(first)
        hand_over(ready, ana)

        undoing.undo(order_id=ready.pk, associate_id=ana.pk, at=NOON + minutes(2) + timedelta(seconds=5))

        assert get_bay(Arrival.objects.get(arrival_orders__order=ready)) == "2"

    def test_and_opened_again_while_the_visit_goes_on_joins_it(self, store, ready, order, ana):
        tap(ready)
        hand_over(ready, ana)
        undoing.undo(order_id=ready.pk, associate_id=ana.pk, at=NOON + minutes(2) + timedelta(seconds=5))

        assert Arrival.objects.get().arrival_orders.filter(is_open=True).count() == 2


class TestUnanswered:
    def test_questions_are_withdrawn_after_a_while(self, store, order):
        see(store, "BXB1234")

        assert closing.withdraw_unanswered(at=NOON + minutes(15)) == 0
        assert closing.withdraw_unanswered(at=NOON + minutes(16)) == 1
        assert Task.objects.get(kind="FIX").status == "CANCELED"

    def test_questions_end_with_their_order(self, store, ready, ana):
        see(store, "BXB1234")
        hand_over(ready, ana)

        assert Task.objects.get(kind="FIX").status == "CANCELED"

    def test_questions_may_be_asked_again(self, store, order):
        see(store, "BXB1234")
        closing.withdraw_unanswered(at=NOON + minutes(16))
        see(store, "BXB1234", at=NOON + minutes(17))

        assert Task.objects.filter(kind="FIX", status="QUEUED").count() == 1


class TestLapse:
    def test_ends_a_visit_that_never_came(self, order):
        estimate(order, 10, 12)

        assert closing.lapse(at=NOON + timedelta(hours=3)) == 0
        assert closing.lapse(at=NOON + timedelta(hours=4)) == 1

        order.refresh_from_db()
        assert Arrival.objects.get().status == "LAPSED"
        assert (order.visit_id, order.customer_on_way_at, order.eta_low_at) == (None, None, None)

    def test_lets_who_is_heard_of_go_on(self, order):
        estimate(order, 10, 12)
        cross(order, "APPROACH", at=NOON + timedelta(hours=2))

        assert closing.lapse(at=NOON + timedelta(hours=4)) == 0

    def test_ends_a_visit_that_nobody_served(self, order):
        tap(order)

        assert closing.lapse(at=NOON + timedelta(hours=6)) == 0
        assert closing.lapse(at=NOON + timedelta(hours=7)) == 1
        assert Arrival.objects.get().status == "LAPSED"
        assert Task.objects.get(kind="TAKE_OUT").status == "CANCELED"

    def test_makes_a_later_return_of_who_left_another_visit(self, order):
        first = cross(order)
        cross(order, entered=False, at=NOON + minutes(3))
        closing.lapse(at=NOON + minutes(62))
        assert cross(order, at=NOON + minutes(62)) == first

        cross(order, entered=False, at=NOON + minutes(65))
        closing.lapse(at=NOON + minutes(130))
        assert cross(order, at=NOON + minutes(131)) != first

    def test_is_safe_to_repeat(self, order):
        estimate(order, 10, 12)
        closing.lapse(at=NOON + timedelta(hours=4))

        assert closing.lapse(at=NOON + timedelta(hours=4)) == 0

    def test_runs_by_the_clock(self, order):
        estimate(order, 10, 12, at=NOON.replace(year=2020))
        tasks.lapse()

        assert Arrival.objects.get().status == "LAPSED"

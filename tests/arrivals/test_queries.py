from datetime import timedelta

from arrivals import queries
from orders.services import handover, undoing
from tests import world
from tests.arrivals.conftest import cross, estimate, expect, minutes, see, tap
from tests.world import BREAD, NOON

DAY = {"since": NOON - timedelta(hours=12), "until": NOON + timedelta(hours=12)}


def serve(store, ana, *, at, seen_at=None, sense=tap):
    """An order of one bread, seen and handed over."""
    order = world.pack(expect(store, (BREAD, 1)), ana, at=NOON - minutes(60))
    if seen_at is not None:
        sense(order, at=seen_at)
    handover.hand_over(order_id=order.pk, associate_id=ana.pk, code=order.pickup_code, at=at)
    return order


class TestGetWaits:
    def test_measures_from_the_first_confirmed_moment_and_says_what_confirmed_it(self, store, ana):
        tapped = serve(store, ana, at=NOON + minutes(2), seen_at=NOON)
        crossed = serve(store, ana, at=NOON + minutes(5), seen_at=NOON + minutes(1), sense=cross)

        waits = queries.get_waits(store_id=store.pk, **DAY)

        assert [(w.order_id, w.arrived_by, w.wait) for w in waits] == [
            (tapped.pk, "TAP", minutes(2)),
            (crossed.pk, "CROSSING", minutes(4)),
        ]

    def test_knows_no_wait_of_who_was_not_seen(self, store, ana):
        order = world.pack(expect(store, (BREAD, 1)), ana, at=NOON - minutes(60))
        estimate(order, 5, 7)
        handover.hand_over(order_id=order.pk, associate_id=ana.pk, code=order.pickup_code, at=NOON)

        [wait] = queries.get_waits(store_id=store.pk, **DAY)
        assert (wait.arrived_at, wait.wait) == (None, None)

    def test_leaves_out_other_stores_and_other_days(self, store, elsewhere, ana):
        serve(store, ana, at=NOON + minutes(2), seen_at=NOON)

        assert queries.get_waits(store_id=elsewhere.pk, **DAY) == []
        assert queries.get_waits(store_id=store.pk, since=NOON - timedelta(days=1), until=NOON) == []

    def test_leaves_out_a_handover_that_was_undone(self, store, ana):
        order = serve(store, ana, at=NOON + minutes(2), seen_at=NOON)
        undoing.undo(order_id=order.pk, associate_id=ana.pk, at=NOON + minutes(2))

        assert queries.get_waits(store_id=store.pk, **DAY) == []


class TestGetWait:
    def test_is_open_until_the_handover(self, order):
        tap(order)

        wait = queries.get_wait(order.pk)
        assert wait is not None
        assert (wait.arrived_at, wait.arrived_by, wait.wait) == (NOON, "TAP", None)

    def test_is_none_for_who_was_never_heard_of(self, order):
        assert queries.get_wait(order.pk) is None

    def test_is_never_negative(self, store, ana):
        order = serve(store, ana, at=NOON - minutes(1), seen_at=NOON)

        wait = queries.get_wait(order.pk)
        assert wait is not None
        assert wait.wait == timedelta()


class TestGetReadTotals:
    def test_adds_up_the_hours(self, store, order):
        see(store)
        see(store, "XYZ9876", at=NOON + minutes(1))
        see(store, "XYZ9876", at=NOON + minutes(70))

        day = queries.get_read_totals(store_id=store.pk, **DAY)
        hour = queries.get_read_totals(store_id=store.pk, since=NOON, until=NOON + minutes(60))

        assert (day.reads, day.matched, day.asked, day.dropped) == (3, 1, 0, 2)
        assert (hour.reads, hour.matched, hour.dropped) == (2, 1, 1)

    def test_of_a_store_without_cameras_are_zero(self, store):
        assert queries.get_read_totals(store_id=store.pk, **DAY).reads == 0

from datetime import timedelta

import pytest

from bopis.errors import TransitionError
from notifications.models import Message
from orders import ladder
from orders.models import Order, StockLevel, Task
from orders.services import changing, closing, holding, keeping, no_shows, visits
from orders.signals import order_closed
from tests import world
from tests.world import BREAD, NOON, WINDOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END = WINDOW[1]
KEPT_UNTIL = END + 3 * DAY


def climb(at):
    return no_shows.climb_due(at=at)


def get_told(order):
    kinds = ["NOT_COLLECTED", "STILL_WAITING", "LAST_DAY", "EXPIRED"]
    told = Message.objects.filter(order_id=order.pk, kind__in=kinds).order_by("pk")
    return list(told.values_list("kind", flat=True))


class TestTheLadder:
    def test_has_three_reminders_and_an_end(self):
        rungs = ladder.get_rungs(END, KEPT_UNTIL)

        assert [(rung.kind, rung.at - END) for rung in rungs] == [
            ("NOT_COLLECTED", 2 * HOUR),
            ("STILL_WAITING", DAY),
            ("LAST_DAY", 2 * DAY),
            ("EXPIRED", 3 * DAY),
        ]

    @pytest.mark.parametrize(
        ("kept", "kinds"),
        [
            (HOUR, ["EXPIRED"]),
            (DAY, ["NOT_COLLECTED", "EXPIRED"]),
            (2 * DAY, ["NOT_COLLECTED", "LAST_DAY", "EXPIRED"]),
        ],
    )
    def test_leaves_out_what_would_come_together(self, kept, kinds):
        assert [rung.kind for rung in ladder.get_rungs(END, END + kept)] == kinds


class TestClimbDue:
    def test_reminds_rung_by_rung_and_ends_the_order(self, order):
        for since in (HOUR, 2 * HOUR, 2 * HOUR, DAY, 2 * DAY, 3 * DAY, 3 * DAY):
            climb(END + since)

        order.refresh_from_db()
        assert get_told(order) == ["NOT_COLLECTED", "STILL_WAITING", "LAST_DAY", "EXPIRED"]
        assert order.status == "EXPIRED"

    def test_tells_only_the_highest_rung_after_a_pause(self, order):
        climb(END + 2 * DAY + HOUR)

        assert get_told(order) == ["LAST_DAY"]

    def test_leaves_alone_who_is_on_the_way(self, order):
        visits.customer_on_the_way(order_id=order.pk, visit_id=7, at=KEPT_UNTIL - HOUR)

        assert climb(KEPT_UNTIL) == 0

    def test_leaves_alone_what_could_not_be_collected(self, order):
        holding.put_on_hold(order_id=order.pk, reason=Order.OnHold.PHARMACY, at=NOON, actor="api:test")

        assert climb(KEPT_UNTIL) == 0

    def test_keeps_orders_without_end_where_the_store_does(self, db):
        order = world.place(world.make_store("paris", keep_for=None))

        assert climb(NOON + 300 * DAY) == 0
        order.refresh_from_db()
        assert order.is_open

    def test_begins_again_with_another_window(self, order):
        window = (END + 5 * DAY, END + 5 * DAY + HOUR)
        changing.change_window(
            order_id=order.pk, window_start=window[0], window_end=window[1], at=NOON, actor="customer"
        )

        assert climb(KEPT_UNTIL) == 0
        assert climb(window[1] + 2 * HOUR) == 1


class TestExpiring:
    def test_releases_stock_and_tells_the_apps_above(self, store, order):
        told = []

        def receive(**facts):
            told.append((facts["order_id"], facts["reason"]))

        order_closed.connect(receive)
        try:
            climb(KEPT_UNTIL)
        finally:
            order_closed.disconnect(receive)

        assert told == [(order.pk, "EXPIRED")]
        assert set(StockLevel.objects.filter(store=store).values_list("reserved", flat=True)) == {0}

    def test_sends_packed_goods_back_and_nothing_that_never_left_its_shelf(self, order, ana):
        world.pack(order, ana)  # the bread; the milk waits for the customer

        climb(KEPT_UNTIL)

        task = Task.objects.get(order=order, kind="PUT_BACK")
        bread = order.lines.get(product__sku=BREAD)
        assert (task.details["lines"], task.details["places"]) == ([bread.pk], ["B3"])

    def test_asks_for_nothing_when_nothing_was_packed(self, order):
        climb(KEPT_UNTIL)

        assert not Task.objects.filter(kind="PUT_BACK").exists()


class TestExtend:
    def extend(self, order, at=END + 2 * DAY + HOUR):
        return keeping.extend(order_id=order.pk, at=at, actor="customer")

    def test_keeps_the_order_two_days_longer_with_a_last_day_of_its_own(self, order):
        climb(END + 2 * DAY)
        self.extend(order)

        assert climb(KEPT_UNTIL) == 0
        climb(KEPT_UNTIL + DAY)
        climb(KEPT_UNTIL + 2 * DAY)
        assert get_told(order) == ["LAST_DAY", "LAST_DAY", "EXPIRED"]

    def test_is_given_once(self, order):
        self.extend(order)

        with pytest.raises(keeping.AlreadyExtendedError) as refusal:
            self.extend(order)
        assert refusal.value.extra["keep_until"] == (KEPT_UNTIL + 2 * DAY).isoformat()

    def test_is_refused_for_a_closed_order(self, order):
        closing.cancel(order_id=order.pk, reason="test", at=NOON, actor="api:test")

        with pytest.raises(TransitionError):
            self.extend(order)

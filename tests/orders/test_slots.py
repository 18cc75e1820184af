from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from orders.models import OpeningHours, Order, Slot, SlotPlan, SpecialDay
from orders.services import changing, closing, slots
from tests import world
from tests.world import BREAD, MILK, NOON

HOUR = timedelta(hours=1)
# Noon in UTC is 13:00 in Lyon; with a lead of two hours the first slot starts at 15:00.
FIRST = (NOON + 2 * HOUR, NOON + 3 * HOUR)
SECOND = (NOON + 3 * HOUR, NOON + 4 * HOUR)


def make_plan(store, **limits):
    for weekday in range(7):
        OpeningHours.objects.create(store=store, weekday=weekday, opens=time(8), closes=time(20))
    return SlotPlan.objects.create(store=store, **limits)


def get_used(start):
    slot = Slot.objects.get(start=start)
    return slot.orders, slot.chilled_units


class TestOffers:
    def get(self, store, load=slots.Load()):  # noqa: B008
        return slots.get_offers(store, load, at=NOON)

    def test_begin_after_the_lead_time(self, store):
        make_plan(store)

        assert (self.get(store)[0].start, self.get(store)[0].end) == FIRST

    def test_go_on_tomorrow_after_the_cut_off(self, store):
        make_plan(store, same_day_until=time(12))

        assert self.get(store)[0].start == NOON + timedelta(hours=19)  # 8:00 in Lyon

    def test_leave_closed_days_out(self, store):
        make_plan(store)
        SpecialDay.objects.create(store=store, date=NOON.date(), reason="holiday")

        assert self.get(store)[0].start.date() == NOON.date() + timedelta(days=1)

    def test_show_what_is_full_as_not_free(self, store):
        make_plan(store, chilled_units=3)
        world.place(store, (MILK, 2), window=FIRST)

        offers = self.get(store, slots.Load(chilled_units=2))

        assert [offer.is_free for offer in offers[:2]] == [False, True]

    def test_are_none_for_a_store_without_a_plan(self, store):
        assert self.get(store) == []


class TestTake:
    @pytest.mark.parametrize("limits", [{"orders": 1}, {"staff_minutes": 1}, {"chilled_units": 2}])
    def test_refuses_more_than_a_slot_can_bear_and_offers_the_next(self, store, limits):
        make_plan(store, **limits)
        world.place(store, (MILK, 2), window=FIRST)

        with pytest.raises(slots.SlotFullError) as refusal:
            world.place(store, (MILK, 2), window=FIRST)

        offers: Any = refusal.value.extra["offers"]
        assert offers[0]["start"] == SECOND[0].isoformat()
        assert Order.objects.count() == 1

    def test_refuses_a_window_that_is_no_slot(self, store):
        make_plan(store)

        with pytest.raises(slots.NotASlotError):
            world.place(store, window=(FIRST[0] + timedelta(minutes=10), FIRST[1]))

    def test_refuses_a_slot_within_the_lead_time(self, store):
        make_plan(store)

        with pytest.raises(slots.NotASlotError):
            world.place(store, window=(NOON + HOUR, NOON + 2 * HOUR))

    @pytest.mark.django_db(transaction=True)
    def test_gives_the_last_place_to_one_of_many(self, transactional_db):
        store = world.make_store()
        make_plan(store, orders=3)
        start_line = Barrier(8)

        def order(_):
            try:
                start_line.wait(timeout=30)
                world.place(store, (BREAD, 1), window=FIRST)
            except slots.SlotFullError:
                return False
            else:
                return True
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            got_one = list(threads.map(order, range(8)))

        assert (got_one.count(True), get_used(FIRST[0])) == (3, (3, 0))


class TestGiveBack:
    def test_frees_the_place_of_a_canceled_order_once(self, store):
        make_plan(store)
        order = world.place(store, (MILK, 2), window=FIRST)

        for _ in range(2):
            closing.cancel(order_id=order.pk, reason="", at=NOON, actor="api:shop")

        assert get_used(FIRST[0]) == (0, 0)


class TestChangeWindow:
    def change(self, order, window):
        return changing.change_window(
            order_id=order.pk, window_start=window[0], window_end=window[1], at=NOON, actor="api:shop"
        )

    def test_moves_order_place_and_waiting_work(self, store):
        make_plan(store)
        order = world.place(store, (BREAD, 1), (MILK, 2), window=SECOND)

        for _ in range(2):
            order = self.change(order, FIRST)

        assert (get_used(FIRST[0]), get_used(SECOND[0])) == ((1, 2), (0, 0))
        assert order.tasks.get(kind="PACK_AMBIENT").release_at == FIRST[0] - store.ambient_lead
        assert order.events.filter(kind="time-changed").count() == 1

    def test_keeps_the_old_place_when_the_new_one_is_full(self, store):
        make_plan(store, orders=1)
        world.place(store, (BREAD, 1), window=FIRST)
        order = world.place(store, (BREAD, 1), window=SECOND)

        with pytest.raises(slots.SlotFullError):
            self.change(order, FIRST)

        order.refresh_from_db()
        assert (order.window_start, get_used(SECOND[0])) == (SECOND[0], (1, 0))

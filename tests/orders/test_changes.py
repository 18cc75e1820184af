from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time, timedelta
from threading import Barrier

import pytest
from django.db import connection

from bopis.models import AuditEntry
from bopis.privacy import InvalidTokenError
from orders import board, tracking
from orders.models import OpeningHours, Order, Slot, SlotPlan, StockLevel, Task
from orders.services import (
    adding,
    changing,
    closing,
    delegates,
    holding,
    moving,
    packing,
    payments,
    placing,
    preorders,
    reconcile,
    slots,
    stock,
    sweeps,
    vehicles,
    visits,
)
from tests import world
from tests.world import BREAD, ICE, MILK, NOON, WINDOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def get_reserved(store, sku=BREAD):
    return StockLevel.objects.get(store=store, product__sku=sku).reserved


def run_together(*steps):
    """Run steps at the same moment, each on a connection of its own; what one raises is raised."""
    start_line = Barrier(len(steps))

    def run(step):
        try:
            start_line.wait()
            step()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(steps)) as threads:
        list(threads.map(run, steps))


@pytest.fixture
def paris(store):
    return world.make_store("paris", name="Paris")


def move(order, store, window=None, at=NOON):
    return moving.change_store(order_id=order.pk, store_id=store.pk, window=window, at=at, actor="customer")


class TestChangeStore:
    def test_moves_the_order_whole(self, store, order, paris):
        for _ in range(2):
            move(order, paris)

        order.refresh_from_db()
        assert (order.store, get_reserved(store), get_reserved(paris)) == (paris, 0, 2)
        assert set(order.tasks.values_list("store", flat=True)) == {paris.pk}
        assert [card["order"] for card in board.get_cards(store_id=paris.pk, at=NOON)] == [
            str(order.public_id)
        ]
        assert board.get_cards(store_id=store.pk, at=NOON) == []

    def test_is_refused_whole_where_something_falls_short(self, store, order, paris):
        world.stock(paris, MILK, 0)

        with pytest.raises(stock.OutOfStockError):
            move(order, paris)

        order.refresh_from_db()
        assert (order.store, get_reserved(store), get_reserved(paris)) == (store, 2, 0)

    def test_is_refused_once_packing_has_begun(self, order, paris, ana):
        world.pack(order, ana)

        with pytest.raises(closing.TooLateError):
            move(order, paris)

    def test_is_refused_to_a_store_that_takes_no_orders(self, order, paris):
        paris.is_open = False
        paris.save()

        with pytest.raises(placing.StoreClosedError):
            move(order, paris)

    def test_ends_the_visit_to_the_old_store(self, order, paris):
        world.arrive(order)

        move(order, paris)

        order.refresh_from_db()
        assert (order.visit_id, order.customer_arrived_at) == (None, None)
        assert Task.objects.get(kind="TAKE_OUT").status == "CANCELED"

    @pytest.mark.django_db(transaction=True)
    def test_lets_two_orders_change_places(self, store, paris):
        pairs = [(world.place(store), world.place(paris)) for _ in range(5)]

        for here, there in pairs:
            run_together(lambda: move(here, paris), lambda: move(there, store))  # noqa: B023

        assert Order.objects.filter(pk__in=[here.pk for here, _ in pairs], store=paris).count() == 5
        promised = [
            difference for difference in reconcile.find_differences() if difference.what == "promised"
        ]
        assert promised == []


class TestChangeVehicle:
    def test_takes_the_new_plate_with_consent_only(self, order):
        for consent, tail in ((False, ""), (True, "3CD")):
            facts = vehicles.VehicleFacts("red Panda", "AB-123-CD", plate_consent=consent)
            vehicles.change_vehicle(order_id=order.pk, facts=facts, at=NOON, actor="customer")
            order.refresh_from_db()
            assert (order.vehicle.description, order.vehicle.plate_tail) == ("red Panda", tail)

    def test_may_be_no_car_at_all(self, order):
        vehicles.change_vehicle(order_id=order.pk, facts=None, at=NOON, actor="customer")

        order.refresh_from_db()
        assert order.vehicle is None


def add(order, *lines):
    basket = world.make_basket(*lines)
    return adding.add_lines(order_id=order.pk, lines=basket.lines, at=NOON, actor="customer")


class TestAddLines:
    def test_reserves_prices_and_plans_what_is_added(self, store):
        order = world.place(store, (BREAD, 1))

        add(order, (ICE, 2))

        order.refresh_from_db()
        assert (order.total_minor, get_reserved(store, ICE)) == (750, 2)
        assert set(order.tasks.values_list("kind", flat=True)) == {"PACK_AMBIENT", "PACK_FRESH"}

    def test_adds_nothing_when_something_falls_short(self, store, order):
        with pytest.raises(stock.OutOfStockError):
            add(order, (BREAD, 1), (ICE, 1000))

        order.refresh_from_db()
        assert (order.total_minor, order.lines.count()) == (750, 2)

    def test_is_refused_once_packing_has_begun(self, order, ana):
        world.pack(order, ana)

        with pytest.raises(closing.TooLateError):
            add(order, (BREAD, 1))

    def test_is_refused_on_hold(self, order):
        holding.put_on_hold(order_id=order.pk, reason=Order.OnHold.FRAUD, at=NOON, actor="api:test")

        with pytest.raises(holding.OnHoldError):
            add(order, (BREAD, 1))

    def test_costs_no_more_than_was_authorized(self, store):
        basket = replace(world.make_basket((BREAD, 1)), payment=payments.PaymentFacts("auth-1", 500))
        order = placing.place_order(store_id=store.pk, basket=basket, at=NOON, actor="api:test")
        add(order, (BREAD, 1))

        with pytest.raises(payments.AuthorizationTooSmallError):
            add(order, (BREAD, 1))


class TestDelegates:
    @pytest.fixture
    def delegate(self, order):
        return self.invite(order)

    def invite(self, order, name="Noah Petit", **facts):
        facts = {"expires_at": None, "at": NOON, "actor": "customer"} | facts
        return delegates.invite(order_id=order.pk, name=name, **facts)

    def look(self, delegate, at=NOON):
        return tracking.get_delegate_state(delegates.look(token=delegates.get_token(delegate), at=at))

    def revoke(self, delegate):
        return delegates.revoke(
            order_id=delegate.order_id, public_id=delegate.public_id, at=NOON, actor="customer"
        )

    def test_see_status_and_code_and_neither_prices_nor_goods(self, order, delegate):
        state = self.look(delegate)

        assert (state["pickup_code"], state["name"]) == (order.pickup_code, "Noah Petit")
        assert not state.keys() & {"total_minor", "items", "cold_items", "currency", "packer"}
        assert "Ines" not in str(state)

    def test_do_not_get_in_with_another_links_token(self, order, delegate):
        with pytest.raises(InvalidTokenError):
            tracking.get_order(delegates.get_token(delegate))

    def test_lose_the_link_and_the_code_they_have_seen(self, order, delegate):
        self.look(delegate)

        for _ in range(2):
            self.revoke(delegate)

        before = order.pickup_code
        order.refresh_from_db()
        assert order.pickup_code != before
        with pytest.raises(delegates.DelegateNotFoundError):
            self.look(delegate)

    def test_who_never_looked_leave_the_code_as_it_is(self, order, delegate):
        self.revoke(delegate)

        before = order.pickup_code
        order.refresh_from_db()
        assert order.pickup_code == before

    def test_stop_at_their_end(self, order, delegate):
        with pytest.raises(delegates.DelegateNotFoundError):
            self.look(delegate, at=order.keep_until)

    def test_are_five_at_most(self, order, delegate):
        for _ in range(4):
            self.invite(order)

        with pytest.raises(delegates.TooManyDelegatesError):
            self.invite(order)

    def test_leave_a_trail_without_names(self, order, delegate):
        for _ in range(2):
            self.look(delegate)
        self.revoke(delegate)

        trail = AuditEntry.objects.filter(action__startswith="delegate-").order_by("pk")
        assert [entry.action for entry in trail] == [
            "delegate-invited",
            "delegate-looked",
            "delegate-revoked",
        ]
        assert "Noah" not in str([entry.data for entry in trail])


class TestPreOrders:
    OUT = WINDOW[0] + 30 * timedelta(minutes=1)

    @pytest.fixture
    def game(self, store):
        product = world.stock(store, "game", 5).product
        product.released_at = self.OUT
        product.save()
        return product

    def test_wait_for_their_day_before_anything_is_packed(self, store, game, ana):
        order = world.place(store, ("game", 1), (MILK, 1))
        visits.release_fresh_wave(order_id=order.pk, trigger="PLATE", due_at=None, at=NOON)

        assert set(order.tasks.values_list("status", "release_at")) == {("WAITING", self.OUT)}
        assert sweeps.queue_due(at=self.OUT) == 2
        world.pack(order, ana, at=self.OUT)
        assert order.status == "READY"

    def test_are_not_packed_before_even_if_the_day_moves(self, store, ana):
        order = world.place(store, (BREAD, 1))
        bread = world.make_product(BREAD)
        bread.released_at = NOON + DAY
        bread.save()

        with pytest.raises(preorders.NotReleasedError) as refusal:
            packing.start(task_id=order.tasks.get().pk, associate_id=ana.pk, at=NOON)
        assert refusal.value.extra["released_at"] == (NOON + DAY).isoformat()

    def test_are_refused_for_a_window_before_their_day(self, store, game):
        game.released_at = WINDOW[1]
        game.save()

        with pytest.raises(preorders.NotReleasedError):
            world.place(store, ("game", 1))


def test_promo_codes_pass_through(store):
    basket = replace(world.make_basket((BREAD, 1)), promo_codes=("BREAD10",))

    order = placing.place_order(store_id=store.pk, basket=basket, at=NOON, actor="api:test")

    assert Order.objects.get(pk=order.pk).promo_codes == ["BREAD10"]


class TestSlotsUnderChange:
    LATER = (WINDOW[0] + HOUR, WINDOW[1] + HOUR)

    @pytest.fixture
    def planned(self, store):
        """Lyon plans an hour's slots; noon in UTC is 13:00 there."""
        for weekday in range(7):
            OpeningHours.objects.create(store=store, weekday=weekday, opens=time(8), closes=time(20))
        SlotPlan.objects.create(store=store, lead=timedelta(0), chilled_units=4)
        return store

    def test_more_lines_take_more_of_the_slot_or_are_refused(self, planned):
        order = world.place(planned, (MILK, 1))
        add(order, (MILK, 3))

        with pytest.raises(slots.SlotFullError):
            add(order, (MILK, 1))

        closing.cancel(order_id=order.pk, reason="test", at=NOON, actor="api:test")
        slot = Slot.objects.get()
        assert (slot.orders, slot.staff_seconds, slot.chilled_units) == (0, 0, 0)

    @pytest.mark.django_db(transaction=True)
    def test_placing_and_canceling_do_not_wait_for_each_other_in_a_circle(self, planned):
        orders = [world.place(planned, (BREAD, 1)) for _ in range(5)]

        for order in orders:
            run_together(
                lambda: closing.cancel(order_id=order.pk, reason="test", at=NOON, actor="a"),  # noqa: B023
                lambda: world.place(planned, (BREAD, 1)),
            )

        assert (Slot.objects.get().orders, get_reserved(planned)) == (5, 5)

    @pytest.mark.django_db(transaction=True)
    def test_two_orders_change_their_times_with_each_other(self, planned):
        pairs = [(world.place(planned, (BREAD, 1)), self.place_later(planned)) for _ in range(5)]

        for early, late in pairs:
            run_together(
                lambda: self.change(early, self.LATER),  # noqa: B023
                lambda: self.change(late, WINDOW),  # noqa: B023
            )

        assert set(Slot.objects.values_list("orders", flat=True)) == {5}

    def place_later(self, store):
        basket = world.make_basket((BREAD, 1), window=self.LATER)
        return placing.place_order(store_id=store.pk, basket=basket, at=NOON, actor="api:test")

    def change(self, order, window):
        changing.change_window(
            order_id=order.pk, window_start=window[0], window_end=window[1], at=NOON, actor="customer"
        )

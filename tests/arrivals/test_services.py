from datetime import timedelta
from itertools import permutations

import pytest
from django.db import IntegrityError, transaction

from arrivals import services
from arrivals.models import Arrival, ArrivalOrder, Evidence, ReadCount
from arrivals.spots import UnknownSpotError
from arrivals.visits import OrderClosedError, OrderNotFoundError
from orders.models import Task
from orders.services import closing, sweeps
from tests.arrivals.conftest import AT_NOON, cross, estimate, expect, get_bay, minutes, say, see, tap
from tests.world import BREAD, MILK, NOON


def fresh(order):
    return order.tasks.get(kind="PACK_FRESH")


def take_outs():
    return Task.objects.filter(kind="TAKE_OUT")


def counted(store):
    count = ReadCount.objects.get(store=store)
    return (count.reads, count.matched, count.asked, count.dropped)


class TestRecordPlateRead:
    def test_brings_the_customer_the_fresh_wave_and_the_take_out(self, store, order):
        arrival = see(store)

        order.refresh_from_db()
        assert (arrival.status, arrival.arrived_at, arrival.arrived_by) == ("ARRIVED", NOON, "PLATE")
        assert (fresh(order).status, fresh(order).trigger, fresh(order).due_at) == ("QUEUED", "PLATE", NOON)
        assert (order.customer_arrived_at, order.visit_id, order.spot.number) == (NOON, arrival.pk, "1")
        assert order.status == "PLACED"
        assert [(s["kind"], s["confidence"]) for s in order.signals] == [("PLATE", 0.97)]
        assert take_outs().get().visit_id == arrival.pk

    def test_takes_zero_for_the_letter(self, store, order):
        assert see(store, "B0B1234").status == "ARRIVED"

    def test_does_not_match_an_order_of_another_store(self, order, elsewhere):
        assert see(elsewhere) is None
        assert not Arrival.objects.exists()

    def test_of_a_stranger_leaves_a_count_and_nothing_else(self, store, order):
        assert see(store, "XYZ9876") is None

        assert not Evidence.objects.exists()
        assert counted(store) == (1, 0, 0, 1)

    def test_from_the_same_source_again_has_no_second_effect(self, store, order):
        first = see(store, key="5:1:1")
        again = see(store, key="5:1:1", at=NOON + minutes(1))

        assert (again, Evidence.objects.count(), counted(store)) == (first, 1, (1, 1, 0, 0))

    def test_by_a_second_camera_adds_to_the_same_arrival(self, store, order):
        assert see(store) == see(store, at=NOON + minutes(1))
        assert take_outs().count() == 1

    def test_that_waited_too_long_is_dropped_unjudged(self, store, order):
        assert see(store, at=NOON, heard_at=NOON + minutes(16)) is None
        assert counted(store) == (1, 0, 0, 1)

    def test_counts_from_when_the_camera_saw_and_not_from_when_it_was_heard(self, store, order):
        assert see(store, at=NOON, heard_at=NOON + minutes(5)).arrived_at == NOON

    def test_from_a_camera_whose_clock_runs_ahead_counts_from_now(self, store, order):
        assert see(store, at=NOON + minutes(5), heard_at=NOON).arrived_at == NOON

    def test_of_a_closed_order_is_nobodys(self, store, order):
        closing.cancel(order_id=order.pk, reason="", at=NOON, actor="api:shop")

        assert see(store) is None

    def test_at_the_exit_ends_the_visit_without_goods(self, store, order):
        see(store)
        arrival = see(store, at=NOON + minutes(9), is_leaving=True)

        order.refresh_from_db()
        assert (arrival.status, arrival.closed_at) == ("GONE", NOON + minutes(9))
        assert order.customer_arrived_at is None
        assert take_outs().get().status == "CANCELED"

    def test_at_the_exit_of_who_has_not_come_is_nobodys(self, store, order):
        assert see(store, is_leaving=True) is None
        assert not Arrival.objects.exists()

    def test_keeps_no_character_of_a_plate(self, store, order):
        see(store, "B0B1234")

        kept = str(Evidence.objects.values())
        assert "B0B" not in kept
        assert "BOB" not in kept
        assert "1234" not in kept


class TestRecordCrossing:
    def test_of_the_lot_is_an_arrival_without_any_camera(self, order):
        arrival = cross(order)

        order.refresh_from_db()
        assert (arrival.status, arrival.arrived_by) == ("ARRIVED", "CROSSING")
        assert (fresh(order).status, fresh(order).trigger) == ("QUEUED", "POSITION")
        assert order.customer_arrived_at == NOON

    def test_of_the_approach_is_no_arrival_and_starts_nothing_by_itself(self, order):
        arrival = cross(order, "APPROACH")

        order.refresh_from_db()
        assert (arrival.status, arrival.approaching_at) == ("APPROACHING", NOON)
        assert (fresh(order).status, order.customer_on_way_at) == ("WAITING", NOON)
        assert not take_outs().exists()

    def test_that_is_vague_prepares_but_does_not_bring_the_customer(self, order):
        arrival = cross(order, accuracy_m=150)

        assert arrival.status == "APPROACHING"
        assert fresh(order).status == "QUEUED"

    def test_into_a_bay_says_which(self, store, order):
        arrival = cross(order, "BAY", spot=store.spots.get(number="3"))

        assert (arrival.spot.number, arrival.is_spot_claimed) == ("3", True)

    def test_off_the_lot_ends_a_visit_that_only_the_position_knew_of(self, order):
        cross(order)
        arrival = cross(order, entered=False, at=NOON + minutes(4))

        order.refresh_from_db()
        assert (arrival.status, arrival.closed_at) == ("GONE", NOON + minutes(4))
        assert (order.visit_id, order.signals) == (None, [])

    def test_back_onto_the_lot_is_the_same_visit(self, order):
        first = cross(order)
        cross(order, entered=False, at=NOON + minutes(4))
        back = cross(order, at=NOON + minutes(7))

        order.refresh_from_db()
        assert (back, back.status, back.closed_at, back.arrived_at) == (first, "ARRIVED", None, NOON)
        assert order.customer_arrived_at == NOON
        assert take_outs().get().status == "QUEUED"

    def test_off_the_lot_of_who_has_tapped_asks_a_person(self, order):
        tap(order)
        arrival = cross(order, entered=False, at=NOON + minutes(4))

        order.refresh_from_db()
        assert (arrival.status, arrival.needs_check, arrival.checks) == ("ARRIVED", True, ["off-lot"])
        assert {"kind": "CHECK", "confidence": 1.0, "reason": "off-lot"} in order.signals

    def test_heard_late_makes_the_arrival_as_early_as_it_was(self, order):
        tap(order, at=NOON + minutes(4))
        arrival = cross(order, at=NOON, heard_at=NOON + minutes(5))

        order.refresh_from_db()
        assert (arrival.arrived_at, arrival.arrived_by) == (NOON, "CROSSING")
        assert order.customer_arrived_at == NOON

    def test_heard_late_takes_nothing_back(self, order):
        cross(order, at=NOON + minutes(4))
        arrival = cross(order, "APPROACH", at=NOON, heard_at=NOON + minutes(5))

        assert (arrival.status, arrival.arrived_at) == ("ARRIVED", NOON + minutes(4))
        assert arrival.approaching_at == NOON

    def test_of_a_closed_order_is_refused(self, order):
        closing.cancel(order_id=order.pk, reason="", at=NOON, actor="api:shop")

        with pytest.raises(OrderClosedError):
            cross(order)

    def test_of_no_order_is_refused(self, db):
        with pytest.raises(OrderNotFoundError):
            services.record_tap(order_id=4711, spot_number=None, source_key="x", at=NOON)

    def test_from_the_same_source_again_changes_nothing(self, order):
        first = cross(order, key="trip:1:1")
        order.refresh_from_db()
        shown = order.revision

        assert cross(order, key="trip:1:1", at=NOON + minutes(1)) == first
        order.refresh_from_db()
        assert (Evidence.objects.count(), order.revision) == (1, shown)


class TestRecordEta:
    def test_sets_out_and_plans_the_fresh_wave_to_be_done_just_before(self, order):
        arrival = estimate(order, 20, 24)

        order.refresh_from_db()
        assert (arrival.status, order.visit_id) == ("ON_THE_WAY", arrival.pk)
        assert (order.eta_low_at, order.eta_high_at) == (NOON + minutes(20), NOON + minutes(24))
        packing, margin = timedelta(seconds=45 + 14), timedelta(seconds=60)
        assert fresh(order).release_at == NOON + minutes(20) - packing - margin

    def test_lets_the_sweep_release_the_wave(self, order):
        estimate(order, 20, 24)
        sweeps.queue_due(
            at=NOON
            + minutes(
                18,
            )
            + timedelta(seconds=2)
        )

        assert (fresh(order).status, fresh(order).trigger) == ("QUEUED", "ETA")

    def test_moves_with_the_newest(self, order):
        estimate(order, 20, 24)
        estimate(order, 12, 14, at=NOON + minutes(2))

        order.refresh_from_db()
        assert order.eta_low_at == NOON + minutes(14)
        assert Evidence.objects.get().kind == "ETA"

    def test_heard_late_does_not_count(self, order):
        estimate(order, 12, 14, at=NOON + minutes(2))
        estimate(order, 30, 34, at=NOON)

        order.refresh_from_db()
        assert order.eta_low_at == NOON + minutes(14)

    def test_changes_nothing_once_the_customer_is_here(self, order):
        tap(order)
        arrival = estimate(order, 10, 12, at=NOON + minutes(1))

        assert (arrival.status, arrival.eta_low_at) == ("ARRIVED", None)

    def test_makes_a_plate_read_nearly_right_a_match(self, store, order):
        estimate(order, 0, 2)

        assert see(store, "BXB1234", at=NOON + minutes(1)).status == "ARRIVED"


class TestRecordOnMyWay:
    def go(self, order, low=None, high=None, *, at=NOON, key="way:1"):
        return services.record_on_my_way(
            order_id=order.pk,
            eta_low_at=low and at + minutes(low),
            eta_high_at=high and at + minutes(high),
            source_key=key,
            at=at,
        )

    def test_sets_out_with_or_without_an_eta(self, store, order):
        other = expect(store)

        assert self.go(order).status == "ON_THE_WAY"
        assert self.go(other, 8, 14, key="way:2").eta_low_at == NOON + minutes(8)

    def test_does_not_outdo_what_the_position_said_a_moment_ago(self, order):
        estimate(order, 20, 22)
        self.go(order, 4, 6, at=NOON + minutes(1))
        assert Arrival.objects.get().eta_low_at == NOON + minutes(20)

        self.go(order, 4, 6, at=NOON + minutes(5), key="way:2")
        assert Arrival.objects.get().eta_low_at == NOON + minutes(9)

    def test_from_the_same_source_again_changes_nothing(self, order):
        assert self.go(order, 8, 14) == self.go(order, 8, 14, at=NOON + minutes(3))
        assert Arrival.objects.get().eta_low_at == NOON + minutes(8)


class TestRecordTap:
    def test_alone_is_an_arrival(self, order):
        arrival = tap(order)

        assert (arrival.status, arrival.arrived_by) == ("ARRIVED", "TAP")
        assert (fresh(order).status, fresh(order).trigger) == ("QUEUED", "TAP")

    def test_with_a_spot_sends_the_goods_there(self, order):
        arrival = tap(order, " 3 ")

        order.refresh_from_db()
        assert (arrival.spot.number, order.spot.number) == ("3", "3")

    def test_with_another_spot_moves_the_customer(self, order):
        tap(order, "3")
        tap(order, "4", at=NOON + minutes(1))
        tap(order, "3", at=NOON + minutes(2))

        order.refresh_from_db()
        assert (order.spot.number, order.customer_arrived_at) == ("3", NOON)
        assert take_outs().count() == 1

    def test_again_changes_nothing(self, order):
        tap(order, "3")
        order.refresh_from_db()
        shown = order.revision
        tap(order, "3", at=NOON + minutes(1))

        order.refresh_from_db()
        assert (order.revision, Evidence.objects.count()) == (shown, 1)

    def test_overrules_the_bay_that_was_given(self, store, order):
        see(store)
        arrival = tap(order, "4", at=NOON + minutes(1))

        assert (arrival.spot.number, arrival.arrived_at) == ("4", NOON)

    def test_with_a_spot_that_is_none_is_refused_and_changes_nothing(self, order):
        with pytest.raises(UnknownSpotError):
            tap(order, "99")

        assert not Arrival.objects.exists()

    def test_while_the_position_is_minutes_away_asks_a_person(self, order):
        estimate(order, 9, 11)
        arrival = tap(order, at=NOON + minutes(1))

        assert (arrival.status, arrival.checks) == ("ON_THE_WAY", ["tapped-from-afar"])
        assert fresh(order).status == "WAITING"

    def test_again_counts_when_the_customer_has_come(self, order):
        estimate(order, 9, 11)
        tap(order, at=NOON + minutes(1))
        arrival = tap(order, at=NOON + minutes(10))

        assert (arrival.status, arrival.arrived_at) == ("ARRIVED", NOON + minutes(10))

    def test_after_leaving_is_coming_back(self, order):
        tap(order)
        cross(order, "APPROACH", entered=False, at=NOON + minutes(5))
        arrival = tap(order, at=NOON + minutes(20))

        assert arrival.status == "ARRIVED"


class TestRecordAssociateWord:
    def test_is_an_arrival_where_nothing_else_works(self, order, ana):
        arrival = say(order, ana, "2")

        assert (arrival.status, arrival.arrived_by, arrival.spot.number) == ("ARRIVED", "ASSOCIATE", "2")
        assert fresh(order).trigger == "ASSOCIATE"

    def test_settles_where_a_position_contradicts_the_customer(self, store, order, ana):
        tap(order, "1")
        cross(order, "BAY", spot=store.spots.get(number="3"), at=NOON + minutes(1))
        assert Arrival.objects.get().checks == ["spots-differ"]

        arrival = say(order, ana, "3", at=NOON + minutes(2))

        assert (arrival.spot.number, arrival.needs_check) == ("3", False)

    def test_again_changes_nothing(self, order, ana):
        say(order, ana, "2")
        say(order, ana, "2", at=NOON + minutes(1))

        assert Evidence.objects.count() == 1


class TestOneArrival:
    @pytest.mark.parametrize("way", list(permutations(range(4))))
    def test_comes_of_one_visits_evidence_in_whatever_order_it_is_heard(self, store, order, way):
        heard = NOON + minutes(9)
        senses = [
            lambda: cross(order, "APPROACH", at=NOON - minutes(4), heard_at=heard),
            lambda: cross(order, at=NOON + minutes(1), heard_at=heard),
            lambda: see(store, heard_at=heard),
            lambda: tap(order, "3", at=heard),
        ]
        for one in way:
            senses[one]()

        arrival = Arrival.objects.get()
        order.refresh_from_db()
        assert (arrival.status, arrival.arrived_at, arrival.arrived_by) == ("ARRIVED", NOON, "PLATE")
        assert (arrival.opened_at, arrival.approaching_at) == (NOON - minutes(4), NOON - minutes(4))
        assert (get_bay(arrival), arrival.needs_check) == ("3", False)
        assert (order.customer_arrived_at, order.spot.number) == (NOON, "3")
        assert {signal["kind"] for signal in order.signals} == {"PLATE", "CROSSING", "TAP"}
        assert (take_outs().count(), fresh(order).status) == (1, "QUEUED")

    def test_collects_all_orders_of_the_customer_of_that_time(self, store, order):
        other = expect(store, (MILK, 2), customer="ines")
        later = expect(store, customer="ines", window=(NOON + minutes(300), NOON + minutes(360)))

        arrival = see(store)

        for one in (order, other, later):
            one.refresh_from_db()
        assert (order.visit_id, other.visit_id, later.visit_id) == (arrival.pk, arrival.pk, None)
        assert fresh(other).status == "QUEUED"
        assert take_outs().count() == 1

    def test_is_joined_by_an_order_placed_on_the_way(self, store, order):
        estimate(order, 20, 24)
        added = expect(store, customer="ines")
        arrival = cross(order, at=NOON + minutes(20))

        added.refresh_from_db()
        assert (added.visit_id, added.customer_arrived_at) == (arrival.pk, NOON + minutes(20))

    def test_is_not_shared_by_strangers(self, store, order):
        other = expect(store)

        assert tap(order) != tap(other)

    def test_has_one_open_per_order_in_the_database_itself(self, store, order):
        tap(order)
        second = Arrival.objects.create(store=store, opened_at=NOON)

        with pytest.raises(IntegrityError), transaction.atomic():
            ArrivalOrder.objects.create(arrival=second, order=order, joined_at=NOON)


class TestTwoStores:
    def test_with_the_same_customer_at_once_ask_a_person(self, store, elsewhere, order):
        there = expect(elsewhere, plate="BOB 1234", customer="ines")

        cross(there)
        here = see(store, at=NOON + minutes(2))

        both = Arrival.objects.order_by("pk")
        assert [one.checks for one in both] == [["two-stores"], ["two-stores"]]
        assert here.store == store
        assert both.count() == 2

    def test_are_settled_by_an_associate_of_one(self, store, elsewhere, order, ana):
        there = expect(elsewhere, customer="ines")
        tap(there)
        tap(order)

        arrival = say(order, ana, at=NOON + minutes(1))

        assert not arrival.needs_check
        assert Arrival.objects.exclude(pk=arrival.pk).get().needs_check


class TestBays:
    def test_are_given_nearest_first_and_not_twice(self, store):
        spots = [tap(expect(store)).spot for _ in range(5)]

        assert [spot and spot.number for spot in spots] == ["1", "2", "3", "4", None]

    def test_are_counted_by_number_and_not_by_letter(self, store):
        store.spots.all().delete()
        for number in ("10", "9"):
            store.spots.create(kind="BAY", number=number)

        assert tap(expect(store)).spot.number == "9"

    def test_are_free_again_when_the_customer_has_left(self, store, order):
        tap(order)
        cross(order, "APPROACH", entered=False, at=NOON + minutes(3))

        assert tap(expect(store), at=NOON + minutes(4)).spot.number == "1"

    def test_for_disabled_people_are_given_to_nobody_unasked(self, store, order):
        store.spots.filter(number="1").update(is_accessible=True)
        store.spots.filter(number="2").update(is_active=False)
        store.spots.filter(number="3").update(kind="COUNTER")

        assert tap(order).spot.number == "4"

    def test_that_two_customers_name_need_a_look(self, store, order):
        tap(expect(store), "2")
        arrival = tap(order, "2", at=NOON + minutes(1))

        assert (arrival.spot.number, arrival.checks) == ("2", ["bay-taken"])

    def test_are_never_given_twice_by_the_database_itself(self, store, order):
        arrival = tap(order)

        with pytest.raises(IntegrityError), transaction.atomic():
            Arrival.objects.create(
                store=store,
                status="ARRIVED",
                opened_at=NOON,
                arrived_at=NOON,
                arrived_by="TAP",
                spot=arrival.spot,
            )


def test_an_order_without_fresh_goods_just_arrives(store):
    order = expect(store, (BREAD, 1), window=AT_NOON)

    assert tap(order).status == "ARRIVED"
    assert not order.tasks.filter(kind="PACK_FRESH").exists()


def test_two_orders_at_the_door_are_two_visits_with_two_bays(store, order):
    other = expect(store, plate="CDE 5678")

    see(store)
    see(store, "CDE5678")

    order.refresh_from_db()
    other.refresh_from_db()
    assert order.spot != other.spot
    assert take_outs().count() == 2

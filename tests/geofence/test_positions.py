import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from arrivals.models import Arrival, Evidence
from bopis import valkey
from bopis.errors import NotFoundError
from geofence import live
from geofence.models import TriggerRule, TripMinute
from geofence.refusals import PositionJumpError, PositionStaleError
from geofence.services import fences, positions, trips
from orders.services import closing
from tests import world
from tests.geofence.tracks import NOW, Drive, fix, place, rectangle

HOME = (-4_000.0, 0.0)
WAY_IN = Drive.along([HOME, (-40, 0), (0, 0), (12, 12)], speed_m_s=9)


def report(order, x, y, *, at_s, accuracy_m=8.0):
    """One position, received the moment it was taken."""
    at = NOW + timedelta(seconds=at_s)
    where = place(x, y)
    return positions.report_position(
        public_id=order.public_id, position=where, accuracy_m=accuracy_m, observed_at=at, at=at
    )


def drive(order, way=WAY_IN, **noise):
    for seen in way.fixes(**noise):
        at_s = seen.at_s - NOW.timestamp()
        positions.report_positions(public_id=order.public_id, fixes=[seen], at=NOW + timedelta(seconds=at_s))


def crossings(order):
    """What arrivals has heard, in the order of hearing."""
    rows = Evidence.objects.filter(order=order, kind="CROSSING").order_by("pk")
    return list(rows.values_list("reason", flat=True))


def get_last_fix(order):
    state = live.read(order.public_id).state
    assert state is not None
    assert state.fix is not None
    return state.fix


class TestReportPosition:
    def test_writes_nothing_for_a_plain_position(self, order, trip, django_assert_num_queries):
        report(order, -4_000, 0, at_s=0)

        with django_assert_num_queries(0):
            for second in (5, 10, 15, 20):
                assert not report(order, -4_000 + 9 * second, 0, at_s=second).is_recorded

    def test_tells_arrivals_each_crossing_of_a_drive_once(self, order, trip):
        drive(order)

        assert crossings(order) == ["position-near", "position-on-lot", "position-in-bay"]
        arrival = Arrival.objects.get()
        assert arrival.status == Arrival.Status.ARRIVED
        assert arrival.spot == order.store.spots.get(number="4")
        order.refresh_from_db()
        assert order.customer_arrived_at is not None

    def test_keeps_the_eta_on_the_order_up_to_date(self, order, trip):
        report(order, -4_000, 0, at_s=0)

        order.refresh_from_db()
        first = order.eta_low_at
        assert NOW < first < order.eta_high_at
        for second in range(5, 200, 5):
            report(order, -4_000 + 4 * second, 0, at_s=second)
        order.refresh_from_db()
        assert abs(order.eta_low_at - first) >= timedelta(seconds=30)

    def test_has_no_second_effect(self, order, trip):
        drive(order)
        drive(order)

        trip.refresh_from_db()
        assert len(crossings(order)) == trip.crossings == 3

    def test_counts_a_first_fix_already_inside(self, order, trip):
        assert report(order, 0, 0, at_s=0).is_recorded

        assert crossings(order) == ["position-near", "position-on-lot"]

    def test_goes_on_where_it_was_when_valkey_forgot(self, order, trip):
        report(order, 0, 0, at_s=0)
        valkey.client().flushdb()

        report(order, 0, 0, at_s=5)
        assert crossings(order) == ["position-near", "position-on-lot"]

    def test_works_without_valkey(self, order, trip, settings):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            settings.REDIS_URL = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
        valkey.client.cache_clear()
        try:
            report(order, 0, 0, at_s=0)
            report(order, 0, 0, at_s=5)
        finally:
            valkey.client.cache_clear()

        assert crossings(order) == ["position-near", "position-on-lot"]

    def test_asks_postgresql_again_when_a_state_cannot_be_read(self, order, trip):
        report(order, 0, 0, at_s=0)
        valkey.client().set(live._key(order.public_id), b"k1:nonsense")

        report(order, 0, 0, at_s=5)
        assert crossings(order) == ["position-near", "position-on-lot"]
        assert live.read(order.public_id).state is not None

    def test_believes_postgresql_over_a_state_that_was_left_behind(self, order, trip):
        report(order, -4_000, 0, at_s=0)
        old = live.read(order.public_id)
        report(order, 0, 0, at_s=120)
        # The process died between its commit and its swap.
        valkey.client().set(live._key(order.public_id), old.raw, px=900_000)

        report(order, 0, 0, at_s=125)
        assert crossings(order) == ["position-near", "position-on-lot"]

    def test_keeps_a_minute_a_row_and_no_place(self, order, trip):
        drive(order)

        rows = TripMinute.objects.order_by("minute")
        assert rows.count() == trip.minutes.count() >= 7
        assert rows[0].distance_m in range(3_900, 4_001, 100)
        assert rows[0].zone == ""

    def test_refuses_what_cannot_be_and_stays_where_it_was(self, order, trip):
        report(order, -4_000, 0, at_s=0)
        before = live.read(order.public_id).state

        with pytest.raises(PositionJumpError):
            report(order, 0, 0, at_s=5)
        with pytest.raises(PositionStaleError):
            positions.report_position(
                public_id=order.public_id,
                position=place(0, 0),
                accuracy_m=8,
                observed_at=NOW - timedelta(hours=1),
                at=NOW,
            )
        assert live.read(order.public_id).state == before
        assert crossings(order) == []

    def test_takes_an_edited_fence_at_once(self, order, trip, django_capture_on_commit_callbacks):
        report(order, -600, 0, at_s=0)
        with django_capture_on_commit_callbacks(execute=True):
            fences.put_fence(store_id=order.store_id, zone="LOT", polygon=rectangle(-700, -100, -500, 100))

        report(order, -600, 0, at_s=5)
        assert crossings(order) == ["position-near", "position-on-lot"]


class TestConsent:
    def test_is_asked_before_the_first_position(self, order):
        with pytest.raises(trips.SharingOffError) as refusal:
            report(order, 0, 0, at_s=0)

        assert (refusal.value.code, refusal.value.status) == ("sharing-off", 409)

    def test_is_not_given_by_saying_on_my_way(self, order):
        trips.say_on_my_way(order_id=order.pk, minutes=10, at=NOW)

        with pytest.raises(trips.SharingOffError):
            report(order, 0, 0, at_s=0)

    @pytest.mark.django_db(transaction=True)
    def test_when_withdrawn_deletes_what_was_live_and_refuses_the_rest(self, order, trip):
        report(order, -4_000, 0, at_s=0)
        trips.stop_sharing(order_id=order.pk, at=NOW)

        assert live.read(order.public_id).state is None
        with pytest.raises(trips.SharingOffError):
            report(order, -3_900, 0, at_s=5)
        valkey.client().flushdb()
        with pytest.raises(trips.SharingOffError):
            report(order, -3_900, 0, at_s=5)
        assert TripMinute.objects.count() == 1  # derived, and kept

    @pytest.mark.django_db(transaction=True)
    def test_when_withdrawn_is_not_outrun_by_a_position_on_its_way(self, order, trip):
        report(order, -4_000, 0, at_s=0)
        in_flight = live.read(order.public_id)
        trips.stop_sharing(order_id=order.pk, at=NOW)

        assert not live.swap(order.public_id, in_flight, in_flight.state)
        assert not live.swap(order.public_id, live.NOTHING, in_flight.state)
        assert live.read(order.public_id).state is None

    @pytest.mark.django_db(transaction=True)
    def test_may_be_given_again(self, order, trip):
        trips.stop_sharing(order_id=order.pk, at=NOW)
        trips.start_sharing(order_id=order.pk, at=NOW)

        assert report(order, 0, 0, at_s=0).is_recorded

    @pytest.mark.django_db(transaction=True)
    def test_ends_with_the_order(self, order, trip):
        report(order, -4_000, 0, at_s=0)
        closing.cancel(order_id=order.pk, reason="changed-mind", at=NOW, actor="customer")

        assert live.read(order.public_id).state is None
        for _ in ("held in Valkey", "known to PostgreSQL"):
            with pytest.raises(trips.TripOverError) as refusal:
                report(order, -3_900, 0, at_s=5)
            assert refusal.value.code == "trip-over"
            valkey.client().flushdb()

    def test_ends_after_three_hours(self, order, trip):
        report(order, -4_000, 0, at_s=0)

        with pytest.raises(trips.TripOverError):
            report(order, -3_900, 0, at_s=3 * 3_600)
        valkey.client().flushdb()
        with pytest.raises(trips.TripOverError):
            report(order, -3_900, 0, at_s=3 * 3_600)

    def test_of_nobody_is_not_found(self, store):
        with pytest.raises(NotFoundError):
            positions.report_positions(public_id=uuid.uuid4(), fixes=[fix(0, 0, at_s=0)], at=NOW)


class TestTriggerRules:
    def fresh(self, order):
        return order.tasks.get(kind="PACK_FRESH")

    def test_release_the_fresh_wave_when_they_newly_hold(self, order, trip):
        rule = TriggerRule.objects.create(store=order.store, eta_at_most=timedelta(hours=2))

        report(order, -4_000, 0, at_s=0)
        task = self.fresh(order)
        assert (task.status, task.trigger) == ("QUEUED", "POSITION")
        assert NOW < task.due_at < NOW + timedelta(minutes=30)
        trip.refresh_from_db()
        assert trip.fired_rules == [rule.pk]

    @pytest.mark.parametrize(
        ("zone", "eta_at_most", "is_active"),
        [
            ("APPROACH", timedelta(hours=2), True),
            (None, timedelta(seconds=30), True),
            (None, timedelta(hours=2), False),
        ],
    )
    def test_do_nothing_while_they_do_not_hold(self, order, trip, zone, eta_at_most, is_active):
        TriggerRule.objects.create(store=order.store, zone=zone, eta_at_most=eta_at_most, is_active=is_active)

        report(order, -30_000, 0, at_s=0)
        assert self.fresh(order).status == "WAITING"

    def test_hold_once_though_valkey_forgot(self, order, trip, django_assert_num_queries):
        TriggerRule.objects.create(store=order.store, eta_at_most=timedelta(hours=2))
        report(order, -4_000, 0, at_s=0)
        before = self.fresh(order).revision
        valkey.client().flushdb()

        report(order, -3_990, 0, at_s=5)
        assert self.fresh(order).revision == before


@pytest.mark.django_db(transaction=True)
class TestTogether:
    def test_two_who_cross_at_once_cross_once(self, order, trip):
        report(order, -200, 0, at_s=0)
        together = 8
        start_line = Barrier(together, timeout=30)

        def arrive(number):
            try:
                start_line.wait()
                return report(order, number / 10, 0, at_s=30 + number / 10).is_recorded
            finally:
                connection.close()

        with ThreadPoolExecutor(together) as threads:
            recorded = list(threads.map(arrive, range(together)))

        trip.refresh_from_db()
        assert sum(recorded) == 1
        assert crossings(order) == ["position-near", "position-on-lot"]
        assert trip.crossings == 2
        assert order.tasks.model.objects.filter(kind="TAKE_OUT").count() == 1

    def test_the_newest_position_stays(self, order, trip):
        report(order, -4_000, 0, at_s=0)
        start_line = Barrier(4, timeout=30)

        def move(number: int) -> None:
            try:
                start_line.wait()
                report(order, -4_000 + number, 0, at_s=5 + number)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(move, range(4)))

        assert get_last_fix(order).at_s == NOW.timestamp() + 8

    def test_two_orders_of_one_customer_do_not_lock_each_other_out(self, store):
        both = [world.place(store, at=NOW, customer="ines") for _ in range(2)]
        for order in both:
            trips.start_sharing(order_id=order.pk, at=NOW)
        start_line = Barrier(2, timeout=30)

        def arrive(order) -> None:
            try:
                for second in range(0, 50, 5):
                    start_line.wait()
                    report(order, -300 + 6 * second, 0, at_s=second)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(arrive, both))

        assert Arrival.objects.count() == 1

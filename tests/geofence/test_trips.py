from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from arrivals.models import Arrival, Evidence
from arrivals.visits import OrderClosedError
from bopis import valkey
from bopis.errors import TransitionError
from bopis.models import AuditEntry
from geofence import live
from geofence.models import Trip, TripMinute
from geofence.services import positions, trips
from orders.services import closing
from tests.geofence.tracks import NOW, fix

MINUTE = timedelta(minutes=1)


class TestSayOnMyWay:
    def test_opens_the_visit_with_the_minutes_as_a_weak_eta(self, order):
        trip = trips.say_on_my_way(order_id=order.pk, minutes=10, at=NOW)

        order.refresh_from_db()
        assert (trip.status, trip.minutes_said, trip.is_sharing) == ("ACTIVE", 10, False)
        assert trip.expires_at == NOW + timedelta(hours=3)
        assert Arrival.objects.get().status == Arrival.Status.ON_THE_WAY
        assert (order.customer_on_way_at, order.eta_low_at, order.eta_high_at) == (
            NOW,
            NOW + 5 * MINUTE,
            NOW + 15 * MINUTE,
        )

    def test_does_without_minutes(self, order):
        trips.say_on_my_way(order_id=order.pk, minutes=None, at=NOW)

        order.refresh_from_db()
        assert order.customer_on_way_at == NOW

    def test_hears_a_double_tap_once_and_other_minutes_again(self, order):
        for minutes, seconds in [(10, 0), (10, 2), (15, 4), (15, 90)]:
            trips.say_on_my_way(order_id=order.pk, minutes=minutes, at=NOW + timedelta(seconds=seconds))

        assert Trip.objects.get().times_said == 3
        assert Arrival.objects.count() == 1
        order.refresh_from_db()
        assert order.eta_low_at == NOW + timedelta(seconds=90 + 600)

    def test_does_not_overrule_a_fresh_position(self, order, trip):
        positions.report_positions(public_id=order.public_id, fixes=[fix(-9_000, 0, at_s=0)], at=NOW)
        order.refresh_from_db()
        by_position = order.eta_low_at

        trips.say_on_my_way(order_id=order.pk, minutes=1, at=NOW + MINUTE)
        order.refresh_from_db()
        assert order.eta_low_at == by_position

    def test_refuses_a_closed_order(self, order):
        closing.cancel(order_id=order.pk, reason="changed-mind", at=NOW, actor="customer")

        with pytest.raises(OrderClosedError) as refusal:
            trips.say_on_my_way(order_id=order.pk, minutes=10, at=NOW)
        assert (refusal.value.code, refusal.value.status) == ("order-closed", 409)
        assert not Trip.objects.exists()

    def test_starts_anew_when_the_last_trip_is_too_old(self, order, trip):
        later = NOW + timedelta(hours=4)
        anew = trips.say_on_my_way(order_id=order.pk, minutes=10, at=later)

        trip.refresh_from_db()
        assert (trip.status, trip.ended_at, trip.is_sharing) == ("EXPIRED", later, False)
        assert (anew.status, anew.is_sharing) == ("ACTIVE", False)


class TestSharing:
    def test_writes_consent_and_its_withdrawal_down(self, order, trip):
        assert (trip.is_sharing, trip.consent_at) == (True, NOW)

        stopped = trips.stop_sharing(order_id=order.pk, at=NOW + MINUTE)
        assert stopped is not None
        assert (stopped.is_sharing, stopped.consent_at, stopped.stopped_at) == (False, NOW, NOW + MINUTE)
        entries = AuditEntry.objects.filter(subject=f"trip:{trip.pk}").order_by("sequence")
        assert [entry.action for entry in entries] == ["sharing-started", "sharing-stopped"]

    def test_changes_nothing_the_second_time(self, order, trip):
        again = trips.start_sharing(order_id=order.pk, at=NOW + MINUTE)

        assert (again.pk, again.consent_at) == (trip.pk, NOW)
        trips.stop_sharing(order_id=order.pk, at=NOW + MINUTE)
        last = trips.stop_sharing(order_id=order.pk, at=NOW + 2 * MINUTE)
        assert last is not None
        assert last.stopped_at == NOW + MINUTE
        assert AuditEntry.objects.count() == 2

    def test_is_stopped_without_ever_having_begun(self, order):
        assert trips.stop_sharing(order_id=order.pk, at=NOW) is None

    def test_is_not_begun_for_a_closed_order(self, order):
        closing.cancel(order_id=order.pk, reason="changed-mind", at=NOW, actor="customer")

        with pytest.raises(OrderClosedError):
            trips.start_sharing(order_id=order.pk, at=NOW)


class TestEndTrip:
    def test_follows_the_end_of_the_order(self, order, trip):
        closing.cancel(order_id=order.pk, reason="changed-mind", at=NOW + MINUTE, actor="customer")

        trip.refresh_from_db()
        assert (trip.status, trip.is_sharing, trip.ended_at) == ("ENDED", False, NOW + MINUTE)
        assert trip.stopped_at == NOW + MINUTE

    def test_is_undone_with_the_transaction_that_closed_the_order(self, order, trip):
        def cancel_then_fail():
            closing.cancel(order_id=order.pk, reason="changed-mind", at=NOW, actor="customer")
            raise RuntimeError

        with pytest.raises(RuntimeError), transaction.atomic():
            cancel_then_fail()
        trip.refresh_from_db()
        assert trip.status == "ACTIVE"


class TestExpireTrips:
    @pytest.mark.parametrize(("hours", "ended"), [(2.99, 0), (3, 1), (30, 1)])
    def test_ends_those_of_three_hours(self, order, trip, hours, ended):
        assert trips.expire_trips(at=NOW + timedelta(hours=hours)) == ended

        trip.refresh_from_db()
        assert trip.status == ("EXPIRED" if ended else "ACTIVE")
        assert trip.is_sharing is not bool(ended)

    def test_ends_each_once(self, order, trip):
        assert trips.expire_trips(at=NOW + timedelta(hours=3)) == 1
        assert trips.expire_trips(at=NOW + timedelta(hours=3)) == 0


class TestForgetStrays:
    def test_deletes_positions_whose_deletion_failed(self, order, trip):
        positions.report_positions(public_id=order.public_id, fixes=[fix(-9_000, 0, at_s=0)], at=NOW)
        trips.stop_sharing(order_id=order.pk, at=NOW)  # no commit in this test, so no deletion either
        assert live.read(order.public_id).state is not None

        assert trips.forget_strays(at=NOW + MINUTE) == 1
        assert live.read(order.public_id).state is None
        assert trips.forget_strays(at=NOW + MINUTE) == 0

    def test_leaves_who_shares_again_alone(self, order, trip):
        trips.stop_sharing(order_id=order.pk, at=NOW)
        trips.start_sharing(order_id=order.pk, at=NOW)
        positions.report_positions(public_id=order.public_id, fixes=[fix(-9_000, 0, at_s=0)], at=NOW)

        assert trips.forget_strays(at=NOW + MINUTE) == 0


class TestForgetDistances:
    def test_leaves_only_times_after_a_day(self, order, trip):
        positions.report_positions(public_id=order.public_id, fixes=[fix(-9_000, 0, at_s=0)], at=NOW)

        assert trips.forget_distances(at=NOW + timedelta(hours=23)) == 0
        assert trips.forget_distances(at=NOW + timedelta(hours=25)) == 1
        row = TripMinute.objects.get()
        assert row.distance_m is None
        assert row.eta_high_s > row.eta_low_s > 0


class TestTrip:
    def test_ends_once(self, trip):
        trip.move_to(Trip.Status.ENDED, at=NOW)

        with pytest.raises(TransitionError):
            trip.move_to(Trip.Status.EXPIRED, at=NOW)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"status": "LOST"},
            {"status": "ENDED"},
            {"status": "ENDED", "ended_at": NOW},  # and still sharing
            {"ended_at": NOW},
            {"consent_at": None},
            {"expires_at": NOW - MINUTE},
        ],
    )
    def test_is_guarded_by_the_database(self, trip, wrong):
        with pytest.raises(IntegrityError):
            Trip.objects.filter(pk=trip.pk).update(**wrong)

    def test_is_one_an_order(self, order, trip):
        with pytest.raises(IntegrityError):
            Trip.objects.create(order=order, started_at=NOW, expires_at=NOW + MINUTE)

    @pytest.mark.parametrize(
        "wrong", [{"distance_m": 1_250}, {"zone": "HOME"}, {"eta_low_s": 10, "eta_high_s": 5}]
    )
    def test_minute_is_guarded_by_the_database(self, trip, wrong):
        facts = {"minute": NOW, "zone": "", "eta_low_s": 0, "eta_high_s": 9, "distance_m": 1_200}

        with pytest.raises(IntegrityError):
            TripMinute.objects.create(trip=trip, **(facts | wrong))


def test_no_evidence_names_a_place(order, trip):
    positions.report_positions(public_id=order.public_id, fixes=[fix(0, 0, at_s=0)], at=NOW)

    assert {key for row in Evidence.objects.all() for key in row.data} <= {"accuracy_m"}
    assert valkey.client().exists(live._key(order.public_id))

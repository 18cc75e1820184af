from itertools import product

import pytest
from django.db import IntegrityError, transaction

from arrivals import fusion, matching
from arrivals.models import Arrival, ArrivalOrder, Claim, Evidence, Kind, ReadCount
from arrivals.wording import CHECKS, REASONS, get_check, get_reason
from bopis.errors import TransitionError
from tests.arrivals.conftest import tap
from tests.world import NOON

Status = Arrival.Status
FORWARD = {
    ("ON_THE_WAY", "APPROACHING"), ("ON_THE_WAY", "ARRIVED"), ("ON_THE_WAY", "SERVED"),
    ("ON_THE_WAY", "GONE"), ("ON_THE_WAY", "LAPSED"),
    ("APPROACHING", "ARRIVED"), ("APPROACHING", "SERVED"), ("APPROACHING", "GONE"), ("APPROACHING", "LAPSED"),
    ("ARRIVED", "SERVED"), ("ARRIVED", "GONE"), ("ARRIVED", "LAPSED"),
    ("GONE", "ARRIVED"), ("GONE", "SERVED"),
    ("SERVED", "ON_THE_WAY"), ("SERVED", "APPROACHING"), ("SERVED", "ARRIVED"),
}  # fmt: skip


class TestMoveTo:
    @pytest.mark.parametrize(("before", "after"), list(product(Status.values, repeat=2)))
    def test_takes_every_allowed_step_and_no_other(self, before, after):
        arrival = Arrival(status=before)

        if (before, after) in FORWARD:
            arrival.move_to(Status(after), at=NOON)
            assert (arrival.status, arrival.closed_at is None) == (after, arrival.is_underway)
        else:
            with pytest.raises(TransitionError, match=f"{before}.*{after}"):
                arrival.move_to(Status(after), at=NOON)


class TestCorrectTo:
    def test_alone_takes_an_arrival_back(self):
        arrival = Arrival(status=Status.ARRIVED)

        arrival.correct_to(Status.ON_THE_WAY, at=NOON)

        assert arrival.status == "ON_THE_WAY"

    def test_takes_no_end_back(self):
        with pytest.raises(TransitionError):
            Arrival(status=Status.LAPSED).correct_to(Status.ON_THE_WAY, at=NOON)


class TestTheDatabase:
    @pytest.mark.parametrize(
        ("name", "facts"),
        [
            ("arrival_status_known", {"status": "LOST", "closed_at": NOON}),
            ("arrival_on_the_lot_has_moment", {"status": "ARRIVED"}),
            ("arrival_on_the_lot_has_moment", {"status": "ARRIVED", "arrived_at": NOON}),
            ("arrival_ended_has_moment", {"status": "LAPSED"}),
            ("arrival_ended_has_moment", {"closed_at": NOON}),
            ("arrival_eta_is_a_band", {"eta_low_at": NOON}),
            ("arrival_check_has_reason", {"needs_check": True}),
            ("arrival_check_has_reason", {"checks": ["two-stores"]}),
        ],
    )
    def test_refuses_an_arrival_that_cannot_be(self, store, name, facts):
        with pytest.raises(IntegrityError, match=name):
            Arrival.objects.create(store=store, opened_at=NOON, **facts)

    @pytest.mark.parametrize(
        ("name", "facts"),
        [
            ("evidence_kind_known", {"kind": "DREAM"}),
            ("evidence_claim_known", {"claim": "NOWHERE"}),
            ("evidence_weight_is_a_share", {"weight": 1.1}),
            ("evidence_is_about_something", {"order": None}),
            ("source_key", {"source_key": "tap:1"}),
        ],
    )
    def test_refuses_evidence_that_cannot_be(self, order, name, facts):
        good = {
            "order": order,
            "kind": Kind.TAP,
            "claim": Claim.HERE,
            "weight": 0.5,
            "source_key": "tap:0",
            "observed_at": NOON,
            "recorded_at": NOON,
        }
        tap(order, key="tap:1")

        with pytest.raises(IntegrityError, match=name):
            Evidence.objects.create(**(good | facts))

    def test_refuses_an_order_twice_on_a_visit(self, order):
        tap(order)

        with pytest.raises(IntegrityError), transaction.atomic():
            ArrivalOrder.objects.create(
                arrival=Arrival.objects.get(), order=order, is_open=False, joined_at=NOON
            )

    def test_refuses_counts_that_do_not_add_up(self, store):
        with pytest.raises(IntegrityError, match="read_count_adds_up"):
            ReadCount.objects.create(store=store, hour=NOON, reads=2, matched=1)


class TestWording:
    def test_has_words_for_every_reason(self):
        crossings = {reason for _, reason in fusion.CROSSINGS.values()}

        assert {reason.value for reason in matching.Reason} | crossings <= REASONS.keys()
        assert {check.value for check in fusion.Check} == CHECKS.keys()
        assert get_reason("tap") != "tap"
        assert get_check("two-stores") != "two-stores"

    def test_shows_the_code_of_a_reason_that_it_does_not_know(self):
        assert (get_reason("moon-phase"), get_check("moon-phase")) == ("moon-phase", "moon-phase")

    def test_names_kinds_and_claims_as_fusion_does(self):
        assert set(Kind.values) == {kind.value for kind in fusion.Kind}
        assert set(Claim.values) == {claim.value for claim in fusion.Claim}

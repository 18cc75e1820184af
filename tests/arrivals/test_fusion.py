from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrivals import fusion
from arrivals.fusion import Check, Claim, Kind, Sign, believe

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def sign(kind, claim=Claim.HERE, weight=0.0, minute=0, *, spot=None, source=None):
    return Sign(source or f"{kind}:{claim}:{minute}:{weight}", kind, claim, weight, at(minute), spot)


def plate(minute=0, weight=fusion.PLATE_EXACT, **more):
    return sign(Kind.PLATE, weight=weight, minute=minute, **more)


def lot(minute=0, weight=fusion.ON_LOT, **more):
    return sign(Kind.CROSSING, weight=weight, minute=minute, **more)


def tap(minute=0, weight=fusion.TAP, **more):
    return sign(Kind.TAP, weight=weight, minute=minute, **more)


def near(minute=0):
    return sign(Kind.CROSSING, Claim.NEAR, fusion.NEARBY, minute)


def off_lot(minute=0):
    return sign(Kind.CROSSING, Claim.OFF_LOT, fusion.NEARBY, minute)


def away(minute=0):
    return sign(Kind.CROSSING, Claim.AWAY, fusion.NEARBY, minute)


class TestBelieve:
    @pytest.mark.parametrize(
        ("one", "by"), [(plate(), Kind.PLATE), (lot(), Kind.CROSSING), (tap(), Kind.TAP)]
    )
    def test_takes_each_rung_of_the_ladder_alone(self, one, by):
        belief = believe([one])

        assert (belief.here_at, belief.here_by) == (NOON, by)

    def test_knows_nothing_from_nothing(self):
        assert believe([]) == fusion.Belief()

    def test_takes_an_approach_for_an_approach(self):
        belief = believe([near(3)])

        assert (belief.near_at, belief.here_at) == (at(3), None)

    def test_adds_up_witnesses_that_do_not_suffice_alone(self):
        asked, afar = plate(0, fusion.PLATE_ASKED), tap(2, fusion.TAP_FROM_AFAR)

        assert believe([asked]).here_at is None
        assert believe([asked]).near_at == NOON  # worth preparing for
        assert believe([asked, afar, lot(3, fusion.VAGUE)]).here_at == at(3)

    def test_does_not_add_up_one_witness_with_itself(self):
        asked = [plate(minute, fusion.PLATE_ASKED) for minute in range(5)]

        assert believe(asked).here_at is None

    def test_names_the_first_moment_that_sufficed_and_what_tipped_it(self):
        belief = believe([tap(4), plate(1), lot(2)])

        assert (belief.here_at, belief.here_by) == (at(1), Kind.PLATE)

    def test_lets_late_news_of_an_earlier_moment_count(self):
        assert believe([tap(4)]).here_at == at(4)
        assert believe([tap(4), lot(1)]).here_at == at(1)

    def test_sees_a_customer_leave_whom_only_the_position_had_seen(self):
        belief = believe([lot(0), off_lot(5)])

        assert (belief.here_at, belief.left_at, belief.confidence) == (NOON, at(5), 0)

    def test_asks_a_person_when_the_position_drifts_off_the_lot_of_who_has_tapped(self):
        belief = believe([lot(0), tap(1), off_lot(5)])

        assert (belief.left_at, belief.checks) == (None, (Check.OFF_LOT,))

    def test_forgets_the_drift_when_the_position_comes_back(self):
        assert believe([lot(0), tap(1), off_lot(5), lot(6)]).checks == ()

    def test_believes_that_who_is_away_from_the_neighborhood_has_left(self):
        assert believe([plate(0), tap(1), away(9)]).left_at == at(9)

    def test_takes_who_passes_without_entering_for_coming(self):
        belief = believe([near(0), away(4)])

        assert (belief.here_at, belief.left_at) == (None, None)

    def test_takes_who_comes_back_for_here_since_the_first_time(self):
        belief = believe([lot(0), off_lot(5), lot(8)])

        assert (belief.here_at, belief.left_at) == (NOON, None)

    def test_asks_a_person_about_a_tap_from_afar(self):
        assert believe([tap(0, fusion.TAP_FROM_AFAR)]).checks == (Check.TAPPED_FROM_AFAR,)
        assert believe([tap(0, fusion.TAP_FROM_AFAR), lot(4)]).checks == ()


class TestSpot:
    def test_is_the_last_one_that_a_person_named(self):
        assert believe([tap(0, spot=4), tap(2, spot=6)]).spot_id == 6

    def test_is_the_positions_when_nobody_named_one(self):
        assert believe([plate(0), lot(1, spot=3)]).spot_id == 3

    def test_stays_the_persons_when_an_older_position_differs(self):
        belief = believe([lot(0, spot=4), tap(2, spot=6)])

        assert (belief.spot_id, belief.checks) == (6, ())

    def test_needs_a_look_when_a_newer_position_differs(self):
        belief = believe([tap(0, spot=4), lot(2, spot=6)])

        assert (belief.spot_id, belief.checks) == (4, (Check.SPOTS_DIFFER,))

    def test_is_settled_by_an_associate(self):
        associate = sign(Kind.ASSOCIATE, weight=1.0, minute=3, spot=6)

        assert believe([tap(0, spot=4), lot(2, spot=6), associate]).spot_id == 6
        assert believe([tap(0, spot=4), lot(2, spot=6), associate]).checks == ()


signs = st.builds(
    sign,
    kind=st.sampled_from([Kind.PLATE, Kind.CROSSING, Kind.TAP, Kind.ASSOCIATE, Kind.BAY_CODE]),
    claim=st.sampled_from(list(Claim)),
    weight=st.sampled_from([0.3, 0.4, 0.6, 0.8, 0.9, 0.97, 1.0]),
    minute=st.integers(0, 6),
    spot=st.sampled_from([None, None, 1, 2]),
    source=st.uuids().map(str),
)


class TestBelieveAlways:
    @given(st.lists(signs, max_size=7), st.randoms())
    def test_depends_on_the_evidence_and_not_on_its_order_or_repeats(self, evidence, random):
        shuffled = random.sample(evidence, len(evidence))

        assert believe(shuffled + shuffled[:3]) == believe(evidence)

    def test_is_the_same_for_every_permutation_of_a_visit(self):
        visit = [near(0), plate(3, spot=None), lot(3), tap(4, spot=2), off_lot(5), lot(6, spot=1)]

        assert len({believe(order) for order in permutations(visit)}) == 1

    @given(st.lists(signs, max_size=7), signs)
    def test_never_takes_an_arrival_back_nor_makes_it_later(self, evidence, more):
        before, after = believe(evidence), believe([*evidence, more])

        assert before.here_at is None or (after.here_at is not None and after.here_at <= before.here_at)
        assert before.near_at is None or (after.near_at is not None and after.near_at <= before.near_at)

    @given(st.lists(signs, max_size=7))
    def test_gives_every_moment_in_its_place(self, evidence):
        belief = believe(evidence)

        assert 0 <= belief.confidence <= 1
        assert (belief.here_at is None) == (belief.here_by is None)
        assert belief.left_at is None or (belief.here_at is not None and belief.here_at <= belief.left_at)
        assert belief.here_at is None or (belief.near_at is not None and belief.near_at <= belief.here_at)


class TestGetPlateWeight:
    @pytest.mark.parametrize(
        ("edits", "look_alike", "asked", "weight"),
        [(0, False, False, 0.97), (1, True, False, 0.85), (1, False, False, 0.8), (0, False, True, 0.6)],
    )
    def test_follows_the_design(self, edits, look_alike, asked, weight):
        got = fusion.get_plate_weight(0.99, edits=edits, is_look_alike=look_alike, is_asked=asked)

        assert got == weight

    def test_of_a_faint_question_is_its_probability(self):
        assert fusion.get_plate_weight(0.2, edits=1, is_look_alike=True, is_asked=True) == 0.2


class TestReadCrossing:
    @pytest.mark.parametrize(
        ("zone", "entered", "accuracy_m", "claim", "weight"),
        [
            ("APPROACH", True, 20, Claim.NEAR, 0.8),
            ("APPROACH", False, 20, Claim.AWAY, 0.8),
            ("LOT", True, 20, Claim.HERE, 0.8),
            ("LOT", True, 150, Claim.HERE, 0.6),
            ("LOT", False, 20, Claim.OFF_LOT, 0.8),
            ("BAY", True, 20, Claim.HERE, 0.9),
            ("BAY", True, 60, Claim.HERE, 0.8),
            ("BAY", False, 20, Claim.NEAR, 0.8),
        ],
    )
    def test_says_where_the_customer_is_and_how_surely(self, zone, entered, accuracy_m, claim, weight):
        got, weighed, _ = fusion.read_crossing(zone, entered=entered, accuracy_m=accuracy_m)

        assert (got, weighed) == (claim, weight)

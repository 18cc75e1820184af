from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrivals.matching import (
    ASK_AT,
    MATCH_AT,
    Candidate,
    ExpectedCar,
    Outcome,
    Reason,
    get_density,
    judge,
)
from arrivals.misreads import count_edits, get_ratio, is_look_alike

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = 0.24  # a minute, for a customer whose position says: now
IN_WINDOW = 0.015  # in the middle of a pickup window of an hour
ANY_TIME = 3.5e-5  # hours off

letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=9)
plates = st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=5, max_size=8)
shares = st.floats(0, 1)


def car(plate, customer=1, *, per_minute=IN_WINDOW, orders=None):
    return ExpectedCar(customer, orders or (customer * 10,), plate, per_minute)


def read(*texts, confidence=0.9):
    return [Candidate(text, confidence / len(texts)) for text in texts]


class TestJudge:
    @pytest.mark.parametrize(
        ("text", "per_minute", "outcome"),
        [
            ("BOB1234", IN_WINDOW, Outcome.MATCH),
            ("BOB1234", ANY_TIME, Outcome.MATCH),  # hours early, but every character fits
            ("B0B1234", IN_WINDOW, Outcome.MATCH),  # zero for O
            ("80B1234", IN_WINDOW, Outcome.MATCH),  # and eight for B
            ("B0B1234", ANY_TIME, Outcome.ASK),
            ("BXB1234", NOW, Outcome.MATCH),  # another character, but the customer is due now
            ("BXB1234", IN_WINDOW, Outcome.ASK),
            ("BXB1234", ANY_TIME, Outcome.DROP),
            ("BXB1934", IN_WINDOW, Outcome.DROP),  # two others
            ("BOB123", IN_WINDOW, Outcome.MATCH),  # the last one dirty
            ("BOB12", NOW, Outcome.ASK),  # two of them
            ("BOB12", IN_WINDOW, Outcome.ASK),
            ("1234", IN_WINDOW, Outcome.DROP),
            ("XBOB1234", IN_WINDOW, Outcome.MATCH),  # a seal taken for a character
            ("CDE5678", NOW, Outcome.DROP),
        ],
    )
    def test_weighs_the_read_against_time(self, text, per_minute, outcome):
        assert judge(read(text), [car("BOB1234", per_minute=per_minute)]).outcome == outcome

    def test_says_why(self):
        fits = [judge(read(text), [car("BOB1234", per_minute=NOW)]).fits[0] for text in
                ("BOB1234", "B0B1234", "BXB1234", "BOB123")]  # fmt: skip

        assert [fit.reason for fit in fits] == [
            Reason.EXACT,
            Reason.LOOK_ALIKE,
            Reason.CLOSE,
            Reason.PARTIAL,
        ]
        assert [fit.edits for fit in fits] == [0, 1, 1, 1]

    def test_knows_nobody_when_nobody_is_expected(self):
        assert judge(read("BOB1234"), []).outcome == Outcome.DROP

    def test_drops_a_read_of_nothing(self):
        assert judge([], [car("BOB1234", per_minute=NOW)]).outcome == Outcome.DROP
        assert judge([Candidate("", 1.0)], [car("BOB1234", per_minute=NOW)]).outcome == Outcome.DROP

    def test_never_asks_only_because_somebody_is_due(self):
        faint = [Candidate("CDE5678", 0.1)]

        assert judge(faint, [car("BOB1234", per_minute=5.0)]).outcome == Outcome.DROP

    def test_takes_the_second_alternative_when_the_first_is_nobodys(self):
        verdict = judge([Candidate("BQB1Z34", 0.6), Candidate("BOB1234", 0.3)], [car("BOB1234")])

        assert (verdict.outcome, verdict.fits[0].read) == (Outcome.MATCH, "BOB1234")

    def test_finds_the_one_among_sixty(self):
        others = [car(f"AB{n:03}CD", n) for n in range(100, 160)]

        verdict = judge(read("B0B1234"), [*others, car("BOB1234", 7)])

        assert [fit.car.customer_id for fit in verdict.fits] == [7]

    def test_asks_when_two_customers_expect_the_same_car(self):
        verdict = judge(read("BOB1234"), [car("BOB1234", 1, per_minute=NOW), car("BOB1234", 2)])

        assert verdict.outcome == Outcome.ASK
        assert [fit.car.customer_id for fit in verdict.fits] == [1, 2]
        assert {fit.reason for fit in verdict.fits} == {Reason.SHARED}

    def test_asks_about_the_sharers_even_if_one_of_them_is_hours_off(self):
        cars = [car("BOB1234", 1, per_minute=NOW), car("BOB1234", 2, per_minute=ANY_TIME)]

        assert judge(read("BOB1234"), cars).outcome == Outcome.ASK

    def test_asks_when_two_expected_plates_fit_alike(self):
        verdict = judge(read("B8B1234"), [car("BRB1234", 1), car("BDB1234", 2)])

        assert verdict.outcome == Outcome.ASK
        assert {fit.reason for fit in verdict.fits} == {Reason.AMBIGUOUS}
        assert len(verdict.fits) == 2

    def test_prefers_the_exact_of_two_look_alikes(self):
        cars = [car("BOB1234", 1), car("BXB1234", 2)]

        verdict = judge(read("BOB1234", confidence=0.95), cars)

        assert (verdict.outcome, verdict.fits[0].car.customer_id) == (Outcome.MATCH, 1)

    def test_asks_when_zero_and_letter_are_both_expected(self):
        cars = [car("BOB1234", 1), car("B0B1234", 2)]

        assert judge(read("BOB1234", confidence=0.95), cars).outcome == Outcome.ASK

    def test_keeps_plates_out_of_what_a_log_might_print(self):
        verdict = judge(read("BOB1234"), [car("BOB1234")])

        assert "BOB1234" not in repr(verdict)
        assert "BOB1234" not in repr(read("BOB1234"))

    def test_sets_its_thresholds_by_the_cost_of_an_error(self):
        assert pytest.approx(0.975) == MATCH_AT
        assert pytest.approx(0.1) == ASK_AT


class TestJudgeAlways:
    @given(st.lists(st.tuples(letters, shares), max_size=4), st.lists(plates, max_size=6, unique=True))
    def test_gives_shares_of_one_whole(self, alternatives, expected):
        candidates = [Candidate(text, confidence) for text, confidence in alternatives]
        verdict = judge(candidates, [car(plate, n) for n, plate in enumerate(expected)])

        assert sum(fit.probability for fit in verdict.fits) <= 1 + 1e-9
        assert all(0 <= fit.probability <= 1 for fit in verdict.fits)
        assert (verdict.outcome == Outcome.DROP) == (not verdict.fits)

    @given(letters, st.lists(plates, min_size=2, max_size=6, unique=True), st.randoms())
    def test_does_not_depend_on_the_order_of_the_expected(self, text, expected, random):
        cars = [car(plate, n) for n, plate in enumerate(expected)]
        shuffled = random.sample(cars, len(cars))

        one, other = judge(read(text), cars), judge(read(text), shuffled)

        assert (one.outcome, [f.car for f in one.fits]) == (other.outcome, [f.car for f in other.fits])

    @given(plates, st.integers(0, 7), st.sampled_from("ABCDEFGHJKLMNPRSTUVWXYZ0123456789"))
    def test_finds_no_text_to_fit_better_than_the_plate_itself(self, plate, place, letter):
        place %= len(plate)
        changed = plate[:place] + letter + plate[place + 1 :]

        assert get_ratio(changed, plate) <= get_ratio(plate, plate)

    @given(plates)
    def test_matches_whoever_is_due_by_an_exact_read(self, plate):
        assert judge(read(plate), [car(plate, per_minute=NOW)]).outcome == Outcome.MATCH

    @given(plates, plates)
    def test_drops_what_has_more_than_three_differences(self, text, plate):
        verdict = judge(read(text), [car(plate, per_minute=NOW)])

        assert count_edits(text, plate) <= 3 or verdict.outcome == Outcome.DROP


class TestGetDensity:
    def density(self, at, *, eta=None):
        low, high = eta or (None, None)
        return get_density(at, window_start=NOON, window_end=NOON + HOUR, eta_low_at=low, eta_high_at=high)

    def test_is_highest_in_the_middle_of_the_window(self):
        middle = self.density(NOON + HOUR / 2)

        assert middle > self.density(NOON) > self.density(NOON - HOUR) > self.density(NOON - 3 * HOUR) > 0
        assert middle == pytest.approx(IN_WINDOW, rel=0.1)

    def test_follows_the_eta_rather_than_the_window(self):
        early = NOON - 2 * HOUR
        eta = (early - timedelta(minutes=2), early + timedelta(minutes=2))

        assert self.density(early, eta=eta) > 10 * self.density(NOON + HOUR / 2, eta=eta)

    def test_adds_up_to_no_more_than_one_visit(self):
        minutes = [NOON + timedelta(minutes=n) for n in range(-12 * 60, 12 * 60)]

        assert 0.9 < sum(self.density(minute) for minute in minutes) < 1


class TestCountEdits:
    @pytest.mark.parametrize(
        ("text", "plate", "edits"),
        [("BOB1234", "BOB1234", 0), ("B0B1234", "BOB1234", 1), ("OB1234", "BOB1234", 1), ("", "AB", 2),
         ("XBOB1234", "BOB1234", 1), ("BO1B234", "BOB1234", 2)],
    )  # fmt: skip
    def test_counts_the_fewest_changes(self, text, plate, edits):
        assert count_edits(text, plate) == edits

    @given(letters, letters)
    def test_is_the_same_both_ways(self, text, plate):
        assert count_edits(text, plate) == count_edits(plate, text)


class TestIsLookAlike:
    @pytest.mark.parametrize("pair", ["0O", "0D", "0Q", "1I", "1L", "8B", "5S", "2Z", "6G"])
    def test_knows_the_alphabets_confusions_both_ways(self, pair):
        assert is_look_alike(pair[0], pair[1])
        assert is_look_alike(pair[1], pair[0])

    def test_is_not_about_other_lengths(self):
        assert not is_look_alike("BOB123", "BOB1234")


class TestGetRatio:
    def test_of_a_confusion_is_worth_more_than_of_another_character(self):
        assert (
            get_ratio("B0B1234", "BOB1234")
            > get_ratio("8OB1234", "BOB1234")
            > get_ratio("BXB1234", "BOB1234")
        )

    def test_of_neighbors_lost_together_is_worth_more_than_of_two_apart(self):
        assert get_ratio("BOB12", "BOB1234") > get_ratio("OB123", "BOB1234")

"""One plate out of the readings of one track."""

import pytest

from arrivals.matching import Candidate
from vision import voting
from vision.engines import Reading
from vision.voting import Ballot, align


def ballot(*alternatives: tuple[str, float], quality: float = 1.0) -> Ballot:
    return Ballot(Reading(tuple(Candidate(text, confidence) for text, confidence in alternatives)), quality)


class TestIsClear:
    @pytest.mark.parametrize(
        ("reads", "is_clear"),
        [
            ([], False),
            ([("AB123CD", 0.99)], False),
            ([("AB123CD", 0.95), ("AB123CD", 0.85)], True),
            ([("AB123CD", 0.95), ("AB123C0", 0.95)], False),
            ([("AB123CD", 0.6), ("AB123CD", 0.6)], False),
            ([("AB123CD", 0.6)] * 3, True),
            ([("AB123CD", 0.1)] * 6, False),
            ([("AB123CD", 0.9), ("AB123CD", 0.9), ("AB128CD", 0.95)], False),
            ([("AB123CD", 0.9), ("AB123CD", 0.9), ("AB128CD", 0.4)], True),
            ([("A", 0.9), ("A", 0.9)], False),
        ],
    )
    def test_wants_reads_that_agree_and_outweigh_all_others(self, reads, is_clear):
        assert voting.is_clear([ballot(read) for read in reads]) is is_clear


class TestElect:
    def test_gives_nothing_for_nothing(self):
        assert voting.elect([]) == ()
        assert voting.elect([ballot()]) == ()

    def test_takes_a_single_reading_with_its_alternatives(self):
        first, second = voting.elect([ballot(("AB123CD", 0.7), ("A8123CD", 0.2))])

        assert (first.text, second.text) == ("AB123CD", "A8123CD")
        assert first.confidence == pytest.approx(0.7)

    @pytest.mark.parametrize(
        ("reads", "elected"),
        [
            (["AB123CD", "AB123CD", "A8123CD"], "AB123CD"),
            (["XB123CD", "AX123CD", "AB123CX"], "AB123CD"),  # none of them has it
            (["AB123CD", "AB123CD", "B123CD"], "AB123CD"),  # one lacks a character
            (["AB123CD", "AB123CD", "IAB123CD"], "AB123CD"),  # one has one too many
            (["AB123CD"], "AB123CD"),
        ],
    )
    def test_votes_character_by_character(self, reads, elected):
        assert voting.elect([ballot((read, 0.8)) for read in reads])[0].text == elected

    def test_believes_a_sharp_sure_crop_over_two_dull_ones(self):
        ballots = [
            ballot(("AB123CD", 0.95), quality=1.0),
            ballot(("AB128CD", 0.3), quality=0.2),
            ballot(("AB128CD", 0.3), quality=0.2),
        ]

        assert voting.elect(ballots)[0].text == "AB123CD"

    def test_counts_what_the_alternatives_say(self):
        ballots = [ballot(("AB128CD", 0.4), ("AB123CD", 0.35)), ballot(("AB128CD", 0.3), ("AB123CD", 0.45))]

        assert [one.text for one in voting.elect(ballots)] == ["AB123CD", "AB128CD"]

    def test_is_the_same_in_any_order(self):
        ballots = [ballot(("AB123CD", 0.5)), ballot(("AB128CD", 0.5)), ballot(("A8123CD", 0.5))]

        assert voting.elect(ballots) == voting.elect(ballots[::-1])

    def test_never_claims_more_than_it_was_told(self):
        candidates = voting.elect([ballot(("AB123CD", 0.9)), ballot(("AB123CD", 0.7))])

        assert candidates[0].confidence <= 0.9
        assert all(0 <= one.confidence <= 1 for one in candidates)

    def test_ignores_what_no_plate_can_say(self):
        assert voting.elect([ballot(("C", 0.9)), ballot(("MWMWMWMWMWMW", 0.9)), ballot(("KC6", 0.001))]) == ()


class TestAlign:
    @pytest.mark.parametrize(
        ("text", "characters"),
        [
            ("AB12", ["A", "B", "1", "2"]),
            ("A12", ["A", "", "1", "2"]),
            ("XAB12", ["A", "B", "1", "2"]),
            ("", ["", "", "", ""]),
            ("AB1Z", ["A", "B", "1", "Z"]),
        ],
    )
    def test_puts_each_character_in_its_place(self, text, characters):
        assert [char for _, char in sorted(align("AB12", text))] == characters

"""What engines give back."""

from arrivals.matching import Candidate
from vision.engines import Reading


class TestReading:
    def test_says_its_best_alternative(self):
        reading = Reading((Candidate("AB123CD", 0.8), Candidate("AB123C0", 0.1)))

        assert (reading.text, reading.confidence) == ("AB123CD", 0.8)

    def test_says_nothing_without_alternatives(self):
        assert (Reading(()).text, Reading(()).confidence) == ("", 0.0)

    def test_keeps_plates_out_of_its_representation(self):
        assert "AB123CD" not in repr(Reading((Candidate("AB123CD", 0.8),)))

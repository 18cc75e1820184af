import pytest

from geofence.rules import Rule, holds


class TestHolds:
    @pytest.mark.parametrize(
        ("zone", "at_most_s", "zones", "eta_s", "expected"),
        [
            ("APPROACH", None, {"APPROACH"}, 900, True),
            ("APPROACH", None, {"APPROACH", "LOT"}, 0, True),
            ("APPROACH", None, set(), 10, False),
            ("APPROACH", 480, {"APPROACH"}, 480, True),
            ("APPROACH", 480, {"APPROACH"}, 481, False),
            ("APPROACH", 480, set(), 100, False),
            (None, 480, set(), 100, True),
            (None, 480, {"LOT"}, None, False),
            ("LOT", None, {"APPROACH"}, 0, False),
        ],
    )
    def test_needs_every_half_that_is_given(self, zone, at_most_s, zones, eta_s, expected):
        assert holds(Rule(1, zone, at_most_s), zones=zones, eta_s=eta_s) is expected

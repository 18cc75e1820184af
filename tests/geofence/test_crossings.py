import pytest

from geofence.crossings import Presence, Sight, judge
from geofence.fences import Area, Zone, read_polygon, to_shape
from tests.geofence.tracks import PLANE, rectangle

SIZES: dict[Zone, int] = {"APPROACH": 4_000, "LOT": 60, "BAY": 4}
INSIDE = Presence(is_inside=True)


def square(zone: Zone) -> Area:
    shape = to_shape(read_polygon(rectangle(0, 0, SIZES[zone], SIZES[zone])), PLANE)
    return Area.of(zone, zone, None, [shape])


def see(zone: Zone, *sights: tuple[float, float, float | None, float], start: Presence | None = None) -> bool:
    """Whether a trip is believed inside after sights of (depth, accuracy, speed, second)."""
    presence = start or Presence()
    for sight in sights:
        presence = judge(square(zone), presence, Sight(*sight))
    return presence.is_inside


class TestGoingIn:
    @pytest.mark.parametrize(
        ("zone", "sights", "is_inside"),
        [
            # One fix
            ("APPROACH", [(1, 300, None, 0)], True),
            ("APPROACH", [(1, 5_000, None, 0)], False),
            ("APPROACH", [(-1, 8, None, 0)], False),
            ("APPROACH", [(1_000, 30, 30, 0)], True),  # a fast road leads to it: no speed gate
            ("LOT", [(20, 8, None, 0)], True),  # the whole circle of accuracy lies inside
            ("LOT", [(20, 8, 3, 0)], True),
            ("LOT", [(4, 1, None, 0)], False),  # a phone boasting of a metre is not believed at the edge
            ("LOT", [(7, 8, None, 0)], False),
            ("LOT", [(30, 200, None, 0)], False),  # 200 m enters no lot of 60
            ("LOT", [(20, 8, 14, 0)], False),  # 50 km/h is the road beside it
            ("BAY", [(1, 3, 0, 0)], False),
            # Two that agree
            ("LOT", [(2, 20, None, 0), (2, 20, 1, 5)], True),
            ("LOT", [(0, 20, None, 0), (0, 20, 0, 5)], True),  # the edge belongs to the lot
            ("BAY", [(1, 10, None, 0), (1, 10, 0, 5)], True),
            ("BAY", [(1, 26, None, 0), (1, 26, 0, 5)], False),
            ("LOT", [(30, 200, None, 0), (30, 200, 1, 5), (30, 200, 1, 10)], False),
            ("LOT", [(2, 20, None, 0), (2, 20, 1, 1)], False),  # a second apart they share one error
            ("LOT", [(2, 20, None, 0), (2, 20, 1, 1), (2, 20, 1, 4)], True),
            ("LOT", [(2, 20, None, 0), (2, 20, 1, 200)], False),  # too long ago to agree
            ("LOT", [(2, 20, None, 0), (2, 20, 1, 200), (2, 20, 1, 205)], True),
            # What comes between
            ("LOT", [(2, 20, None, 0), (-2, 20, 1, 5), (2, 20, 1, 10)], False),
            ("LOT", [(2, 20, None, 0), (-900, 2_000, 1, 5), (2, 20, 1, 10)], True),  # says nothing
            ("LOT", [(2, 20, None, 0), (5, 20, 14, 5), (2, 20, 1, 10)], False),  # drove through
            ("LOT", [(20, 8, 14, 0), (20, 8, 14, 5), (20, 8, 14, 10)], False),
        ],
    )
    def test_follows_the_table(self, zone, sights, is_inside):
        assert see(zone, *sights) is is_inside


class TestGoingOut:
    @pytest.mark.parametrize(
        ("zone", "sights", "is_inside"),
        [
            ("LOT", [(-10, 5, 1, 0), (-10, 5, 1, 5)], True),  # within the margin
            ("LOT", [(-40, 5, 1, 0)], True),  # one fix may be an outlier
            ("LOT", [(-40, 5, 1, 0), (-40, 5, 1, 5)], False),
            ("LOT", [(-40, 60, 1, 0), (-40, 60, 1, 5)], True),  # may still be inside
            ("LOT", [(-40, 5, 1, 0), (10, 5, 1, 5), (-40, 5, 1, 10)], True),
            ("LOT", [(-40, 5, 1, 0), (-10, 5, 1, 5), (-40, 5, 1, 10)], False),
            ("LOT", [(10, 5, 20, 0)], True),  # leaving fast is not leaving yet
            ("APPROACH", [(-90, 10, 9, 0), (-99, 10, 9, 5)], True),
            ("APPROACH", [(-150, 10, 9, 0), (-200, 10, 9, 5)], False),
            ("BAY", [(-16, 5, 1, 0), (-16, 5, 1, 5)], False),
            ("BAY", [(-14, 5, 1, 0), (-14, 5, 1, 5)], True),
        ],
    )
    def test_follows_the_table(self, zone, sights, is_inside):
        assert see(zone, *sights, start=INSIDE) is is_inside

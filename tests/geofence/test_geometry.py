import math

import pytest

from geofence.geometry import Plane, Position, distance_m, is_on_earth, wrap_degrees

LYON, PARIS = Position(45.7640, 4.8357), Position(48.8566, 2.3522)


class TestDistance:
    def test_is_the_great_circle(self):
        assert distance_m(LYON, PARIS) == pytest.approx(391_500, rel=0.005)

    def test_is_zero_on_the_spot_and_half_the_earth_at_the_antipode(self):
        assert distance_m(LYON, LYON) == 0
        assert distance_m(Position(0, 0), Position(0, 180)) == pytest.approx(20_015_000, rel=0.001)

    def test_is_short_across_the_antimeridian(self):
        assert distance_m(Position(-17, 179.999), Position(-17, -179.999)) == pytest.approx(212.7, abs=1)


class TestPlane:
    @pytest.mark.parametrize("origin", [LYON, Position(-17, 179.99), Position(64.1, -21.9), Position(0, 0)])
    @pytest.mark.parametrize("point", [(0, 0), (3_000, -4_000), (-1_500, 20), (18_000, 2_000)])
    def test_returns_from_metres_to_degrees(self, origin, point):
        plane = Plane(origin)

        assert plane.to_xy(plane.to_position(*point)) == pytest.approx(point, abs=0.01)

    @pytest.mark.parametrize("origin", [LYON, Position(60, 10), Position(-17, 179.999)])
    def test_agrees_with_the_great_circle_near_the_store(self, origin):
        plane = Plane(origin)
        for x, y in [(500, 0), (0, -500), (12_000, 16_000), (-14_000, -14_000)]:
            assert distance_m(origin, plane.to_position(x, y)) == pytest.approx(math.hypot(x, y), rel=0.003)


class TestIsOnEarth:
    @pytest.mark.parametrize(
        ("latitude", "longitude", "expected"),
        [
            (90, 180, True),
            (-90, -180, True),
            (90.001, 0, False),
            (0, -180.001, False),
            (math.nan, 0, False),
            (0, math.inf, False),
        ],
    )
    def test_knows_its_bounds(self, latitude, longitude, expected):
        assert is_on_earth(Position(latitude, longitude)) is expected


class TestWrapDegrees:
    @pytest.mark.parametrize(
        ("given", "wrapped"), [(0, 0), (180, -180), (359, -1), (-181, 179), (-540, -180)]
    )
    def test_brings_a_longitude_home(self, given, wrapped):
        assert wrap_degrees(given) == wrapped

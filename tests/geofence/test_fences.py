import json

import pytest

from geofence.fences import Area, FenceError, check_polygon, read_polygon, to_shape
from geofence.geometry import Plane, Position
from tests.geofence.tracks import PLANE, rectangle

SQUARE = [[45.0, 4.0], [45.0, 4.01], [45.01, 4.01], [45.01, 4.0], [45.0, 4.0]]
HOLE = [[45.004, 4.004], [45.004, 4.006], [45.006, 4.006], [45.006, 4.004], [45.004, 4.004]]


def area(*polygons, zone="LOT", plane=PLANE) -> Area:
    return Area.of(zone, zone, None, [to_shape(read_polygon(polygon), plane) for polygon in polygons])


class TestCheckPolygon:
    def test_takes_a_ring_and_a_ring_with_holes(self):
        assert len(check_polygon(SQUARE)) == 1
        assert len(check_polygon([SQUARE, HOLE])) == 2

    def test_takes_either_direction(self):
        assert check_polygon(SQUARE[::-1])

    def test_takes_a_ring_over_the_antimeridian(self):
        assert check_polygon(
            [[-17, 179.99], [-17, -179.99], [-16.99, -179.99], [-16.99, 179.99], [-17, 179.99]]
        )

    @pytest.mark.parametrize(
        ("polygon", "reason"),
        [
            (None, "list of corners"),
            ({}, "list of corners"),
            ([], "list of corners"),
            ("POLYGON", "list of corners"),
            ([[45, 4], [45, 4.01], [45, 4]], "three different corners"),
            (SQUARE[:-1], "not closed"),
            ([*SQUARE[:-1], [45.0]], "corner 5 is not"),
            ([*SQUARE[:-1], [45.0, "4"]], "corner 5 is not"),
            ([*SQUARE[:-1], [True, 4]], "corner 5 is not"),
            ([[1, 2, 3], *SQUARE], "corner 1 is not"),
            ([[91, 4], *SQUARE], "corner 1 is not on earth"),
            ([[45, 181], *SQUARE], "corner 1 is not on earth"),
            ([[10**400, 4], *SQUARE], "corner 1 is not"),
            ([[float("nan"), 4], *SQUARE], "corner 1 is not"),
            ([[89, 4], [89, 5], [89.5, 5], [89, 4]], "too near a pole"),
            ([[45, 4], [45, 7], [46, 7], [45, 4]], "spans more than 2 degrees"),
            (
                [[45, 4], [45.01, 4.01], [45.01, 4], [45, 4.01], [45, 4]],
                "crosses itself near 45.00500, 4.00500",
            ),
            ([[45, 4], [45, 4.01], [45, 4.005], [45, 4]], "crosses itself"),
            ([SQUARE, [[46, 4], [46, 4.01], [46.01, 4.01], [46, 4]]], "hole lies outside shell"),
            ([SQUARE, SQUARE], "crosses itself"),
            ([[45, 4 + step / 1e6] for step in range(1001)], "at most 1000 corners"),
            ([[45, 4], [45, 4.000001], [45.000001, 4.000001], [45, 4]], "encloses nothing"),
            ([SQUARE, 7], "list of corners"),
            ([[[[]]]], "corner 1 is not"),
        ],
    )
    def test_refuses_with_the_reason(self, polygon, reason):
        with pytest.raises(FenceError) as refusal:
            check_polygon(polygon)

        assert (refusal.value.code, refusal.value.status) == ("fence-invalid", 422)
        assert reason in refusal.value.detail


class TestDepth:
    """A lot of 60 by 40 m, its lower left corner at the store."""

    LOT = rectangle(0, 0, 60, 40)

    @pytest.mark.parametrize(
        ("x", "y", "depth_m"),
        [
            (30, 20, 20),
            (5, 20, 5),
            (0, 20, 0),
            (60, 40, 0),
            (-5, 20, -5),
            (63, 44, -5),
            (30, -1_500, -1_500),
            (30, -5_000, -5_000),
            (5_060, 40, -5_000),
        ],
    )
    def test_is_the_distance_to_the_edge_with_a_sign(self, x, y, depth_m):
        assert area(self.LOT).depth_m(x, y) == pytest.approx(depth_m, abs=0.01)

    def test_is_negative_in_a_hole(self):
        with_hole = area([self.LOT, rectangle(20, 10, 40, 30)])

        assert with_hole.depth_m(30, 20) == pytest.approx(-10, abs=0.01)
        assert with_hole.depth_m(10, 20) == pytest.approx(10, abs=0.01)

    def test_knows_no_edge_between_fences_that_overlap(self):
        both = area(self.LOT, rectangle(50, 0, 110, 40))

        assert both.depth_m(55, 20) == pytest.approx(20, abs=0.01)

    def test_knows_two_fences_that_lie_apart(self):
        both = area(self.LOT, rectangle(200, 0, 260, 40))

        assert both.depth_m(230, 20) > 0
        assert both.depth_m(130, 20) == pytest.approx(-70, abs=0.01)

    def test_holds_over_the_antimeridian(self):
        plane = Plane(Position(-17, 179.9999))
        corners = [(-50, -50), (50, -50), (50, 50), (-50, 50), (-50, -50)]
        polygon = [[(p := plane.to_position(*corner)).latitude, p.longitude] for corner in corners]
        assert {longitude > 0 for _, longitude in polygon} == {True, False}

        assert area(polygon, plane=plane).depth_m(*plane.to_xy(Position(-17, -179.9999))) > 20

    def test_survives_being_stored_as_json(self):
        assert read_polygon(json.loads(json.dumps(self.LOT))) == read_polygon(self.LOT)


class TestUsableAccuracy:
    @pytest.mark.parametrize(
        ("polygon", "usable_m"),
        [
            (rectangle(0, 0, 60, 40), 49),
            (rectangle(0, 0, 3, 6), 25),
            (rectangle(-2e3, -2e3, 2e3, 2e3), 4_000),
        ],
    )
    def test_is_the_size_of_the_fence(self, polygon, usable_m):
        assert area(polygon).usable_m == pytest.approx(usable_m, abs=1)

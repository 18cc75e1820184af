from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bopis.management.commands import simulate
from bopis.simulation import world

DAY = datetime(2026, 11, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def visits():
    return world.draw_day(Random(1), DAY, 2_000, 0)


class TestDrawDay:
    def test_draws_the_same_world_from_the_same_seed(self):
        assert world.draw_day(Random(7), DAY, 20, 0) == world.draw_day(Random(7), DAY, 20, 0)

    @pytest.mark.parametrize(
        ("share", "of"),
        [
            (0.80, lambda visit: visit.on_my_way_at is not None),
            (0.75, lambda visit: visit.plate),
            (0.96, lambda visit: visit.read),
            (0.65, lambda visit: visit.taps_at is not None),
            (0.57, lambda visit: visit.pings),  # 0.60, less those whose page is closed at once
        ],
    )
    def test_keeps_to_the_shares_of_the_world(self, visits, share, of):
        # Three standard errors of a share over 2,000 visits.
        assert sum(bool(of(visit)) for visit in visits) / len(visits) == pytest.approx(share, abs=0.04)

    def test_lets_nobody_in_outside_opening(self, visits):
        opens, closes = DAY + timedelta(hours=8), DAY + timedelta(hours=20)

        assert all(opens <= visit.enters_at <= closes for visit in visits)


class TestPlay:
    @pytest.mark.django_db(transaction=True)
    def test_serves_everybody_through_the_real_services(self):
        figures = simulate.play(visits=3, seed=5)

        assert (figures["visits"], figures["handed_over"], figures["split_or_doubled"]) == (3, 3, 0)
        assert 0 < figures["wait_median_s"] < 900

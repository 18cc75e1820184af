import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.crossings import Presence
from geofence.fences import Area, Zone, read_polygon, to_shape
from geofence.geometry import Fix
from geofence.progress import MINUTES_KEPT, Passage, Site, TripState, follow, follow_all, rebase
from geofence.refusals import PositionJumpError, PositionStaleError
from geofence.rules import Rule
from tests.geofence.tracks import NOON_S, PLANE, Drive, fix, place, rectangle


def area(zone: Zone, polygon: list[list[float]], spot_id: int | None = None) -> Area:
    key = zone if spot_id is None else f"{zone}:{spot_id}"
    return Area.of(key, zone, spot_id, [to_shape(read_polygon(polygon), PLANE)])


AREAS = (
    area("APPROACH", rectangle(-2_000, -2_000, 2_000, 2_000)),
    area("LOT", rectangle(-30, -20, 30, 20)),
    area("BAY", rectangle(10, 10, 14, 16), spot_id=4),
    area("BAY", rectangle(-26, -16, -22, -10), spot_id=9),
)
SITE = Site(PLANE, AREAS, (), place(0, 0), 25.0)
STATE = TripState(trip_id=1, order_id=2, store_id=3, revision=0, expires_at_s=NOON_S + 10_800)
# Down the road beside the lot, 15 m from its edge.
PASSING_BY = [(-3_000, -35), (3_000, -35)]
INTO_THE_LOT = [(-3_000, 0), (-40, 0), (0, 0), (12, 12)]


def drive(fixes: list[Fix], *, site: Site = SITE, state: TripState = STATE) -> list[tuple[float, Passage]]:
    """Each passage that was news, with its second."""
    news = []
    for seen in fixes:
        passage = follow(state, site, seen, at_s=seen.at_s)
        state = passage.state
        if passage.is_news:
            news.append((seen.at_s - NOON_S, passage))
    return news


def zones(news: list[tuple[float, Passage]]) -> list[tuple[str, bool]]:
    return [(crossing.zone, crossing.entered) for _, passage in news for crossing in passage.crossings]


class TestFollow:
    def test_crosses_each_zone_once_on_the_way_in(self):
        news = drive(Drive.along(INTO_THE_LOT, speed_m_s=9).fixes())

        assert zones(news) == [("APPROACH", True), ("LOT", True), ("BAY", True)]
        assert [c.number for _, passage in news for c in passage.crossings] == [1, 2, 3]
        assert news[-1][1].crossings[-1].spot_id == 4

    def test_finds_the_lot_within_seconds_of_the_truth(self):
        way = Drive.along(INTO_THE_LOT, speed_m_s=9)
        entered_s = 2_970 / 9

        found_s = [at_s for at_s, passage in drive(way.fixes()) for c in passage.crossings if c.zone == "LOT"]
        assert 0 <= found_s[0] - entered_s <= 15

    @pytest.mark.parametrize("seed", range(10))
    @pytest.mark.parametrize("speed_m_s", [9, 14, 25])
    def test_calls_nobody_arrived_who_passes_by(self, seed, speed_m_s):
        news = drive(Drive.along(PASSING_BY, speed_m_s=speed_m_s).fixes(accuracy_m=10, seed=seed))

        assert ("LOT", True) not in zones(news)
        assert zones(news) == [("APPROACH", True), ("APPROACH", False)]

    def test_tells_the_lot_and_its_approach_when_the_first_fix_is_inside(self):
        news = drive([fix(0, 0, at_s=0)])

        assert zones(news) == [("APPROACH", True), ("LOT", True)]

    def test_leaves_from_the_inside_out(self):
        way = Drive.along([(12, 12), (0, 0), (0, -4_000)], speed_m_s=9, stops=[60])

        assert zones(drive(way.fixes())) == [
            ("APPROACH", True),
            ("LOT", True),
            ("BAY", True),
            ("BAY", False),
            ("LOT", False),
            ("APPROACH", False),
        ]

    def test_leaves_one_bay_before_it_enters_the_other(self):
        inside = {key: Presence(is_inside=True) for key in ("APPROACH", "LOT", "BAY:4")}
        moved = replace(STATE, presence=inside)

        news = drive([fix(-24, -13, at_s=second) for second in (0, 5)], state=moved)
        assert [(c.spot_id, c.entered) for _, p in news for c in p.crossings] == [(4, False), (9, True)]

    def test_is_not_carried_out_of_the_lot_by_one_wild_fix(self):
        here = [fix(0, 0, at_s=second) for second in range(0, 60, 5)]
        wild = fix(150, 150, at_s=32)

        assert zones(drive([*here[:7], wild, *here[7:]])) == [("APPROACH", True), ("LOT", True)]

    def test_passes_over_what_is_not_newer(self):
        first = follow(STATE, SITE, fix(-3_000, 0, at_s=60), at_s=NOON_S + 60)

        for late in (fix(0, 0, at_s=60), fix(0, 0, at_s=30)):
            again = follow(first.state, SITE, late, at_s=NOON_S + 61)
            assert again.state is first.state
            assert not again.is_news

    def test_does_not_believe_a_clock_that_runs_ahead(self):
        passage = follow(STATE, SITE, fix(0, 0, at_s=20), at_s=NOON_S)

        assert passage.state.fix is not None
        assert passage.state.fix.at_s == NOON_S

    def test_tells_the_first_eta_and_then_only_another_minute(self):
        news = drive(Drive.along([(-6_000, 0), (0, 0)], speed_m_s=8).fixes())
        etas = [passage for _, passage in news if passage.is_eta_news]

        assert etas[0].state.told is not None
        assert 1 < len(etas) < 20  # of 150 fixes
        middles = [(p.state.told.low_s + p.state.told.high_s) / 2 for p in etas if p.state.told]
        assert all(abs(b - a) >= 30 for a, b in itertools.pairwise(middles))

    def test_tells_no_eta_to_who_is_there(self):
        news = drive([fix(0, 0, at_s=second) for second in range(0, 300, 5)])

        assert not any(passage.is_eta_news for _, passage in news)

    def test_keeps_a_line_a_minute_without_a_place(self):
        state = STATE
        for seen in [*Drive.along([(-2_500, 0), (0, 0)], speed_m_s=10).fixes(), fix(0, 0, at_s=300)]:
            state = follow(state, SITE, seen, at_s=seen.at_s).state

        assert [minute.minute - state.minutes[0].minute for minute in state.minutes] == list(range(6))
        assert [minute.zone for minute in state.minutes] == ["", *["APPROACH"] * 4, "LOT"]
        assert all(minute.distance_m % 100 == 0 for minute in state.minutes)
        assert state.minutes[0].distance_m == 2_500

    def test_is_worth_keeping_when_many_minutes_wait(self):
        here = [fix(0, 0, at_s=60.0 * minute) for minute in range(MINUTES_KEPT)]
        state = STATE
        passages = []
        for seen in here:
            passages.append(follow(state, SITE, seen, at_s=seen.at_s))
            state = passages[-1].state

        assert [passage.is_worth_keeping for passage in passages] == [True, *[False] * 8, True]
        assert rebase(state, 7).minutes == ()
        assert rebase(state, 7).revision == 7


class TestRules:
    RULES = (Rule(11, "APPROACH", 300), Rule(12, "LOT", None))

    def fire(self, at_most_s: float) -> list[tuple[float, int]]:
        site = replace(SITE, rules=(Rule(11, "APPROACH", at_most_s), self.RULES[1]))
        news = drive(Drive.along(INTO_THE_LOT, speed_m_s=6).fixes(), site=site)
        return [(at_s, rule) for at_s, passage in news for rule in passage.held]

    def test_hold_once_each(self):
        assert [rule for _, rule in self.fire(300)] == [11, 12]

    def test_hold_later_when_they_ask_for_less(self):
        four, two = self.fire(240)[0][0], self.fire(120)[0][0]

        # On a straight road the ETA falls a third faster than time goes by.
        assert 70 <= two - four <= 130

    def test_hold_for_a_first_fix_on_the_lot(self):
        news = drive([fix(0, 0, at_s=0)], site=replace(SITE, rules=self.RULES))

        assert news[0][1].held == (11, 12)


class TestFollowAll:
    def test_takes_a_batch_in_the_order_of_its_times(self):
        fixes = Drive.along(INTO_THE_LOT, speed_m_s=30).fixes()
        shuffled = fixes[::-1]

        passage, refused = follow_all(STATE, SITE, shuffled, at_s=fixes[-1].at_s)
        assert refused == ()
        assert [crossing.zone for crossing in passage.crossings] == ["APPROACH", "LOT", "BAY"]
        assert passage.expected_at_s == fixes[-1].at_s

    def test_tells_the_refused_by_their_place_and_goes_on(self):
        fixes = [fix(0, 90_000, at_s=405), fix(0, 0, at_s=400), fix(0, 0, at_s=-400), fix(0, 0, at_s=410)]

        passage, refused = follow_all(STATE, SITE, fixes, at_s=NOON_S + 410)
        assert [(place, type(error)) for place, error in refused] == [
            (2, PositionStaleError),
            (0, PositionJumpError),
        ]
        assert [crossing.zone for crossing in passage.crossings] == ["APPROACH", "LOT"]

    @settings(deadline=None, derandomize=True, max_examples=40)
    @given(st.permutations(range(12)), st.lists(st.integers(0, 11), max_size=6))
    def test_ends_in_the_same_state_however_a_batch_was_shuffled_and_doubled(self, order, doubled):
        fixes = [fix(-300 + 30 * step, 0, at_s=5 * step) for step in range(12)]
        at_s = fixes[-1].at_s

        straight, _ = follow_all(STATE, SITE, fixes, at_s=at_s)
        mixed, refused = follow_all(STATE, SITE, [fixes[step] for step in [*order, *doubled]], at_s=at_s)
        assert refused == ()
        assert mixed == straight

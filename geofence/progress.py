"""One trip followed fix by fix: crossings, a changed ETA, rules that newly hold; pure, it stores nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bopis.errors import DomainError
from geofence import crossings, eta, refusals, rules
from geofence.crossings import Presence, Sight
from geofence.eta import Eta, Motion
from geofence.fences import LOT, ZONES, Area, Zone
from geofence.geometry import Fix, Plane, Position, distance_m
from geofence.rules import Rule

FINEST_ACCURACY_M = 3.0  # what a phone that reports 0 is given
SPEED_SPAN_S = (1.0, 30.0)  # fixes nearer or farther apart in time tell no speed
TOLD_EVERY_S = 15.0
TOLD_STEP_S = 60.0  # an ETA moved by a minute is another ETA ...
NEAR_S = 300.0
TOLD_NEAR_STEP_S = 30.0  # ... and by half a minute in the last five
MINUTES_KEPT = 10


@dataclass(frozen=True)
class Site:
    """
    What a trip is measured against: a store's areas (outermost zone first), its rules, where its lot is.
    """

    plane: Plane
    areas: tuple[Area, ...]
    rules: tuple[Rule, ...]
    lot: Position
    lot_radius_m: float

    def remaining_m(self, position: Position) -> float:
        """Return the straight distance to the lot's edge."""
        return max(0.0, distance_m(position, self.lot) - self.lot_radius_m)


@dataclass(frozen=True, slots=True)
class Told:
    """The ETA that was last passed on, as moments in seconds since 1970, and when it was."""

    low_s: float
    high_s: float
    at_s: float


@dataclass(frozen=True, slots=True)
class Minute:
    """What is kept of one minute of a trip: no coordinates."""

    minute: int
    zone: str
    eta_low_s: int
    eta_high_s: int
    distance_m: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """The trip went into an area, or out of it; `number` counts the trip's crossings."""

    number: int
    zone: Zone
    spot_id: int | None
    entered: bool
    accuracy_m: float
    at_s: float


@dataclass(frozen=True)
class TripState:
    """
    What is known of a sharing trip between two pings.

    :ivar revision: that of the row in PostgreSQL it builds on.
    """

    trip_id: int
    order_id: int
    store_id: int
    revision: int
    expires_at_s: float
    crossings: int = 0
    presence: Mapping[str, Presence] = field(default_factory=dict)
    told: Told | None = None
    fired: frozenset[int] = frozenset()
    fix: Fix | None = None
    motion: Motion = field(default_factory=Motion)
    minutes: tuple[Minute, ...] = ()

    def inside(self) -> list[str]:
        """Return the keys of the areas that the trip is in."""
        return sorted(key for key, presence in self.presence.items() if presence.is_inside)


@dataclass(frozen=True)
class Passage:
    """
    What some fixes changed: crossings, the ETA worth telling (`state.told`), rules that newly hold.
    """

    state: TripState
    crossings: tuple[Crossing, ...] = ()
    is_eta_news: bool = False
    expected_at_s: float | None = None
    held: tuple[int, ...] = ()

    def then(self, later: "Passage") -> "Passage":
        """Join what came after: all crossings, the newest ETA."""
        return Passage(
            state=later.state,
            crossings=self.crossings + later.crossings,
            is_eta_news=self.is_eta_news or later.is_eta_news,
            expected_at_s=later.expected_at_s or self.expected_at_s,
            held=self.held + later.held,
        )

    @property
    def is_news(self) -> bool:
        """Tell whether anybody but this trip's own state has to know."""
        return bool(self.crossings or self.held or self.is_eta_news)

    @property
    def is_worth_keeping(self) -> bool:
        """Tell whether this must reach PostgreSQL now: news, or many minutes waiting to be kept."""
        return self.is_news or len(self.state.minutes) >= MINUTES_KEPT


def follow_all(
    state: TripState, site: Site, fixes: Sequence[Fix], *, at_s: float
) -> tuple[Passage, tuple[tuple[int, DomainError], ...]]:
    """
    Move the trip on by some fixes in the order of their times.

    Refused ones change nothing, and are told with their place in `fixes`.
    """
    passage, refused = Passage(state), []
    for place in sorted(range(len(fixes)), key=lambda place: fixes[place].at_s):
        try:
            refusals.check(fixes[place], passage.state.fix, at_s=at_s)
        except DomainError as error:
            refused.append((place, error))
            continue
        passage = passage.then(follow(passage.state, site, fixes[place], at_s=at_s))
    return passage, tuple(refused)


def follow(state: TripState, site: Site, fix: Fix, *, at_s: float) -> Passage:
    """
    Move the trip on by one fix that `refusals.check` let through.

    A fix that is not newer than the last one changes nothing, so a repeat has no second effect.
    """
    fix = replace(fix, accuracy_m=max(fix.accuracy_m, FINEST_ACCURACY_M), at_s=min(fix.at_s, at_s))
    if state.fix is not None and fix.at_s <= state.fix.at_s:
        return Passage(state)
    remaining_m = site.remaining_m(fix.position)
    presence, crossed = _cross(state, site, fix)
    motion = eta.observe(state.motion, fix, remaining_m)
    zones = _zones(site, presence)
    expected = Eta(0, 0, 0) if LOT in zones else eta.estimate(remaining_m, fix.accuracy_m, motion)
    held = _newly_holding(site.rules, state.fired, zones, expected.expected_s)
    # By the fix's own time: one that waited on the phone tells of then.
    is_news = LOT not in zones and _is_other_eta(state.told, expected, fix.at_s)
    minute = _minute(fix, zones, expected, remaining_m)
    state = replace(
        state,
        crossings=state.crossings + len(crossed),
        presence=presence,
        told=_tell(expected, fix.at_s) if is_news else state.told,
        fired=state.fired.union(held),
        fix=fix,
        motion=motion,
        minutes=_with_minute(state.minutes, minute),
    )
    return Passage(state, crossed, is_news, fix.at_s + expected.expected_s, held)


def _cross(state: TripState, site: Site, fix: Fix) -> tuple[dict[str, Presence], tuple[Crossing, ...]]:
    x, y = site.plane.to_xy(fix.position)
    speed_m_s = _speed_m_s(state.fix, fix)
    presence: dict[str, Presence] = {}
    moves: list[tuple[Area, bool]] = []
    for area in site.areas:
        before = state.presence.get(area.key, Presence())
        sight = Sight(area.depth_m(x, y), fix.accuracy_m, speed_m_s, fix.at_s)
        after = presence[area.key] = crossings.judge(area, before, sight)
        if after.is_inside != before.is_inside:
            moves.append((area, after.is_inside))
    # Leaving is told from the inside out, and before entering: out of one bay, into another.
    moves = [move for move in reversed(moves) if not move[1]] + [move for move in moves if move[1]]
    crossed = tuple(
        Crossing(state.crossings + number, area.zone, area.spot_id, entered, fix.accuracy_m, fix.at_s)
        for number, (area, entered) in enumerate(moves, start=1)
    )
    return presence, crossed


def _speed_m_s(last: Fix | None, fix: Fix) -> float | None:
    if last is None or not SPEED_SPAN_S[0] <= fix.at_s - last.at_s <= SPEED_SPAN_S[1]:
        return None
    return distance_m(last.position, fix.position) / (fix.at_s - last.at_s)


def _zones(site: Site, presence: Mapping[str, Presence]) -> set[str]:
    return {area.zone for area in site.areas if presence[area.key].is_inside}


def _newly_holding(
    every: Sequence[Rule], fired: frozenset[int], zones: set[str], eta_s: float
) -> tuple[int, ...]:
    return tuple(
        rule.rule_id
        for rule in every
        if rule.rule_id not in fired and rules.holds(rule, zones=zones, eta_s=eta_s)
    )


def _is_other_eta(told: Told | None, expected: Eta, at_s: float) -> bool:
    """Whether the shown minute changes: judged by the band's middle, and not with every breath."""
    if told is None:
        return True
    if at_s - told.at_s < TOLD_EVERY_S:
        return False
    moved_s = abs(at_s + (expected.low_s + expected.high_s) / 2 - (told.low_s + told.high_s) / 2)
    return moved_s >= (TOLD_NEAR_STEP_S if expected.expected_s <= NEAR_S else TOLD_STEP_S)


def _tell(expected: Eta, at_s: float) -> Told:
    return Told(at_s + expected.low_s, at_s + expected.high_s, at_s)


def _minute(fix: Fix, zones: set[str], expected: Eta, remaining_m: float) -> Minute:
    innermost = next((zone for zone in reversed(ZONES) if zone in zones), "")
    rounded_m = int(round(remaining_m, -2))
    return Minute(int(fix.at_s // 60), innermost, round(expected.low_s), round(expected.high_s), rounded_m)


def _with_minute(minutes: tuple[Minute, ...], minute: Minute) -> tuple[Minute, ...]:
    if minutes and minute.minute <= minutes[-1].minute:
        return minutes
    return (*minutes, minute)


def rebase(state: TripState, revision: int) -> TripState:
    """Return the state as PostgreSQL has it now: at its new revision, its minutes kept."""
    return replace(state, revision=revision, minutes=())

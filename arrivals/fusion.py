"""What all the evidence of one visit, taken together, says of it; pure arithmetic."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

ARRIVED_AT = 0.8  # on-site evidence together this strong: the customer is here
PREPARE_AT = 0.5  # this strong: preparation, which is cheap, may start
DISAGREE_AT = 0.6  # from here on two opinions that differ are a person's to settle

# Starting points of the design; to be tuned on the simulator.
ASSOCIATE = 1.0
BAY_CODE = 0.98
TAP = 0.95
TAP_FROM_AFAR = 0.4  # "I'm here", while the position says minutes away
ON_MY_WAY = 0.3
ETA = 0.5
PLATE_EXACT = 0.97
PLATE_LOOK_ALIKE = 0.85
PLATE_OTHERWISE = ARRIVED_AT  # a match all the same: the ETA made up for the character
PLATE_ASKED = DISAGREE_AT  # at most, while an associate is asked
IN_BAY = 0.9
ON_LOT = 0.8
NEARBY = 0.8
VAGUE = 0.6  # a position less sure than the lot is wide
SHARP_M, USABLE_M = 25.0, 100.0


class Kind(StrEnum):
    """Where evidence comes from."""

    PLATE = "PLATE"
    CROSSING = "CROSSING"
    TAP = "TAP"
    BAY_CODE = "BAY_CODE"
    ASSOCIATE = "ASSOCIATE"
    ON_MY_WAY = "ON_MY_WAY"
    ETA = "ETA"


class Claim(StrEnum):
    """What evidence says: the customer is coming, near, here, out of the lot, or away."""

    COMING = "COMING"
    NEAR = "NEAR"
    HERE = "HERE"
    OFF_LOT = "OFF_LOT"
    AWAY = "AWAY"


class Check(StrEnum):
    """Why a person should look: what does not agree."""

    SPOTS_DIFFER = "spots-differ"
    OFF_LOT = "off-lot"
    TAPPED_FROM_AFAR = "tapped-from-afar"
    TWO_STORES = "two-stores"
    BAY_TAKEN = "bay-taken"


Zone = Literal["APPROACH", "LOT", "BAY"]
CROSSINGS: dict[tuple[Zone, bool], tuple[Claim, str]] = {
    ("APPROACH", True): (Claim.NEAR, "position-near"),
    ("APPROACH", False): (Claim.AWAY, "position-away"),
    ("LOT", True): (Claim.HERE, "position-on-lot"),
    ("LOT", False): (Claim.OFF_LOT, "position-off-lot"),
    ("BAY", True): (Claim.HERE, "position-in-bay"),
    ("BAY", False): (Claim.NEAR, "position-out-of-bay"),
}
PEOPLE = frozenset({Kind.ASSOCIATE, Kind.BAY_CODE, Kind.TAP})  # who know which bay they mean


@dataclass(frozen=True)
class Sign:
    """One piece of evidence, reduced to what it claims; `source` is unique within a visit."""

    source: str
    kind: Kind
    claim: Claim
    weight: float
    at: datetime
    spot_id: int | None = None


@dataclass(frozen=True)
class Belief:
    """
    What is believed of a visit.

    :param confidence: that the customer is on the lot now, in [0, 1].
    :param here_at: the first moment at which the evidence sufficed; `here_by`, what tipped it.
    :param left_at: set if the customer was here and is gone.
    """

    confidence: float = 0.0
    near_at: datetime | None = None
    here_at: datetime | None = None
    here_by: Kind | None = None
    left_at: datetime | None = None
    spot_id: int | None = None
    checks: tuple[Check, ...] = ()


def believe(signs: Iterable[Sign]) -> Belief:
    """
    Return the belief that follows from a set of signs, in whatever order they are given.

    More signs never take back that the customer was here, nor make it later.
    """
    timeline = sorted(set(signs), key=lambda sign: (sign.at, sign.source))
    visit = _Visit()
    for sign in timeline:
        visit.take(sign)
    spot_id, spots_differ = _choose_spot(timeline)
    checks = {Check.SPOTS_DIFFER} if spots_differ else set()
    if visit.is_off_lot:
        checks.add(Check.OFF_LOT)
    if visit.here_at is None and any(s.kind == Kind.TAP and s.weight < ARRIVED_AT for s in timeline):
        checks.add(Check.TAPPED_FROM_AFAR)
    return Belief(
        confidence=_combine(visit.weights),
        near_at=visit.near_at,
        here_at=visit.here_at,
        here_by=visit.here_by,
        left_at=visit.left_at,
        spot_id=spot_id,
        checks=tuple(sorted(checks)),
    )


@dataclass
class _Visit:
    """The visit as it unfolds along the timeline."""

    weights: dict[Kind, float] = field(default_factory=dict)  # that the customer is here, by kind
    near_at: datetime | None = None
    here_at: datetime | None = None
    here_by: Kind | None = None
    left_at: datetime | None = None
    is_off_lot: bool = False

    def take(self, sign: Sign) -> None:
        if sign.claim == Claim.HERE:
            self._be_here(sign)
        elif sign.claim in (Claim.OFF_LOT, Claim.AWAY) and self.here_at is not None:
            self._leave(sign)
        elif sign.claim == Claim.NEAR and self.near_at is None:
            self.near_at = sign.at

    def _be_here(self, sign: Sign) -> None:
        # Kinds are independent witnesses, repeats of one kind are not: only its best counts.
        self.weights[sign.kind] = max(self.weights.get(sign.kind, 0.0), sign.weight)
        self.is_off_lot = False
        confidence = _combine(self.weights)
        if confidence >= PREPARE_AT and self.near_at is None:
            self.near_at = sign.at
        if confidence >= ARRIVED_AT:
            self.left_at = None
            if self.here_at is None:
                self.here_at, self.here_by = sign.at, sign.kind

    def _leave(self, sign: Sign) -> None:
        self.weights.pop(Kind.CROSSING, None)
        # A position may drift off a small lot while its owner sits in the bay and has said so;
        # to be away from the whole neighborhood, or read at the exit, leaves no doubt.
        if sign.claim == Claim.OFF_LOT and _combine(self.weights) >= DISAGREE_AT:
            self.is_off_lot = True
            return
        self.weights.clear()
        self.is_off_lot = False
        self.left_at = self.left_at or sign.at


def get_plate_weight(probability: float, *, edits: int, is_look_alike: bool, is_asked: bool) -> float:
    """Return how much a plate read counts, given the probability that it is the expected plate."""
    if is_asked:
        return min(probability, PLATE_ASKED)
    if edits == 0:
        return PLATE_EXACT
    return PLATE_LOOK_ALIKE if is_look_alike else PLATE_OTHERWISE


def read_crossing(zone: Zone, *, entered: bool, accuracy_m: float) -> tuple[Claim, float, str]:
    """Return what it says that a position of this accuracy went into a zone or out of it, and how much."""
    claim, reason = CROSSINGS[zone, entered]
    if claim != Claim.HERE:
        return claim, NEARBY, reason
    if accuracy_m > USABLE_M:
        return claim, VAGUE, reason
    return claim, IN_BAY if zone == "BAY" and accuracy_m <= SHARP_M else ON_LOT, reason


def _combine(weights: dict[Kind, float]) -> float:
    # Sorted: floats multiplied in another order may differ, and with them the verdict.
    return 1 - math.prod(1 - weight for weight in sorted(weights.values()))


def _choose_spot(timeline: list[Sign]) -> tuple[int | None, bool]:
    """
    Return the spot that was claimed, and whether a position contradicts the person who claimed it.

    The newest word of a person counts, whoever said it: people move. Without one, the position.
    """
    claims = [sign for sign in timeline if sign.claim == Claim.HERE and sign.spot_id is not None]
    said = [sign for sign in claims if sign.kind in PEOPLE]
    sensed = [sign for sign in claims if sign.kind not in PEOPLE]
    if not said:
        return (sensed[-1].spot_id, False) if sensed else (None, False)
    word = said[-1]
    contradicts = [
        sign
        for sign in sensed[-1:]
        if sign.spot_id != word.spot_id and sign.at > word.at and sign.weight >= DISAGREE_AT
    ]
    return word.spot_id, bool(contradicts)

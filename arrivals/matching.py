"""Which of the plates expected here now, if any, a plate read shows; pure arithmetic."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from arrivals.misreads import MOST_EDITS, count_edits, get_ratio, is_look_alike

# What an error costs, in seconds of people's time; the thresholds follow from these.
# A wrong match: fresh goods leave the fridge for nobody, someone walks to a stranger's car,
# and the true customer's arrival starts from a belief that must first be taken back.
WRONG_MATCH_S = 600.0
MISSED_S = 150.0  # a missed match: the customer waits until the next evidence speaks
ASK_S = 15.0  # a question: an associate looks up from the work and presses yes or no
MATCH_AT = 1 - ASK_S / WRONG_MATCH_S  # above it a wrong match costs less than the question
ASK_AT = ASK_S / MISSED_S  # below it the question costs more than the miss

# Cars of people who have no order here, a minute, at a busy supermarket's entrance.
STRANGERS_PER_MINUTE = 1.0
# Against the middle of a pickup window of an hour, and how many come at all (as the simulated
# world of the project has it).
WINDOW_SD = timedelta(minutes=25)
SHOWS_UP = 0.94
# People also come hours early or late: a share of them, evenly over half a day on each side.
ANY_TIME, ANY_TIME_MINUTES = 0.05, 24 * 60
ETA_TRUSTED = 0.9  # the rest: the ETA is of another errand
BAND_TO_SD = 2.563  # width of a normal's band from 10 to 90 % in standard deviations


class Outcome(StrEnum):
    """What to do with a read: act on it, ask an associate, or forget it."""

    MATCH = "MATCH"
    ASK = "ASK"
    DROP = "DROP"


class Reason(StrEnum):
    """Why a plate fits, or why the read was not taken by itself."""

    EXACT = "plate-exact"
    LOOK_ALIKE = "plate-look-alike"
    CLOSE = "plate-close"
    PARTIAL = "plate-partial"
    SHARED = "plate-shared"
    AMBIGUOUS = "plate-ambiguous"


@dataclass(frozen=True)
class Candidate:
    """
    One alternative of a plate read.

    :param text: normalized (A-Z, 0-9).
    :param confidence: the recognizer's probability in [0, 1] that the plate shows just this.
    """

    text: str = field(repr=False)
    confidence: float


@dataclass(frozen=True)
class ExpectedCar:
    """One plate of one customer with open orders here; `per_minute`: see `get_density`."""

    customer_id: int
    order_ids: tuple[int, ...]
    plate: str = field(repr=False)
    per_minute: float


@dataclass(frozen=True)
class Fit:
    """How well one expected car fits; `read` is the alternative that fits it best."""

    car: ExpectedCar
    probability: float
    edits: int
    reason: Reason
    read: str = field(repr=False)


@dataclass(frozen=True)
class Verdict:
    """The outcome, and the cars it is about: one for MATCH, one or more for ASK, likeliest first."""

    outcome: Outcome
    fits: tuple[Fit, ...] = ()


def judge(candidates: Sequence[Candidate], cars: Iterable[ExpectedCar]) -> Verdict:
    """
    Say whether the car that was read is one of those expected.

    Bayes' rule over "it is this expected car", one hypothesis each, and "it is somebody else's".
    """
    known = list(cars)
    reads = _normalize(candidates)
    unread = 1 - math.fsum(read.confidence for read in reads)
    spoken = [_speak_for(car.plate, reads) for car in known]
    odds = [
        car.per_minute / STRANGERS_PER_MINUTE * (unread + said)
        for car, said in zip(known, spoken, strict=True)
    ]
    anyone = 1 + math.fsum(odds)
    # A question needs more than a customer who is due: what was read has to speak for the car.
    fits = [
        _describe(car, one / anyone, reads)
        for car, said, one in zip(known, spoken, odds, strict=True)
        if said >= 1
    ]
    near = [fit for fit in fits if fit.edits <= MOST_EDITS]
    return _decide(sorted(near, key=lambda fit: (-fit.probability, fit.car.customer_id, fit.car.order_ids)))


def get_density(
    at: datetime,
    *,
    window_start: datetime,
    window_end: datetime,
    eta_low_at: datetime | None,
    eta_high_at: datetime | None,
) -> float:
    """
    Return how likely this customer comes within the minute around `at`, from window and ETA.

    :param eta_low_at: with `eta_high_at`, the ETA's band from 10 to 90 %.
    """
    middle = window_start + (window_end - window_start) / 2
    usual = (1 - ANY_TIME) * _normal(at - middle, WINDOW_SD) + ANY_TIME / ANY_TIME_MINUTES
    if eta_low_at is None or eta_high_at is None:
        return SHOWS_UP * usual
    spread = max((eta_high_at - eta_low_at) / BAND_TO_SD, timedelta(minutes=1))
    expected = _normal(at - (eta_low_at + (eta_high_at - eta_low_at) / 2), spread)
    return ETA_TRUSTED * expected + (1 - ETA_TRUSTED) * usual


def _decide(fits: Sequence[Fit]) -> Verdict:
    if not fits:
        return Verdict(Outcome.DROP)
    plausible = tuple(fit for fit in fits if fit.probability >= ASK_AT)
    best = fits[0]
    shared = tuple(fit for fit in fits if fit.car.plate == best.car.plate)
    is_shared = len({fit.car.customer_id for fit in shared}) > 1
    if is_shared and math.fsum(fit.probability for fit in shared) >= ASK_AT:
        return Verdict(Outcome.ASK, tuple(_because(fit, Reason.SHARED) for fit in shared))
    if best.probability >= MATCH_AT:
        return Verdict(Outcome.MATCH, (best,))
    if len(plausible) > 1:
        return Verdict(Outcome.ASK, tuple(_because(fit, Reason.AMBIGUOUS) for fit in plausible))
    return Verdict(Outcome.ASK, plausible) if plausible else Verdict(Outcome.DROP)


def _because(fit: Fit, reason: Reason) -> Fit:
    return Fit(fit.car, fit.probability, fit.edits, reason, fit.read)


def _normalize(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Drop empty alternatives; scale confidences that add up to more than one."""
    reads = [Candidate(c.text, min(max(c.confidence, 0.0), 1.0)) for c in candidates if c.text]
    total = math.fsum(read.confidence for read in reads)
    return reads if total <= 1 else [Candidate(read.text, read.confidence / total) for read in reads]


def _speak_for(plate: str, reads: Sequence[Candidate]) -> float:
    """
    Return how many times likelier these texts are if the car carries `plate` than if a stranger's.

    The belief that the recognizer gave to no alternative says nothing and is not counted here.
    """
    return math.fsum(read.confidence * get_ratio(read.text, plate) for read in reads)


def _describe(car: ExpectedCar, probability: float, reads: Sequence[Candidate]) -> Fit:
    read = max(reads, key=lambda read: read.confidence * get_ratio(read.text, car.plate), default=None)
    text = read.text if read else ""
    edits = count_edits(text, car.plate)
    return Fit(car, probability, edits, _explain(text, car.plate, edits), text)


def _explain(text: str, plate: str, edits: int) -> Reason:
    if edits == 0:
        return Reason.EXACT
    if len(text) < len(plate):
        return Reason.PARTIAL
    return Reason.LOOK_ALIKE if is_look_alike(text, plate) else Reason.CLOSE


def _normal(distance: timedelta, spread: timedelta) -> float:
    """Density a minute of a normal distribution."""
    sd_minutes = spread / timedelta(minutes=1)
    return math.exp(-0.5 * (distance / spread) ** 2) / (sd_minutes * math.sqrt(2 * math.pi))

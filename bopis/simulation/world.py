"""
The world that is simulated: who comes when, and what the senses make of it. Pure, and the same by seed.

The figures are those of the design's judged world (figures page, section 5), in a first
form: one store, straight roads, constant speed, nobody stops on the way or passes by.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from statistics import NormalDist

LETTERS, DIGITS = "ABCDEFGHJKLMNPRSTUVWXYZ", "0123456789"
HOURLY = (5, 8, 9, 8, 7, 7, 8, 9, 11, 12, 9, 7)  # % of pickup windows, from 8 to 20
OPENS_H, CLOSES_H = 8, 20
WINDOW = timedelta(hours=1)
DETOUR = 1.3  # road over straight line
SPEED_M_S = 28 / 3.6
MISREADS = {"0": "O", "O": "0", "1": "I", "8": "B", "B": "8", "5": "S", "S": "5", "2": "Z", "Z": "2"}


@dataclass(frozen=True)
class Ping:
    """One position report: metres east and north of the store, and the radius the device reports."""

    at: datetime
    east_m: float
    north_m: float
    accuracy_m: float


@dataclass(frozen=True)
class Visit:
    """
    One visit's truth, and everything that will be told of it.

    :ivar plate: as the order knows it; empty where it does not.
    :ivar read: what the camera makes of the car's plate; empty where it misses it.
    """

    number: int
    placed_at: datetime
    window_start: datetime
    ambient_lines: int
    fresh_lines: int
    plate: str
    departs_at: datetime
    enters_at: datetime
    on_my_way_at: datetime | None
    minutes: int | None
    pings: tuple[Ping, ...]
    read: str
    read_at: datetime
    taps_at: datetime | None
    noticed_at: datetime  # by an associate, if nothing else speaks


def draw_day(random: Random, day: datetime, orders: int, first_number: int) -> list[Visit]:
    """Return a day's visits in the order in which they were ordered; `day` is its midnight."""
    visits = [_draw_visit(random, day, first_number + number) for number in range(orders)]
    return sorted(visits, key=lambda visit: visit.placed_at)


def draw_lognormal(random: Random, median: float, p90: float) -> float:
    """Return a lognormal draw by its median and 90th percentile."""
    sigma = math.log(p90 / median) / NormalDist().inv_cdf(0.9)
    return median * math.exp(random.gauss(0, sigma))


def draw_plate(random: Random) -> str:
    """Return a plate of two letters, three digits, two letters."""
    parts = (LETTERS, LETTERS, DIGITS, DIGITS, DIGITS, LETTERS, LETTERS)
    return "".join(random.choice(part) for part in parts)


def _draw_visit(random: Random, day: datetime, number: int) -> Visit:
    hour = random.choices(range(OPENS_H, CLOSES_H), HOURLY)[0]
    window_start = day + timedelta(hours=hour)
    lines = max(1, round(draw_lognormal(random, 20, 45)))
    fresh = 0 if random.random() < 0.2 else sum(random.random() < 0.25 for _ in range(lines))
    enters_at = _draw_arrival(random, day, window_start)
    length_m = max(300.0, draw_lognormal(random, 4_000, 11_000))
    departs_at = enters_at - timedelta(seconds=length_m / SPEED_M_S)
    says = random.random() < 0.8
    on_my_way_at = departs_at + timedelta(minutes=random.uniform(0, 2))
    shares = says and random.random() < 0.6 / 0.8
    true_plate = draw_plate(random)
    return Visit(
        number=number,
        placed_at=window_start - timedelta(hours=random.uniform(2, 24)),
        window_start=window_start,
        ambient_lines=lines - fresh,
        fresh_lines=fresh,
        plate=true_plate if random.random() < 0.75 else "",
        departs_at=departs_at,
        enters_at=enters_at,
        on_my_way_at=on_my_way_at if says else None,
        minutes=_draw_minutes(random, enters_at - departs_at) if says and random.random() < 0.8 else None,
        pings=_draw_pings(random, (departs_at, on_my_way_at, enters_at), length_m) if shares else (),
        read=_draw_read(random, true_plate if random.random() >= 0.05 else draw_plate(random)),
        read_at=enters_at + timedelta(seconds=random.uniform(1.0, 2.5)),
        taps_at=_after(random, enters_at, 20, 90) if random.random() < 0.65 else None,
        noticed_at=_after(random, enters_at, 180, 480),
    )


def _draw_arrival(random: Random, day: datetime, window_start: datetime) -> datetime:
    at = window_start + WINDOW / 2 + timedelta(minutes=random.gauss(0, 25))
    opens, closes = day + timedelta(hours=OPENS_H), day + timedelta(hours=CLOSES_H)
    return min(max(at, opens), closes)


def _draw_minutes(random: Random, takes: timedelta) -> int:
    return max(1, round(takes / timedelta(minutes=1) + random.gauss(0, 4)))


def _draw_pings(
    random: Random, trip: tuple[datetime, datetime, datetime], length_m: float
) -> tuple[Ping, ...]:
    """Every 5 to 10 s, 5 % missing; a quarter of the trips goes silent for good on the way."""
    bearing = random.uniform(0, 2 * math.pi)
    departs_at, shares_at, enters_at = trip
    trip_s = (enters_at - departs_at).total_seconds()
    ends_s = random.uniform(0, trip_s) if random.random() < 0.25 else trip_s + 60
    pings, elapsed_s = [], (shares_at - departs_at).total_seconds()
    while (elapsed_s := elapsed_s + random.uniform(5, 10)) < ends_s:
        if random.random() < 0.05:
            continue
        left_m = max(0.0, length_m / DETOUR * (1 - elapsed_s / trip_s))
        accuracy_m = draw_lognormal(random, 8, 40)
        error_m, towards = abs(random.gauss(0, accuracy_m)), random.uniform(0, 2 * math.pi)
        east_m = left_m * math.sin(bearing) + error_m * math.sin(towards)
        north_m = left_m * math.cos(bearing) + error_m * math.cos(towards)
        pings.append(Ping(departs_at + timedelta(seconds=elapsed_s), east_m, north_m, accuracy_m))
    return tuple(pings)


def _draw_read(random: Random, plate: str) -> str:
    """4 % missed, 6 % one character wrong (a look-alike where there is one), 2 % worse."""
    kind = random.choices(("missed", "right", "one", "worse"), (4, 88.32, 5.76, 1.92))[0]
    if kind == "missed":
        return ""
    wrong = {"right": 0, "one": 1, "worse": 3}[kind]
    characters = list(plate)
    for place in random.sample(range(len(plate)), wrong):
        characters[place] = MISREADS.get(characters[place]) or random.choice(LETTERS + DIGITS)
    return "".join(characters)


def _after(random: Random, at: datetime, median_s: float, p90_s: float) -> datetime:
    return at + timedelta(seconds=draw_lognormal(random, median_s, p90_s))

"""Bars of a chart, measured for an SVG of 100 by 40 that the page stretches. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 100.0, 40.0
GAP = 0.2  # of a bar's place


@dataclass(frozen=True)
class Bar:
    """One bar, and what it says."""

    x: float
    y: float
    width: float
    height: float
    label: str
    text: str
    is_late: bool


@dataclass(frozen=True)
class Mark:
    """One value to draw: None leaves a gap."""

    label: str
    value: float | None
    text: str


def draw_bars(marks: Sequence[Mark], *, goal: float | None = None, top: float | None = None) -> list[Bar]:
    """
    Return a bar for each value, as high as its part of the highest one (or of `top`).

    :param goal: a value above it is marked as late; None: none is.
    """
    known = [mark.value for mark in marks if mark.value is not None]
    highest = top or max(known, default=0) or 1
    place = WIDTH / max(len(marks), 1)
    bars = []
    for number, mark in enumerate(marks):
        height = HEIGHT * min(mark.value or 0, highest) / highest
        bars.append(
            Bar(
                x=round(place * (number + GAP / 2), 2),
                y=round(HEIGHT - height, 2),
                width=round(place * (1 - GAP), 2),
                height=round(height, 2),
                label=mark.label,
                text=mark.text,
                is_late=goal is not None and mark.value is not None and mark.value > goal,
            )
        )
    return bars

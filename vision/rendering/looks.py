"""What a kind of plate looks like: the type of the tables in `formats`."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from vision.rendering import fonts

Color: TypeAlias = tuple[int, int, int]  # blue, green, red

BLACK: Color = (25, 22, 22)
WHITE: Color = (235, 238, 238)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SEPARATORS = " -.*+"  # gap, dash, dot, one or two seals, a picture (a state's outline)


class Band(StrEnum):
    """Where the blue field with the country's letters is."""

    NONE = "none"
    LEFT = "left"
    BOTH = "both"
    TOP = "top"


@dataclass(frozen=True)
class Format:
    """
    One kind of plate. In `patterns` A stands for a letter, 9 for a digit, X for either, the rest for itself.

    `glyph_height`, `glyph_line` (the middle of the text) and `margin` are shares of the plate's height.
    """

    country: str
    patterns: tuple[str, ...]
    background: Color = WHITE
    ink: Color = BLACK
    letters: str = LETTERS
    prefixes: tuple[str, ...] = ()  # what the first run of A may say, if not any letters
    width_mm: int = 520
    height_mm: int = 110
    band: Band = Band.LEFT
    band_text: str = ""
    faces: tuple[str, ...] = fonts.NARROW + fonts.MEDIUM
    glyph_height: float = 0.70
    glyph_line: float = 0.5
    margin: float = 0.10
    captions: tuple[str, ...] = ()  # over the text
    slogans: tuple[str, ...] = ()  # under it
    has_art: bool = False
    is_one_a_bar: bool = False  # the digit 1 is drawn as a bare stroke, like an I
    weight: float = field(default=1.0, compare=False)  # how often it is drawn among its country's

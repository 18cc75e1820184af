"""The plates of each country: sizes, colors, patterns; and texts made up by them."""

from collections.abc import Sequence

import numpy as np

from vision.rendering import fonts
from vision.rendering.looks import SEPARATORS, Band, Color, Format
from vision.rendering.states import STATES, State

YELLOW: Color = (40, 190, 240)
RED: Color = (40, 30, 175)
BLUE: Color = (150, 60, 20)
GREEN: Color = (70, 110, 20)
GRAY: Color = (160, 162, 160)

CONSONANTS = "BCDFGHJKLMNPRSTVWXYZ"
NO_IO = "ABCDEFGHJKLMNPQRSTUVWXYZ"
NO_IOQ = "ABCDEFGHJKLMNPRSTUVWXYZ"
RARELY_IOQ = 3 * NO_IOQ + "IOQ"  # most states leave them out, or only let them stand in the middle
CYRILLIC_LIKE = "ABCEHIKMOPTX"


def _us(state: State) -> Format:
    return Format(
        country="US",
        patterns=state.patterns,
        background=state.background,
        ink=state.ink,
        letters=NO_IOQ if state.is_strict else RARELY_IOQ,
        width_mm=305,
        height_mm=152,
        band=Band.NONE,
        faces=fonts.NARROW + fonts.MEDIUM + fonts.WIDE[:1],
        glyph_height=0.47,
        glyph_line=0.51,
        margin=0.10,
        captions=state.captions,
        slogans=state.slogans,
        has_art=state.has_art,
    )


_DE = (
    "B",
    "M",
    "K",
    "F",
    "S",
    "HH",
    "HB",
    "DD",
    "DU",
    "KA",
    "MA",
    "WI",
    "OB",
    "WOB",
    "FFB",
    "BIT",
    "GER",
    "LB",
)
_SK = (
    "BA",
    "KE",
    "RK",
    "NR",
    "ZA",
    "BB",
    "TT",
    "PO",
    "TN",
    "MT",
    "LM",
    "NO",
    "KM",
    "DK",
    "BY",
    "PD",
    "SC",
    "SI",
)
_RO = (
    "CJ",
    "TM",
    "IS",
    "BV",
    "CT",
    "SB",
    "PH",
    "DJ",
    "IF",
    "AG",
    "BH",
    "MS",
    "GL",
    "AR",
    "VL",
    "HD",
    "NT",
    "SV",
)
_CITIES = (
    "SP-SAO PAULO", "RJ-RIO DE JANEIRO", "BA-SALVADOR", "MG-BELO HORIZONTE", "DF-BRASILIA", "PR-CURITIBA",
    "SC-JOINVILLE", "RS-PORTO ALEGRE", "GO-GOIANIA", "PE-RECIFE", "CE-FORTALEZA", "ES-VITORIA", "SP-CAMPINAS",
)  # fmt: skip

FORMATS: tuple[Format, ...] = (
    Format("AT", ("A*99999A", "AA*999AA", "AA*99AAA", "A*9999AA"), band_text="A", letters=NO_IOQ),
    Format("BE", ("9-AAA-999", "AAA-999"), ink=RED, band_text="B"),
    Format("BG", ("AA 9999 AA", "A 9999 AA"), band_text="BG", letters=CYRILLIC_LIKE),
    Format("CH", ("AA.999999", "AA.99999", "AA 9999"), band=Band.NONE, faces=fonts.MEDIUM),
    Format("CZ", ("9A9*9999", "9A9 9999", "9AA*9999", "AAA*99-99", "AA*99-99"), band_text="CZ"),
    Format("CZ", ("AAA*99-99", "9A9*9999"), YELLOW, band_text="CZ", weight=0.15),
    Format("DE", ("A*AA 9999", "AA*AA 999", "AA*A 9999", "A*A 999", "AAA*A 99", "AAA*AA 99", "AA*AA 9999",
                  "A*AA 999", "AA-A 999", "AAA-AA 99", "A-AA 9999"), prefixes=_DE, band_text="D"),
    Format("DK", ("AA 99 999",), band_text="DK"),
    Format("ES", ("9999 AAA",), letters=CONSONANTS, band_text="E"),
    Format("FI", ("AAA-999", "AA-999"), band_text="FIN"),
    Format("FR", ("AA-999-AA",), letters=NO_IO, band=Band.BOTH, band_text="F"),
    Format("FR", ("999 AAA 99", "9999 AA 99"), letters=NO_IO, band_text="F", weight=0.25),
    Format("GB", ("AA99 AAA",), letters=NO_IOQ, band_text="GB", faces=fonts.MEDIUM, glyph_height=0.71),
    Format("GB", ("AA99 AAA", "A999 AAA"), YELLOW, letters=NO_IOQ, faces=fonts.MEDIUM, band=Band.NONE),
    Format("HR", ("AA*999-AA", "AA*9999-AA", "AA*999-A"), band_text="HR"),
    Format("HU", ("AAA-999", "AA AA-999"), band_text="H"),
    Format("IE", ("99-A-99999", "999-A-9999", "999-AA-999"), band_text="IRL"),
    Format("IT", ("AA 999AA", "AA 999 AA"), letters=NO_IOQ, band=Band.BOTH, band_text="I"),
    Format("LT", ("AAA*999", "AAA 999"), band_text="LT"),
    Format("NL", ("99-AA-AA", "99-AAA-9", "9-AAA-99", "AA-999-A", "A-999-AA"), YELLOW,
           letters=CONSONANTS, band_text="NL"),
    Format("NO", ("AA 99999",), band_text="N"),
    Format("PL", ("AA*99999", "AAA*99999", "AA*999AA", "AAA*9999", "AA*9999A", "AA 99999"), band_text="PL"),
    Format("PT", ("AA-99-AA", "99-AA-99", "99-99-AA"), band_text="P"),
    Format("RO", ("AA 99 AAA",), prefixes=_RO, band_text="RO"),
    Format("RO", ("B 99 AAA", "B 999 AAA"), band_text="RO", weight=0.6),
    Format("SE", ("AAA 999", "AAA 99A", "AAA*999"), letters=NO_IOQ, band_text="S"),
    Format("SI", ("AA*99-AAA", "AA*AA-999"), band_text="SLO"),
    Format("SK", ("AA*999AA", "AA-999AA", "AA*999AA"), prefixes=_SK, band_text="SK"),
    Format("BR", ("AAA-9999", "AAA.9999"), GRAY, width_mm=400, height_mm=130, band=Band.NONE,
           faces=fonts.WIDE, glyph_height=0.50, glyph_line=0.60, margin=0.06, captions=_CITIES,
           is_one_a_bar=True, weight=1.4),
    Format("BR", ("AAA9A99",), width_mm=400, height_mm=130, band=Band.TOP, band_text="BRASIL",
           glyph_height=0.52, glyph_line=0.62, margin=0.05),
    *(_us(state) for state in STATES),
)  # fmt: skip

COUNTRIES: tuple[str, ...] = tuple(sorted({one.country for one in FORMATS}))


def get_formats(country: str) -> tuple[Format, ...]:
    """
    Return the kinds of plates of a country.

    :raises KeyError: if no plate of that country is known.
    """
    formats = tuple(one for one in FORMATS if one.country == country)
    if not formats:
        raise KeyError(country)
    return formats


def choose_format(formats: Sequence[Format], rng: np.random.Generator) -> Format:
    """Draw one of the formats, by their weights."""
    weights = np.array([one.weight for one in formats])
    return formats[int(rng.choice(len(formats), p=weights / weights.sum()))]


def random_plate(country: str, rng: np.random.Generator) -> str:
    """
    Make up a plate of the country, without separators.

    :raises KeyError: if no plate of that country is known.
    """
    return normalize(random_text(choose_format(get_formats(country), rng), rng))


def random_text(plate_format: Format, rng: np.random.Generator) -> str:
    """Make up a plate of this format, with its separators."""
    pattern = plate_format.patterns[int(rng.integers(len(plate_format.patterns)))]
    text = "".join(_draw(sign, plate_format, rng) for sign in pattern)
    run = len(pattern) - len(pattern.lstrip("A"))
    fitting = [prefix for prefix in plate_format.prefixes if len(prefix) == run]
    return fitting[int(rng.integers(len(fitting)))] + text[run:] if fitting else text


def _draw(sign: str, plate_format: Format, rng: np.random.Generator) -> str:
    pools = {"A": plate_format.letters, "9": "0123456789", "X": plate_format.letters + "0123456789"}
    pool = pools.get(sign)
    return sign if pool is None else pool[int(rng.integers(len(pool)))]


def lay_out(text: str, plate_format: Format) -> str | None:
    """Return a normalized text with the separators of the first pattern it fits, None if there is none."""
    return next((laid for pattern in plate_format.patterns if (laid := _fill(pattern, text))), None)


def _fill(pattern: str, text: str) -> str | None:
    signs = [sign for sign in pattern if sign not in SEPARATORS]
    if len(signs) != len(text) or not all(map(_fits, signs, text)):
        return None
    rest = iter(text)
    return "".join(sign if sign in SEPARATORS else next(rest) for sign in pattern)


def _fits(sign: str, char: str) -> bool:
    return {"A": char.isalpha(), "9": char.isdigit(), "X": True}.get(sign, sign == char)


def normalize(text: str) -> str:
    """Drop what is no letter A-Z and no digit."""
    return "".join(char for char in text.upper() if char.isascii() and char.isalnum())

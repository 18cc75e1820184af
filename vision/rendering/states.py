"""The looks of the plates of some states of the US: colors, patterns, names, slogans."""

from dataclasses import dataclass
from typing import TypeAlias

Color: TypeAlias = tuple[int, int, int]  # blue, green, red

_WHITE: Color = (235, 236, 236)
_NAVY: Color = (95, 45, 25)
_BLACK: Color = (35, 30, 30)
_RED: Color = (45, 35, 165)
_GREEN: Color = (50, 85, 20)


@dataclass(frozen=True)
class State:
    """How one state's plates look; patterns as in formats.Format."""

    captions: tuple[str, ...]
    slogans: tuple[str, ...]
    patterns: tuple[str, ...]
    ink: Color = _NAVY
    background: Color = _WHITE
    has_art: bool = True
    is_strict: bool = False  # leaves out I, O and Q


STATES: tuple[State, ...] = (
    State(("ARIZONA",), ("GRAND CANYON STATE",), ("AAA9999",), _NAVY, (225, 220, 175)),
    State(("California",), ("", "dmv.ca.gov"), ("9AAA999",), _NAVY, has_art=False, is_strict=True),
    State(("COLORADO",), ("",), ("AAA-999", "AAA 999", "999-AAA"), _WHITE, (70, 95, 35)),
    State(("FLORIDA", "MyFlorida.com"), ("SUNSHINE STATE",), ("AAA+A99", "XXX+XXX", "999+AAA"), (60, 90, 20)),
    State(("GEORGIA",), ("PEACH STATE", "IN GOD WE TRUST"), ("AAA9999", "9999AAA"), _BLACK),
    State(("Illinois",), ("Land of Lincoln",), ("A99 9999", "999 9999", "AA 99999"), _RED),
    State(("INDIANA",), ("", "IN GOD WE TRUST"), ("999A", "9999999", "999AAA"), _BLACK),
    State(("KENTUCKY",), ("Unbridled Spirit",), ("999 AAA", "999-AAA"), _NAVY),
    State(("MARYLAND",), ("",), ("9AA9999", "AAA 999"), _BLACK),
    State(("Massachusetts",), ("The Spirit of America",), ("999 AA9", "9999 AA", "999AA9"), _RED,
          has_art=False),
    State(("MICHIGAN",), ("GREAT LAKES", "michigan.gov"), ("AAA 9999", "AAA9999"), _NAVY),
    State(("GREAT LAKES",), ("MICHIGAN",), ("AAA 999", "AA AAAA"), _WHITE, _NAVY, has_art=False),
    State(("MISSOURI", "Missouri"), ("SHOW-ME STATE",), ("AA9+A9A", "AAA+999", "999+AAA", "AA9+X9X"), _NAVY),
    State(("NEW JERSEY",), ("Garden State",), ("A99-AAA", "AAA-99A", "AAA 99A"), _BLACK, (130, 220, 240)),
    State(("NEW YORK",), ("EMPIRE STATE",), ("AAA-9999", "AAA 9999"), _NAVY, (70, 180, 235)),
    State(("NORTH CAROLINA",), ("First in Flight",), ("AAA-9999",), (120, 60, 40)),
    State(("OHIO",), ("Birthplace of Aviation",), ("AAA 9999", "AA 99 AA"), _NAVY),
    State(("OREGON",), ("",), ("999 AAA", "AAA 999"), _NAVY, (215, 205, 200)),
    State(("PENNSYLVANIA",), ("visitPA.com",), ("AAA-9999", "AAA+9999"), _NAVY),
    State(("SOUTH CAROLINA",), ("Smiling Faces", "While I Breathe I Hope"), ("999 AAA", "AAA 999"), _NAVY),
    State(("TENNESSEE",), ("The Volunteer State", "tnvacation.com"), ("999-AAA", "A99-99A"), _GREEN),
    State(("TEXAS",), ("The Lone Star State",), ("AAA+9999", "AA9+A999", "999-AAA", "A99-AAA", "AAA 999"),
          _BLACK),
    State(("UTAH",), ("Greatest Snow on Earth",), ("A99 9AA", "999 9AA"), _BLACK),
    State(("VIRGINIA",), ("", "10th Anniversary"), ("AAA-9999", "AAA 9999", "XXXXXX"), _NAVY, has_art=False),
    State(("WASHINGTON",), ("EVERGREEN STATE",), ("AAA9999", "999-AAA"), _NAVY),
    State(("WISCONSIN",), ("America's Dairyland",), ("999-AAA", "AAA-9999"), _BLACK),
    State(("ALASKA",), ("THE LAST FRONTIER",), ("AAA 999", "AAA+999"), (130, 70, 30), (60, 190, 240)),
    State(("VEHICLE DEALER", "IOWA", "KANSAS"), ("", "AMERICA'S HEARTLAND"),
          ("XXXXXX", "999 AAA", "AAA XXX", "99999"), _NAVY),
    State(("SEMI-TRAILER", "NEW MEXICO", "APPORTIONED"), ("Land of Enchantment", ""),
          ("A999999", "9999999", "AXXXXX"), _RED, (70, 180, 235)),
)  # fmt: skip

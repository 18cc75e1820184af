"""How cameras misread plates: the chance that one text is read where another stands; pure arithmetic."""

from collections import Counter

# How a camera and its recognizer misread one character. First values; to be measured on the
# recognizer itself. Errors are split among: the same drawing in many fonts, look-alikes, others.
SAME_SHAPE = 0.10
LOOK_ALIKE = 0.012
OTHER = 0.005  # all 35 together
RIGHT = 0.88
LOST = 0.01  # a character dirty, hidden or cut off ...
LOST_NEXT = 0.3  # ... and its neighbor with it
ADDED = 0.01  # an emblem, a seal or a screw taken for a character ...
ADDED_NEXT = 0.2  # ... and another one beside it
ALPHABET = 36
# A stranger's character is guessed one time in ten, not in 36: one region's plates share
# their first letters, and most places hold only digits or only letters.
GUESS = 0.1

SAME_SHAPES = ("0O", "1I")
LOOK_ALIKES = (
    *("0D", "0Q", "OD", "OQ", "DQ", "1L", "IL", "1J", "IJ", "1T", "IT", "17", "1Y", "8B", "3B", "38"),
    *("5S", "2Z", "7Z", "27", "6G", "CG", "0C", "OC", "4A", "7T", "UV", "VY", "MN", "HN", "MH", "EF"),
    *("PR", "FP", "KX", "VW", "UO", "U0", "68", "8S", "9G", "96", "RB", "DB", "0U", "HW", "TY", "XY"),
)
CONFUSED: dict[tuple[str, str], float] = {
    pair: share
    for pairs, share in ((LOOK_ALIKES, LOOK_ALIKE), (SAME_SHAPES, SAME_SHAPE))
    for letters in pairs
    for pair in ((letters[0], letters[1]), (letters[1], letters[0]))
}
MOST_EDITS = 3  # beyond so many differences no plate is taken for another


def get_ratio(text: str, plate: str) -> float:
    """Return P(this text is read | the car carries plate) / P(this text is read | a stranger's car)."""
    if text == plate:
        return (RIGHT / GUESS) ** len(plate)
    if _is_hopeless(text, plate):
        return 0.0
    return _align(text, plate) / GUESS ** len(text)


def count_edits(read: str, plate: str) -> int:
    """Return the fewest characters changed, lost or added between a read and a plate."""
    row = list(range(len(plate) + 1))
    for i, seen in enumerate(read, 1):
        above, row[0] = row[0], i
        for j, true in enumerate(plate, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (seen != true))
    return row[-1]


def is_look_alike(text: str, plate: str) -> bool:
    """Return whether all that differs between texts of one length is easily confused."""
    changed = [pair for pair in zip(text, plate, strict=False) if pair[0] != pair[1]]
    return len(text) == len(plate) and all(pair in CONFUSED for pair in changed)


def _is_hopeless(text: str, plate: str) -> bool:
    # Saves the alignment for nearly every pair: a judgement must cost milliseconds.
    shared = (_fold(text) & _fold(plate)).total()
    return max(len(text), len(plate)) - shared > MOST_EDITS + 1


def _fold(text: str) -> Counter[str]:
    return Counter(text.replace("O", "0").replace("I", "1"))


def _align(text: str, plate: str) -> float:
    """Return P(text | plate), summed over all alignments (forward algorithm with runs of gaps)."""
    # By column of `plate`: the last step showed a character, lost one, or added one.
    width = len(plate) + 1
    shown, lost, added = [0.0] * width, [0.0] * width, [0.0] * width
    shown[0] = 1.0
    _lose(shown, lost, added)
    for seen in text:
        up_shown, up_lost, up_added = shown, lost, added
        shown, lost = [0.0] * width, [0.0] * width
        added = [
            (ADDED * (up_shown[j] + up_lost[j]) + ADDED_NEXT * up_added[j]) / ALPHABET for j in range(width)
        ]
        for j in range(1, width):
            before = up_shown[j - 1] + up_lost[j - 1] + up_added[j - 1]
            shown[j] = before * _seen_as(plate[j - 1], seen)
        _lose(shown, lost, added)
    return shown[-1] + lost[-1] + added[-1]


def _lose(shown: list[float], lost: list[float], added: list[float]) -> None:
    for j in range(1, len(lost)):
        lost[j] = LOST * (shown[j - 1] + added[j - 1]) + LOST_NEXT * lost[j - 1]


def _seen_as(true: str, seen: str) -> float:
    return RIGHT if true == seen else CONFUSED.get((true, seen), OTHER / (ALPHABET - 1))

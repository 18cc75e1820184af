"""One plate out of the readings of one track. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from arrivals.matching import Candidate
from vision.engines import Reading

MOST_CANDIDATES = 5
LEAST_LENGTH = 3  # shorter texts are seals, screws, lamps
AGREEING = 2  # readings that say the same decide early if they are sure ...
SURE = 0.80  # (of 1, mean of the recognizer's own confidence)
AGREEING_UNSURE, HALF_SURE = 3, 0.30  # ... this many even if they are half sure
LEAST_CONFIDENCE = 0.01  # below it a reading says nothing: a lamp or a grille was taken for a plate
LONGEST_LENGTH = 10  # no country's plate has more characters; a grille may
_GAP = ""


@dataclass(frozen=True)
class Ballot:
    """One reading and how good its crop was, `quality` in (0, 1]: sharp and wide."""

    reading: Reading
    quality: float

    @property
    def best(self) -> Candidate | None:
        """The likeliest alternative that may be a plate."""
        return next((one for one in self.reading.alternatives if _is_plate(one)), None)

    @property
    def weight(self) -> float:
        """How much this ballot counts: quality and the reader's own confidence."""
        return self.quality * self.best.confidence if self.best else 0.0


def is_clear(ballots: Sequence[Ballot]) -> bool:
    """
    Return whether further readings would hardly change the result.

    Enough ballots must agree on every character, and weigh more than twice what speaks for any other text.
    """
    leader, *others = _group(ballots) or [("", [])]
    agreeing = leader[1]
    if not agreeing:
        return False
    mean = sum(one.best.confidence for one in agreeing if one.best) / len(agreeing)
    if mean < HALF_SURE:
        return False
    needed = AGREEING if mean >= SURE else AGREEING_UNSURE
    rival = max((sum(one.weight for one in group) for _, group in others), default=0.0)
    return len(agreeing) >= needed and sum(one.weight for one in agreeing) > 2 * rival


def elect(ballots: Sequence[Ballot]) -> tuple[Candidate, ...]:
    """
    Return the alternatives of the whole track, likeliest first, each text once; empty if nothing was read.

    The first is voted character by character, so it may be a text that no single reading has.
    """
    ballots = [ballot for ballot in ballots if ballot.best]
    if not ballots:
        return ()
    elected = _vote_by_position(ballots)
    texts = {elected.text: elected.confidence}
    for text in {one.text for ballot in ballots for one in ballot.reading.alternatives}:
        if LEAST_LENGTH <= len(text) <= LONGEST_LENGTH:
            texts[text] = max(texts.get(text, 0.0), _support(text, ballots))
    first = Candidate(elected.text, texts.pop(elected.text))
    rest = sorted(texts.items(), key=lambda pair: (-pair[1], pair[0]))[: MOST_CANDIDATES - 1]
    # The elected text leads whatever a single sure reading says of another.
    return (first, *(Candidate(text, min(confidence, first.confidence)) for text, confidence in rest))


def _is_plate(one: Candidate) -> bool:
    return LEAST_LENGTH <= len(one.text) <= LONGEST_LENGTH and one.confidence >= LEAST_CONFIDENCE


def _group(ballots: Sequence[Ballot]) -> list[tuple[str, list[Ballot]]]:
    """Put ballots of one text together, the heaviest text first."""
    groups: dict[str, list[Ballot]] = defaultdict(list)
    for ballot in ballots:
        if ballot.best:
            groups[ballot.best.text].append(ballot)
    return sorted(groups.items(), key=lambda pair: (-sum(one.weight for one in pair[1]), pair[0]))


def _support(text: str, ballots: Sequence[Ballot]) -> float:
    """Return the mean confidence in a text over all ballots, by quality."""
    heard = sum(
        ballot.quality * one.confidence
        for ballot in ballots
        for one in ballot.reading.alternatives
        if one.text == text
    )
    return min(heard / sum(ballot.quality for ballot in ballots), 1.0)


def _vote_by_position(ballots: Sequence[Ballot]) -> Candidate:
    reference = _reference(ballots)
    places: list[dict[str, float]] = [defaultdict(float) for _ in reference]
    for ballot in ballots:
        for one in ballot.reading.alternatives:
            for place, char in align(reference, one.text):
                places[place][char] += ballot.quality * one.confidence
    chosen = [max(sorted(place), key=lambda char, place=place: place[char]) for place in places]  # type: ignore[misc]
    shares = [place[char] / sum(place.values()) for place, char in zip(places, chosen, strict=True)]
    total = sum(ballot.quality for ballot in ballots)
    confidence = sum(ballot.weight for ballot in ballots) / total
    return Candidate("".join(chosen), prod(shares) * confidence)


def _reference(ballots: Sequence[Ballot]) -> str:
    """Return the text to align the others to: the heaviest of the length that weighs most."""
    lengths: dict[int, float] = defaultdict(float)
    for ballot in ballots:
        if ballot.best:
            lengths[len(ballot.best.text)] += ballot.weight
    length = max(sorted(lengths), key=lambda one: lengths[one])
    return next(text for text, _ in _group(ballots) if len(text) == length)


def align(reference: str, text: str) -> Iterator[tuple[int, str]]:
    """
    Yield, for each place of the reference, the character of the text that stands there, "" where none does.

    By the fewest edits; characters beyond the reference's places are left out.
    """
    costs = [[i + j if not i * j else 0 for j in range(len(text) + 1)] for i in range(len(reference) + 1)]
    for i, wanted in enumerate(reference, start=1):
        for j, char in enumerate(text, start=1):
            swap = costs[i - 1][j - 1] + (wanted != char)
            costs[i][j] = min(swap, costs[i - 1][j] + 1, costs[i][j - 1] + 1)
    i, j = len(reference), len(text)
    while i:
        if j and costs[i][j] == costs[i - 1][j - 1] + (reference[i - 1] != text[j - 1]):
            i, j = i - 1, j - 1
            yield i, text[j]
        elif j and costs[i][j] == costs[i][j - 1] + 1:
            j -= 1
        else:
            i -= 1
            yield i, _GAP

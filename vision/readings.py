"""What waits between crop and judgment: readings of open tracks, and votes; encrypted, in Valkey."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from arrivals.matching import Candidate
from bopis import privacy, valkey
from vision.engines import Reading
from vision.voting import Ballot

LONGEST_S = 15 * 60  # DOMAIN.md: no read waits longer, whatever is down
_OPEN = (
    "vision:open"  # source keys of tracks with readings or an unjudged vote, by the time of the last change
)


@dataclass(frozen=True)
class Vote:
    """What a track was voted to be: likeliest first; `source_key` is the track's name for ever."""

    source_key: str
    camera_id: int
    seen_at: datetime
    candidates: tuple[Candidate, ...]


def add(source_key: str, *, camera_id: int, seen_at: datetime, ballot: Ballot, at: datetime) -> list[Ballot]:
    """
    Add a reading to its track; return all of the track's, in the order of their coming.
    """
    alternatives = [[one.text, one.confidence] for one in ballot.reading.alternatives]
    item = {
        "camera": camera_id,
        "seen_at": seen_at.isoformat(),
        "quality": ballot.quality,
        "read": alternatives,
    }
    with valkey.client().pipeline(transaction=True) as pipe:
        pipe.zadd(_OPEN, {source_key: at.timestamp()})
        pipe.rpush(_readings(source_key), _seal(item))
        pipe.expire(_readings(source_key), LONGEST_S, nx=True)
        pipe.lrange(_readings(source_key), 0, -1)
        sealed = pipe.execute()[-1]
    return [_ballot(_unseal(one)) for one in sealed]


def get(source_key: str) -> tuple[list[Ballot], int, datetime] | None:
    """
    Return a track's readings, its camera and when it was last seen; None if nothing of it was read.
    """
    items = [_unseal(one) for one in valkey.client().lrange(_readings(source_key), 0, -1)]
    if not items:
        return None
    last = max(datetime.fromisoformat(item["seen_at"]) for item in items)
    return [_ballot(item) for item in items], items[0]["camera"], last


def claim(vote: Vote, *, at: datetime) -> bool:
    """
    Keep the one vote of a track until it is judged; False if the track has been voted on before.

    The vote is the claim: no crash in between can leave one without the other.
    """
    item = {
        "camera": vote.camera_id,
        "seen_at": vote.seen_at.isoformat(),
        "read": [[one.text, one.confidence] for one in vote.candidates],
    }
    connection = valkey.client()
    connection.zadd(_OPEN, {vote.source_key: at.timestamp()})
    is_first = connection.set(_vote(vote.source_key), _seal(item), nx=True, ex=LONGEST_S)
    connection.unlink(_readings(vote.source_key))
    return bool(is_first)


def is_claimed(source_key: str) -> bool:
    """Return whether the track has been voted on."""
    return bool(valkey.client().exists(_vote(source_key)))


def get_vote(source_key: str) -> Vote | None:
    """Return the vote that waits to be judged; None if it was judged, has expired or never was."""
    sealed = valkey.client().get(_vote(source_key))
    if not sealed:
        return None
    item = _unseal(sealed)
    candidates = tuple(Candidate(text, confidence) for text, confidence in item["read"])
    return Vote(source_key, item["camera"], datetime.fromisoformat(item["seen_at"]), candidates)


def forget(source_key: str) -> None:
    """
    Drop what was read of a track; that it was voted on stays known for a while.
    """
    with valkey.client().pipeline(transaction=True) as pipe:
        pipe.set(_vote(source_key), b"", ex=LONGEST_S)
        pipe.unlink(_readings(source_key))
        pipe.zrem(_OPEN, source_key)
        pipe.execute()


def get_waiting(*, before: datetime) -> Sequence[str]:
    """Return the tracks on which nothing happened since then, longest waiting first."""
    found = valkey.client().zrange(_OPEN, "-inf", f"({before.timestamp()}", byscore=True, offset=0, num=500)
    return [bytes(key).decode() for key in found if isinstance(key, bytes)]


def _readings(source_key: str) -> str:
    return f"vision:readings:{source_key}"


def _vote(source_key: str) -> str:
    return f"vision:vote:{source_key}"


def _ballot(item: dict[str, Any]) -> Ballot:
    alternatives = tuple(Candidate(text, confidence) for text, confidence in item["read"])
    return Ballot(Reading(alternatives), item["quality"])


def _seal(item: dict[str, object]) -> bytes:
    return privacy.encrypt_bytes(json.dumps(item).encode())


def _unseal(sealed: Any) -> Any:
    return json.loads(privacy.decrypt_bytes(sealed))

"""
The state of trips between two pings, in Valkey: encrypted, gone after fifteen minutes, and never the record.

A trip's key holds its state, or, for a while, the word that positions of it are
not wanted: so a ping that was on its way when sharing stopped finds the word
instead of an empty place, and cannot put a position back.
"""

import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis

from bopis import privacy, valkey
from geofence.crossings import Presence
from geofence.eta import Motion
from geofence.geometry import Fix, Position
from geofence.progress import Minute, Told, TripState

logger = logging.getLogger(__name__)

KEPT = timedelta(minutes=15)  # DOMAIN.md: raw positions live this long at most
CLOSED_FOR = timedelta(seconds=30)  # long enough for a ping in flight, short enough for a change of mind
CLOSED = b"closed:"
RATE_WINDOW = timedelta(seconds=60)
AWAY = (redis.ConnectionError, redis.TimeoutError)
SITES_KEY = "geofence:sites"

_READ = """
local n = 0
if KEYS[3] then
  n = redis.call('INCR', KEYS[3])
  if n == 1 then redis.call('PEXPIRE', KEYS[3], ARGV[1]) end
end
return {redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]), n}
"""
_SWAP = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1
"""


@dataclass(frozen=True)
class Held:
    """
    What Valkey had: the value as it stood (to swap it), and in it a state, a refusal's code, or nothing.

    :ivar site_version: changes with every edited fence or rule; None if it was never set.
    :ivar requests: this trip's requests in the current window of a minute.
    """

    raw: bytes
    site_version: bytes | None
    requests: int
    state: TripState | None = None
    closed: str | None = None


NOTHING = Held(raw=b"", site_version=None, requests=0)


def read(trip: uuid.UUID, *, counted: bool = False) -> Held:
    """
    Return what is held of a trip; `counted` adds one to its requests.

    Without Valkey nothing is held: a ping then costs a query, and works.
    """
    try:
        return _held(_script(_READ)(keys=_keys(trip, counted), args=[_ms(RATE_WINDOW)]))
    except AWAY as error:
        return _nothing(error)


async def aread(trip: uuid.UUID) -> Held:
    """Return what is held of a trip, and count the request."""
    try:
        found = await valkey.async_client().eval(_READ, 3, *_keys(trip, counted=True), _ms(RATE_WINDOW))
    except AWAY as error:
        return _nothing(error)
    return _held(found)


def swap(trip: uuid.UUID, held: Held, state: TripState | None) -> bool:
    """
    Put a state in the place of what was read, or remove it; False if another was faster.
    """
    value = b"" if state is None else encode(state)
    try:
        return bool(_script(_SWAP)(keys=[_key(trip)], args=[held.raw, value, _ms(KEPT)]))
    except AWAY as error:
        _nothing(error)
        return True


async def aswap(trip: uuid.UUID, held: Held, state: TripState) -> bool:
    """Put a state in the place of what was read; False if another was faster."""
    try:
        done = await valkey.async_client().eval(_SWAP, 1, _key(trip), held.raw, encode(state), _ms(KEPT))
    except AWAY:
        return False
    return bool(done)


def close(trip: uuid.UUID, code: str) -> TripState | None:
    """
    Delete what is held of a trip and refuse its positions for a while; return the state that was there.
    """
    before = valkey.client().set(_key(trip), CLOSED + code.encode(), px=CLOSED_FOR, get=True)
    return _decode_value(before if isinstance(before, bytes) else b"")[0]


def reopen(trip: uuid.UUID) -> None:
    """Delete what is held of a trip: the next ping asks PostgreSQL."""
    valkey.client().delete(_key(trip))


def renew_sites() -> None:
    """Tell every process that fences or rules have changed."""
    # Random and not counted up: after a Valkey that forgot, a count would meet its own past.
    valkey.client().set(SITES_KEY, uuid.uuid4().hex)


def encode(state: TripState) -> bytes:
    """Return the encrypted bytes of a state."""
    # By hand: dataclasses.asdict costs as much as everything else that a position causes in memory.
    told, motion = state.told, state.motion
    pace = [motion.anchor_distance_m, motion.pace_m_s, motion.closing_m_s, motion.seen_s]
    plain = vars(state) | {
        "presence": {
            key: [presence.is_inside, presence.doubted_at_s]
            for key, presence in state.presence.items()
            if presence != Presence()
        },
        "told": told and [told.low_s, told.high_s, told.at_s],
        "fired": sorted(state.fired),
        "fix": _fix_row(state.fix),
        "motion": [_fix_row(motion.anchor), *pace],
        "minutes": [[m.minute, m.zone, m.eta_low_s, m.eta_high_s, m.distance_m] for m in state.minutes],
    }
    return privacy.encrypt_bytes(json.dumps(plain, separators=(",", ":")).encode())


def decode(raw: bytes) -> TripState:
    """
    Return the state that `encode` was given.

    :raises privacy.DecryptionError: if it was changed, or its key is gone.
    """
    plain = json.loads(privacy.decrypt_bytes(raw))
    told, (anchor, *pace) = plain["told"], plain["motion"]
    changed = {
        "presence": {key: Presence(*row) for key, row in plain["presence"].items()},
        "told": told and Told(*told),
        "fired": frozenset(plain["fired"]),
        "fix": _read_fix(plain["fix"]),
        "motion": Motion(_read_fix(anchor), *pace),
        "minutes": tuple(Minute(*row) for row in plain["minutes"]),
    }
    return TripState(**(plain | changed))


def _held(found: list[Any]) -> Held:
    raw = found[0] or b""
    state, closed = _decode_value(raw)
    return Held(raw, found[1], int(found[2]), state, closed)


def _decode_value(raw: bytes) -> tuple[TripState | None, str | None]:
    if raw.startswith(CLOSED):
        return None, raw.removeprefix(CLOSED).decode()
    try:
        return (decode(raw) if raw else None), None
    except (privacy.DecryptionError, ValueError, TypeError, KeyError):
        # Another release's state, or one under a key that was rotated out: PostgreSQL knows better.
        logger.warning("a trip's live state could not be read and is made anew")
        return None, None


def _nothing(error: Exception) -> Held:
    logger.warning("Valkey is away, positions are judged without it: %s", type(error).__name__)
    return NOTHING


def _fix_row(fix: Fix | None) -> list[float] | None:
    return [fix.position.latitude, fix.position.longitude, fix.accuracy_m, fix.at_s] if fix else None


def _read_fix(row: list[float] | None) -> Fix | None:
    return Fix(Position(row[0], row[1]), row[2], row[3]) if row else None


def _script(source: str) -> Callable[..., Any]:
    return valkey.client().register_script(source)


def _key(trip: uuid.UUID) -> str:
    return f"geofence:trip:{trip.hex}"


def _keys(trip: uuid.UUID, counted: bool) -> list[str]:
    return [_key(trip), SITES_KEY, *([f"geofence:rate:{trip.hex}"] if counted else [])]


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)

"""The audit trail: append-only rows, each sealed with the one before it by a keyed hash."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

from bopis.models import AuditEntry
from bopis.privacy import keyed_hash

LOCK_SPACE = 0x61756474  # "audt": keeps our advisory locks apart from anyone else's
START = "0" * 64


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold; the entry, or one before it, is not what was written."""

    chain: int
    sequence: int
    reason: str


@dataclass(frozen=True)
class Head:
    """The end of a chain; kept elsewhere, it later shows whether the newest entries were cut off."""

    chain: int
    sequence: int
    hash: str


@transaction.atomic
def record(
    *, actor: str, action: str, subject: str, at: datetime, store_id: int | None = None, **data: object
) -> None:
    """
    Write one entry in the caller's transaction; every call writes one more.

    The store's chain stays locked until the commit, so call it last, after the locks of the order.

    :param actor: "user:7", "key:3", "customer", "beat": never a name.
    :param subject: "order:12" and the like.
    :param data: JSON values; never plates, positions, names or addresses.
    """
    chain = store_id or 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, chain])
    last = AuditEntry.objects.filter(chain=chain).order_by("-sequence").first()
    entry = AuditEntry(
        chain=chain,
        sequence=last.sequence + 1 if last else 1,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        data=json.loads(json.dumps(data, default=str)),
        previous_hash=last.hash if last else START,
    )
    entry.hash = _seal(entry)
    entry.save(force_insert=True)


def find_breaks(*, heads: tuple[Head, ...] = ()) -> Iterator[Break]:
    """
    Yield every place where an entry was changed, removed, inserted or moved.

    :param heads: ends of chains noted earlier; only with them can a cut-off end be noticed.
    """
    previous: AuditEntry | None = None
    noted = {(head.chain, head.sequence): head.hash for head in heads}
    for entry in AuditEntry.objects.order_by("chain", "sequence").iterator(chunk_size=2000):
        before = previous if previous and previous.chain == entry.chain else None
        yield from _check(entry, before)
        if noted.pop((entry.chain, entry.sequence), entry.hash) != entry.hash:
            yield Break(entry.chain, entry.sequence, "is not the entry noted earlier")
        previous = entry
    for chain, sequence in noted:
        yield Break(chain, sequence, "was noted earlier and is gone")


def get_heads() -> list[Head]:
    """Return the end of every chain, to be kept outside this database."""
    newest = AuditEntry.objects.order_by("chain", "-sequence").distinct("chain")
    return [Head(entry.chain, entry.sequence, entry.hash) for entry in newest]


def _check(entry: AuditEntry, before: AuditEntry | None) -> Iterator[Break]:
    if entry.sequence != (before.sequence + 1 if before else 1):
        yield Break(entry.chain, entry.sequence, "follows a gap")
    elif entry.previous_hash != (before.hash if before else START):
        yield Break(entry.chain, entry.sequence, "does not follow the entry before it")
    if entry.hash != _seal(entry):
        yield Break(entry.chain, entry.sequence, "was changed")


def _seal(entry: AuditEntry) -> str:
    """Hash all that the entry says; the key is outside the database, so a thief of it cannot reseal."""
    content = [
        entry.chain,
        entry.sequence,
        entry.at.astimezone(UTC).isoformat(),
        entry.actor,
        entry.action,
        entry.subject,
        entry.data,
        entry.previous_hash,
    ]
    return keyed_hash(json.dumps(content, sort_keys=True, separators=(",", ":")), purpose="audit")

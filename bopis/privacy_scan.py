"""Looks for stored pictures: in every value of the database and of Valkey, and in every file of a folder."""

import base64
import binascii
import mmap
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, cast

import redis
from django.db import connection, transaction
from PIL import Image, UnidentifiedImageError

from bopis.embedded.attachment import USERS_LOCK

WINDOW_BYTES = 8_000_000  # of a file at a time
OVERLAP_BYTES = 100_000  # so that no picture's head is cut in two
HEAD_BYTES = 1_000_000  # all that is needed to open a picture
MOST_LAYERS = 4  # a picture in base64 in JSON in base64, as a broker would hold it
SHORTEST_TEXT = 64  # characters; no picture is shorter in base64 or hex

# How pictures begin, and how far into them the mark stands.
MARKS = (
    (b"\xff\xd8\xff", 0),  # JPEG
    (b"\x89PNG\r\n\x1a\n", 0),
    (b"GIF87a", 0),
    (b"GIF89a", 0),
    (b"WEBPVP8", 8),
    (b"II*\x00", 0),  # TIFF
    (b"MM\x00*", 0),
    (b"ftypavif", 4),
    (b"\x00\x00\x00\x0cjP  ", 0),  # JPEG 2000
)
MARKS_OF_A_WHOLE = (b"BM", b"P4", b"P5", b"P6", b"qoif")  # too short to be looked for in the middle

_TEXT_SIGNS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_TO_RUNS = bytes(97 if sign in _TEXT_SIGNS else 32 for sign in range(256))
_RUN = b"a" * SHORTEST_TEXT
_CODED = re.compile(rb"[A-Za-z0-9+/_-]{%d,}" % SHORTEST_TEXT)
_HEX = re.compile(rb"[0-9A-Fa-f]{%d,}" % SHORTEST_TEXT)
_TEXT_TYPES = ("text", "character varying", "character", "json", "jsonb", "xml", "ARRAY", "USER-DEFINED")


@dataclass(frozen=True)
class Finding:
    """A place where a picture is stored: a column's row, a key, a file; never the picture."""

    place: str


def find_pictures(*, redis_url: str, folder: Path) -> list[Finding]:
    """
    Return every stored value that decodes as a picture: raw, in base64 or in hex, alone or inside another.

    :param redis_url: the server whose values are looked at, all its numbers.
    :param folder: looked through to its last file; links are not followed.
    """
    return [*find_in_database(), *find_in_valkey(redis_url), *find_in_folder(folder)]


def has_picture(value: bytes, *, layers: int = MOST_LAYERS) -> bool:
    """Tell whether the value is a picture or holds one."""
    if any(_opens(value[max(0, at - back) :]) for mark, back in MARKS for at in _find_all(value, mark)):
        return True
    if value.startswith(MARKS_OF_A_WHOLE) and _opens(value):
        return True
    return layers > 0 and any(has_picture(inner, layers=layers - 1) for inner in _decode(value))


def find_in_database() -> Iterator[Finding]:
    """Yield the rows of every table whose bytes or text hold a picture, and such large objects."""
    with transaction.atomic():
        for table, columns in _get_columns().items():
            yield from _find_in_table(table, columns)
        with connection.cursor() as cursor:
            cursor.execute("SELECT oid, lo_get(oid) FROM pg_largeobject_metadata")
            for oid, value in cursor.fetchall():
                if has_picture(bytes(value)):
                    yield Finding(f"database: large object {oid}")


def find_in_valkey(redis_url: str) -> Iterator[Finding]:
    """Yield the keys of any type, in every number of the server, that hold a picture."""
    with redis.Redis.from_url(redis_url) as server:
        numbers = [int(name.removeprefix("db")) for name in cast("dict[str, Any]", server.info("keyspace"))]
    for number in sorted(numbers):
        with redis.Redis.from_url(f"{redis_url.rpartition('/')[0]}/{number}") as client:
            for key in client.scan_iter(count=500):
                if any(has_picture(part) for part in _read_key(client, key)):
                    yield Finding(f"valkey {number}: {key.decode(errors='replace')}")


def find_in_folder(folder: Path) -> Iterator[Finding]:
    """
    Yield the files that hold a picture; a file that goes away meanwhile holds none.

    A data folder inside the folder, such as the tests' own, is another installation's.
    """
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not (Path(place) / name / USERS_LOCK).exists())
        for path in (Path(place) / name for name in sorted(files)):
            try:
                if path.is_file() and not path.is_symlink() and _is_picture_file(path):
                    yield Finding(f"file: {path}")
            except FileNotFoundError:
                continue


def _get_columns() -> dict[tuple[str, str], list[tuple[str, str]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
            JOIN information_schema.tables USING (table_catalog, table_schema, table_name)
            WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')
              AND data_type = ANY(%s)
            """,
            [["bytea", *_TEXT_TYPES]],
        )
        columns: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for schema, table, column, kind in cursor.fetchall():
            columns.setdefault((schema, table), []).append((column, kind))
    return columns


def _find_in_table(table: tuple[str, str], columns: list[tuple[str, str]]) -> Iterator[Finding]:
    quote = connection.ops.quote_name
    wanted = [quote(name) if kind == "bytea" else f"{quote(name)}::text" for name, kind in columns]
    statement = f"SELECT ctid::text, {', '.join(wanted)} FROM {'.'.join(map(quote, table))}"  # noqa: S608
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement)
        for row, *values in cursor:
            for (column, _), value in zip(columns, values, strict=True):
                if value is not None and has_picture(_to_bytes(value)):
                    yield Finding(f"database: {'.'.join(table)}.{column} {row}")


def _to_bytes(value: str | bytes | memoryview) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


def _read_key(client: redis.Redis, key: bytes) -> list[bytes]:
    """Return a key's name and everything under it, whatever its type; a key that expired has nothing."""
    read: Any = {
        b"string": lambda: [client.get(key) or b""],
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"hash": lambda: chain.from_iterable(cast("dict[bytes, bytes]", client.hgetall(key)).items()),
        b"stream": lambda: _read_stream(client, key),
    }
    found = read.get(client.type(key), list)()
    return [key, *cast("Iterable[bytes]", found)]


def _read_stream(client: redis.Redis, key: bytes) -> list[bytes]:
    entries = cast("list[tuple[bytes, dict[bytes, bytes]]]", client.xrange(key))
    return [part for _, fields in entries for part in chain.from_iterable(fields.items())]


def _is_picture_file(path: Path) -> bool:
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        starts = range(0, len(content), WINDOW_BYTES)
        return any(has_picture(content[start : start + WINDOW_BYTES + OVERLAP_BYTES]) for start in starts)


def _find_all(value: bytes, mark: bytes) -> Iterator[int]:
    at = value.find(mark)
    while at >= 0:
        yield at
        at = value.find(mark, at + 1)


def _opens(value: bytes) -> bool:
    """Tell whether it is read as a picture; its head is enough: half a picture is one, too."""
    if (value[:4] == b"RIFF" and value[8:15] == b"WEBPVP8") or value[4:12] == b"ftypavif":
        return True  # their decoders want all of it, a head says enough
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(BytesIO(value[:HEAD_BYTES])) as image:
            return min(image.size) > 0
    except Image.DecompressionBombError:
        return True
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, ArithmeticError, LookupError):
        return False  # it only began like one


def _decode(value: bytes) -> Iterator[bytes]:
    """Yield what the value says in base64 or hex, lines and JSON's escapes taken out."""
    plain = value.replace(b"\\/", b"/").replace(b"\\n", b"").replace(b"\\r", b"").translate(None, b"\r\n")
    if _RUN not in plain.translate(_TO_RUNS):
        return
    for run in _CODED.findall(plain):
        yield from _read_base64(run)
    for run in _HEX.findall(plain):
        yield binascii.unhexlify(run[: len(run) // 2 * 2])


def _read_base64(run: bytes) -> Iterator[bytes]:
    signs = run.translate(bytes.maketrans(b"-_", b"+/"))
    # A word may stand right before it, which shifts it by one to three characters.
    for start in range(4):
        part = signs[start:]
        part = part[:-1] if len(part) % 4 == 1 else part
        yield base64.b64decode(part + b"=" * (-len(part) % 4))

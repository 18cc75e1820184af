"""
The door of positions, POST /pings/{token}: a plain ASGI application beside Django.

An empty Django view costs more than all that a plain position causes. The
signed token is checked without a query, and only what changes something goes
on to a thread and PostgreSQL.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from bopis import clock, privacy
from bopis.errors import DomainError
from bopis.problems import CONTENT_TYPE, problem
from geofence.geometry import Fix, Position
from geofence.refusals import PositionInvalidError
from geofence.services import positions

MAX_BODY = 8_192  # bytes; fifty positions
MAX_POSITIONS = 50
RETRY_AFTER_S = b"60"

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class MethodNotAllowedError(DomainError):
    """Positions are posted."""

    code = "method-not-allowed"
    status = 405


class UnsupportedMediaTypeError(DomainError):
    """The body is not said to be JSON."""

    code = "unsupported-media-type"
    status = 415


class TooLargeError(DomainError):
    """The body is larger than fifty positions."""

    code = "too-large"
    status = 413


class MalformedJsonError(DomainError):
    """The body is no JSON."""

    code = "malformed-json"
    status = 400


class _GoneError(Exception):
    """The device hung up before its body was here."""


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """
    POST /pings/{token}, one position or a list of at most fifty.

    {"latitude", "longitude", "accuracy_m", "at": ISO 8601 with offset} -> 204 nothing changed |
    202 {"recorded", "refused": [{"index", "code"}]} | 4xx problem document.
    """
    try:
        report = await _report(scope, receive)
    except _GoneError:
        return
    except DomainError as refusal:
        await _refuse(send, refusal)
        return
    if not report.is_recorded and not report.refused:
        await _answer(send, 204, b"", [])
        return
    refused = [{"index": index, "code": refusal.code} for index, refusal in report.refused]
    body = {"recorded": report.is_recorded, "refused": refused}
    await _answer(send, 202, json.dumps(body).encode(), [(b"content-type", b"application/json")])


async def _report(scope: Scope, receive: Receive) -> positions.Report:
    if scope["method"] != "POST":
        raise MethodNotAllowedError("positions are posted")
    token = scope["path"].rpartition("/pings/")[2].rstrip("/")
    public_id = privacy.read_token(token, purpose="track")
    if not _header(scope, b"content-type").startswith(b"application/json"):
        raise UnsupportedMediaTypeError("send application/json")
    fixes = parse(await _read(scope, receive))
    report = await positions.areport_positions(public_id=public_id, fixes=fixes, at=clock.now())
    if len(report.refused) == len(fixes):
        raise report.refused[0][1]
    return report


async def _read(scope: Scope, receive: Receive) -> bytes:
    announced = _header(scope, b"content-length")
    body, is_more = b"", True
    while is_more:
        if len(body) > MAX_BODY or (announced.isdigit() and int(announced[:12]) > MAX_BODY):
            raise TooLargeError(f"a body has at most {MAX_BODY} bytes")
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
    if len(body) > MAX_BODY:
        raise TooLargeError(f"a body has at most {MAX_BODY} bytes")
    return body


def parse(body: bytes) -> list[Fix]:
    """
    Read one position or a list of them.

    :raises MalformedJsonError: if it is no JSON, or JSON of endless depth.
    :raises PositionInvalidError: if a member is missing or of another kind, or the list is empty or too long.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedJsonError("the body is not JSON") from error
    rows = value if isinstance(value, list) else [value]
    if not 1 <= len(rows) <= MAX_POSITIONS:
        raise PositionInvalidError(f"send 1 to {MAX_POSITIONS} positions")
    return [_read_fix(row) for row in rows]


def _read_fix(row: object) -> Fix:
    if not isinstance(row, dict):
        raise PositionInvalidError('a position is {"latitude", "longitude", "accuracy_m", "at"}')
    position = Position(_number(row, "latitude"), _number(row, "longitude"))
    return Fix(position, _number(row, "accuracy_m"), _moment(row))


def _number(row: dict[str, object], name: str) -> float:
    value = row.get(name)
    # JSON's true is Python's 1, and an integer may have hundreds of digits.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        raise PositionInvalidError(f"{name} is a number", field=name)
    return float(value)


def _moment(row: dict[str, object]) -> float:
    value = row.get("at")
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is None or moment.tzinfo is None:
            raise PositionInvalidError("at is a time, ISO 8601 with offset", field="at")
        return moment.timestamp()
    except (ValueError, OverflowError) as error:
        raise PositionInvalidError("at is a time, ISO 8601 with offset", field="at") from error


def _header(scope: Scope, name: bytes) -> bytes:
    return next((bytes(value) for key, value in scope["headers"] if key.lower() == name), b"")


async def _refuse(send: Send, refusal: DomainError) -> None:
    document = problem(refusal.status, refusal.code, refusal.detail, **refusal.extra)
    headers = [(b"content-type", CONTENT_TYPE.encode())]
    if refusal.status == 405:
        headers.append((b"allow", b"POST"))
    if refusal.status == 429:
        headers.append((b"retry-after", RETRY_AFTER_S))
    await _answer(send, refusal.status, json.dumps(document).encode(), headers)


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    always = [(b"cache-control", b"no-store"), (b"content-length", str(len(body)).encode())]
    if status == 204:  # has no body, and says no length (RFC 9110, section 8.6)
        always = always[:1]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *always]})
    await send({"type": "http.response.body", "body": body})

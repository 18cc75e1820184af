"""Lists, a page at a time: a cursor names the last row seen, so what is added meanwhile moves nothing."""

import base64
import json
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bopis.errors import InvalidError

MOST_ROWS = 200
LARGEST = 2**63 - 1  # of an id in the database


class CursorError(InvalidError):
    """The cursor is none of this list's."""

    code = "invalid-cursor"


class PageInput(serializers.Serializer[Any]):
    """What every list takes in its query."""

    cursor = serializers.CharField(max_length=400, default="", allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_ROWS, default=50)


def paginate(
    request: Request, rows: QuerySet[Any], *, key: str, serializer: type[serializers.Serializer[Any]]
) -> Response:
    """
    Answer with a page of the rows: {"results": [...], "next": cursor or null}.

    The address holds `cursor` (what `next` said; without it from the start) and `limit`, 1 to 200. One
    query, however deep the page; the caller joins what the serializer reads of other tables.

    :param key: a unique, indexed column, "-" before it for the newest first.
    :raises CursorError: if this list made no such cursor.
    :raises ValidationError: if the limit is out of its bounds.
    """
    query = PageInput(data=request.query_params)
    query.is_valid(raise_exception=True)
    cursor, limit = query.validated_data["cursor"], query.validated_data["limit"]
    column = key.removeprefix("-")
    if cursor:
        comparison = f"{column}__{'lt' if key.startswith('-') else 'gt'}"
        rows = rows.filter(**{comparison: _read_cursor(cursor, key)})
    page = list(rows.order_by(key)[: limit + 1])  # one more tells whether it goes on
    is_last = len(page) <= limit
    results = serializer(page[:limit], many=True).data
    return Response(
        {"results": results, "next": None if is_last else _make_cursor(key, getattr(page[limit - 1], column))}
    )


def _make_cursor(key: str, value: int | str) -> str:
    # Opaque, so that nobody counts on what is in it; not secret: it only names a row its reader has seen.
    return base64.urlsafe_b64encode(json.dumps([key, value]).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, key: str) -> int | str:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        made_for, value = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        raise CursorError("this cursor is none") from None
    is_text = isinstance(value, str) and "\0" not in value and value.isprintable()
    is_number = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST
    is_id = key.removeprefix("-") == "id"
    if made_for != key or not (is_number if is_id else is_text):
        raise CursorError("this cursor is another list's")
    return value  # type: ignore[no-any-return]  # checked above


def page_of(row: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return what a page of such rows looks like, for the description of a door."""
    fields = {"results": row(many=True), "next": serializers.CharField(allow_null=True)}
    return type(f"{row.__name__.removesuffix('Output')}Page", (serializers.Serializer,), fields)

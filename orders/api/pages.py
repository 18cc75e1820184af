"""Lists, a page at a time: a cursor names the last row seen, so what is added meanwhile moves nothing."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bopis.errors import InvalidError

MOST_ROWS = 200


class CursorError(InvalidError):
    """The cursor is none of this list's."""

    code = "invalid-cursor"


class PageInput(serializers.Serializer[Any]):
    cursor = serializers.CharField(max_length=400, default="", allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_ROWS, default=50)


@dataclass(frozen=True)
class Key:
    """
    The one column that a list is ordered by: indexed, and different in every row.

    :ivar name: the column, with "-" before it for the newest first.
    """

    name: str

    @property
    def column(self) -> str:
        return self.name.removeprefix("-")

    @property
    def comparison(self) -> str:
        return f"{self.column}__lt" if self.name.startswith("-") else f"{self.column}__gt"


def paginate[Row: Model](
    request: Request,
    rows: QuerySet[Row],
    *,
    key: str,
    serializer: type[serializers.Serializer[Any]],
) -> Response:
    """
    Answer with a page of the rows: {"results": [...], "next": cursor or null}.

    The caller's query holds `cursor` (what `next` said; none: from the start) and `limit`, 1 to 200. One
    query, however deep the page; the caller brings what the serializer reads of other tables.

    :param key: a unique, indexed column, "-" before it for the newest first.
    :raises CursorError: if the cursor was not made by this list.
    :raises ValidationError: if the limit is out of its bounds.
    """

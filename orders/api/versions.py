"""Versions of an order: "change it only if it still is what I saw" (If-Match), under the order's lock."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from bopis.errors import DomainError
from bopis.models import ApiKey
from orders.models import Order, StaffMember

View = TypeVar("View", bound=Callable[..., Response])


class VersionChangedError(DomainError):
    """The order is not any more what the caller saw; `version` says which it is now."""

    code = "version-changed"
    status = 412


def versioned(view: View) -> View:
    """
    Run a method of an order's door only if its If-Match, where it has one, names the order's version.

    The check and the change are one transaction under the order's lock, so two callers that saw the same
    version cannot both change it. The answer's ETag is the version after it. Goes under @idempotent: a
    repeat of a command that was done is answered alike, though the version has moved since.

    :raises VersionChangedError: if the order has another version.
    """

    @functools.wraps(view)
    def check(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        tags = _read_tags(request)
        if tags is None or "*" in tags:
            return tag(view(self, request, *args, **kwargs))
        with transaction.atomic():
            order = _lock(request, **kwargs)
            # Without an order of theirs the view itself refuses: who may not see it learns no version.
            if order is not None and str(order.revision) not in tags:
                raise VersionChangedError("the order has changed since", version=order.revision)
            return tag(view(self, request, *args, **kwargs))

    check.is_versioned = True  # type: ignore[attr-defined]  # read by bopis.schema
    return cast("View", check)


def tag(response: Response) -> Response:
    """Put the version that an order's JSON holds into the answer's ETag."""
    if isinstance(response.data, dict) and "version" in response.data:
        response["ETag"] = f'"{response.data["version"]}"'
    return response


def _read_tags(request: Request) -> set[str] | None:
    header = request.headers.get("If-Match")
    return None if header is None else {part.strip().strip('"') for part in header.split(",")}


def _lock(request: Request, *, public_id: UUID) -> Order | None:
    orders = Order.objects.select_for_update(of=("self",)).filter(public_id=public_id)
    store_ids = _get_store_ids(request)
    return (orders if store_ids is None else orders.filter(store__in=store_ids)).first()


def _get_store_ids(request: Request) -> Sequence[int] | None:
    if not isinstance(request.auth, ApiKey):
        return list(StaffMember.objects.filter(user=request.user.pk).values_list("store", flat=True))
    if not request.auth.allows("orders:write"):
        return []
    return list(request.auth.stores.values_list("pk", flat=True)) or None

"""Idempotency keys: a command that is sent twice, even at once, happens once and answers alike."""

import functools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, cast

from django.db import transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from bopis import clock, privacy
from bopis.errors import DomainError, InvalidError
from bopis.inserts import insert_once
from bopis.models import ApiKey, IdempotencyRecord

KEPT = timedelta(hours=24)
HEADER = "Idempotency-Key"
LENGTHS = range(8, 201)  # shorter ones collide, longer ones are no keys

View = TypeVar("View", bound=Callable[..., Response])


class KeyMissingError(DomainError):
    """The command needs an Idempotency-Key."""

    code = "idempotency-key-missing"
    status = 400


class KeyReusedError(InvalidError):
    """The key was used before, with another request."""

    code = "idempotency-key-reused"


def idempotent(view: View) -> View:
    """
    Run a write method of an APIView once per caller and key, in one transaction with its record.

    The same request again gets the stored answer (`Idempotency-Replayed: true`) for 24 hours; of two
    at once the second waits and replays. Only a success is stored: what was refused changed nothing,
    and the caller may mend the world and send it again under the same key.

    :raises KeyMissingError: if the header is missing or not 8 to 200 characters long.
    :raises KeyReusedError: if the key came before with another method, path or body.
    """
    return _guard(view, needs_key=True)


def repeatable(view: View) -> View:
    """
    Do the same for a write method whose repeat does no harm: the key is the caller's choice.

    With a key a repeat gets the first answer; without one it is told what holds now.

    :raises KeyMissingError: if the header is there but not 8 to 200 characters long.
    :raises KeyReusedError: if the key came before with another method, path or body.
    """
    return _guard(view, needs_key=False)


def _guard(view: View, *, needs_key: bool) -> View:
    @functools.wraps(view)
    def once(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not needs_key and HEADER not in request.headers:
            return view(self, request, *args, **kwargs)
        key = _read_key(request)
        with transaction.atomic():
            record = _claim(_actor(request), key, _fingerprint(request))
            if record.status is not None:
                return _replay(record)
            response = view(self, request, *args, **kwargs)
            if response.status_code < 300:
                _keep(record, response)
            else:
                transaction.set_rollback(True)
            return response

    once.needs_idempotency_key = needs_key  # type: ignore[attr-defined]  # read by bopis.schema
    return cast("View", once)


def delete_expired() -> int:
    """Delete the records whose time is over and return how many; beat calls it hourly."""
    return IdempotencyRecord.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]


def _read_key(request: Request) -> str:
    key = request.headers.get(HEADER, "").strip()
    if len(key) not in LENGTHS or not key.isprintable():
        raise KeyMissingError(f"the header {HEADER} must hold 8 to 200 printable characters")
    return key


def _actor(request: Request) -> str:
    if isinstance(request.auth, ApiKey):
        return f"key:{request.auth.pk}"
    if request.user.pk is not None:
        return f"user:{request.user.pk}"
    # A door that the token in its address opens: each has keys of its own, as each is one customer.
    return f"door:{privacy.keyed_hash(request.path, purpose='idempotency-door')[:32]}"


def _fingerprint(request: Request) -> str:
    # The parsed body, so that a retry that writes its JSON with other blanks is still the same.
    body = json.dumps(request.data, sort_keys=True, default=str)
    return privacy.keyed_hash(f"{request.method} {request.path} {body}", purpose="idempotency")


def _claim(actor: str, key: str, fingerprint: str) -> IdempotencyRecord:
    """Insert the record, or wait for the transaction that has it and return that one's."""
    record = IdempotencyRecord(actor=actor, key=key, request_hash=fingerprint, created_at=clock.now())
    if insert_once(record):
        return record
    record = IdempotencyRecord.objects.get(actor=actor, key=key)
    if record.request_hash != fingerprint:
        raise KeyReusedError("this idempotency key was used before, with another request")
    return record


def _keep(record: IdempotencyRecord, response: Response) -> None:
    record.status = response.status_code
    record.answer = JSONRenderer().render(response.data).decode()
    record.save(update_fields=["status", "answer"])


def _replay(record: IdempotencyRecord) -> Response:
    data = json.loads(record.answer) if record.answer else None
    return Response(data, status=record.status, headers={"Idempotency-Replayed": "true"})

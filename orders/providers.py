"""The seam to whoever moves the money: one small protocol, one adapter that speaks HTTP."""

import json
import urllib.request
import uuid
from dataclasses import dataclass
from functools import cache
from typing import Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import quote

from django.conf import settings

TIMEOUT_S = 15.0
MAX_ANSWER = 64 * 1024  # bytes


class ProviderError(Exception):
    """The provider did not do it; `permanent` when it will not, however often it is asked."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True)
class Instruction:
    """
    One thing that a provider is asked to do.

    :ivar verb: "capture", "refund" or "void".
    :ivar key: the same for every repeat; the provider does it once.
    """

    verb: str
    reference: str
    amount_minor: int
    currency: str
    key: uuid.UUID


class Provider(Protocol):
    """Whoever moves the money."""

    def ask(self, instruction: Instruction) -> str:
        """
        Have it done and return the provider's own id of it.

        :raises ProviderError: if it was not.
        """
        ...


@dataclass(frozen=True)
class HttpProvider:
    """
    A provider, or the e-commerce platform before it, behind plain JSON over HTTP.

    POST {url}/payments/{reference}/{verb} with {"amount_minor", "currency"} and an
    Idempotency-Key; 2xx {"id"} means done, 4xx (but 408, 409, 425 and 429) never.
    """

    url: str
    secret: str

    def ask(self, instruction: Instruction) -> str:
        """Send the request; see `Provider`."""
        request = urllib.request.Request(  # noqa: S310 -- the scheme is checked by the settings
            f"{self.url}/payments/{quote(instruction.reference, safe='')}/{instruction.verb}",
            data=json.dumps(
                {"amount_minor": instruction.amount_minor, "currency": instruction.currency}
            ).encode(),
            headers={
                "Authorization": f"Bearer {self.secret}",
                "Content-Type": "application/json",
                "Idempotency-Key": str(instruction.key),
            },
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                body = answer.read(MAX_ANSWER)
        except HTTPError as error:
            error.close()
            is_final = 400 <= error.code < 500 and error.code not in {408, 409, 425, 429}
            raise ProviderError(f"the provider answered {error.code}", permanent=is_final) from error
        except (URLError, TimeoutError, OSError) as error:
            raise ProviderError(f"the provider was not reached: {type(error).__name__}") from error
        return _read_id(body)


def _read_id(body: bytes) -> str:
    try:
        return str(json.loads(body)["id"])[:120]
    except (ValueError, KeyError, TypeError) as error:
        # It may have been done: asked again with the same key, it answers better or does nothing.
        raise ProviderError("the provider's answer has no id") from error


@cache
def get_provider() -> Provider | None:
    """Return the installation's provider; None where its platform keeps all payments."""
    if not settings.BOPIS_PAYMENTS_URL:
        return None
    return HttpProvider(settings.BOPIS_PAYMENTS_URL.rstrip("/"), settings.BOPIS_PAYMENTS_SECRET)

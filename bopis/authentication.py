"""API keys for integrators: "Authorization: Bearer bopis_<prefix>_<secret>"."""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from bopis import clock, privacy
from bopis.models import ApiKey

SCOPES = frozenset({"orders:read", "orders:write", "products:write", "stock:write"})
PREFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
SEEN_EVERY = timedelta(minutes=1)  # how exact last_used_at is: one write a minute, not one a request


@dataclass(frozen=True)
class ApiClient:
    """Who acts when an API key signs the request; it stands where a signed-in user would."""

    name: str
    api_key: ApiKey
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True

    @property
    def pk(self) -> str:
        """What throttles and logs tell callers apart by."""
        return f"key:{self.api_key.pk}"


class ApiKeyAuthentication(BaseAuthentication):
    """Takes requests with a Bearer key; those without one are left to the next authentication."""

    def authenticate(self, request: Request) -> tuple[ApiClient, ApiKey] | None:
        """
        Return the caller and the key.

        :raises AuthenticationFailed: if the key is malformed, unknown, wrong or revoked: one answer.
        """
        header = get_authorization_header(request).decode("latin-1")
        if not header.lower().startswith("bearer "):
            return None
        key = find_key(header)
        if key is None:
            raise AuthenticationFailed("this API key is not valid")
        return ApiClient(name=key.name, api_key=key), key

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, which makes a refusal a 401."""
        return 'Bearer realm="api"'


def create_api_key(
    *, name: str, scopes: Iterable[str], store_ids: Iterable[int], at: datetime
) -> tuple[ApiKey, str]:
    """
    Make a key and return it with the text to hand over, which cannot be had again.

    :raises ValueError: for an unknown scope, or none.
    """
    wanted = sorted(set(scopes))
    if not wanted or not SCOPES.issuperset(wanted):
        raise ValueError(f"scopes must be some of {', '.join(sorted(SCOPES))}")
    prefix = "".join(secrets.choice(PREFIX_LETTERS) for _ in range(8))
    secret = secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name, prefix=prefix, secret_hash=_hash(secret), scopes=wanted, created_at=at
    )
    key.stores.set(store_ids)
    return key, f"bopis_{prefix}_{secret}"


def requires(scope: str, *, to_read: str | None = None) -> type[BasePermission]:
    """Return the permission class that lets only API keys with this scope in; `to_read` holds for GET."""
    if not SCOPES.issuperset({scope, to_read or scope}):
        raise ValueError(f"{scope} or {to_read} is no scope")

    class HasScope(BasePermission):
        def has_permission(self, request: Request, view: object) -> bool:
            needed = to_read if to_read and request.method in SAFE_METHODS else scope
            self.message = f"this needs an API key with the scope {needed}"
            return isinstance(request.auth, ApiKey) and request.auth.allows(needed)

    return HasScope


def find_key(header: str) -> ApiKey | None:
    """Return the valid key in the value of an Authorization header, its use noted; None if there is none."""
    scheme, _, credential = header.partition(" ")
    key = _find(credential.strip()) if scheme.lower() == "bearer" else None
    if key is not None:
        _note_use(key, clock.now())
    return key


def _find(credential: str) -> ApiKey | None:
    product, _, rest = credential.partition("_")
    prefix, _, secret = rest.partition("_")
    key = ApiKey.objects.filter(prefix=prefix, revoked_at=None).first()
    # Compared also when there is no such key, so that prefixes cannot be told apart by time.
    genuine = hmac.compare_digest(_hash(secret), key.secret_hash if key else "0" * 64)
    return key if genuine and product == "bopis" else None


def _hash(secret: str) -> str:
    # A plain keyed hash is enough: 256 random bits leave nothing to guess, unlike a password.
    return privacy.keyed_hash(secret, purpose="api-key")


def _note_use(key: ApiKey, at: datetime) -> None:
    if key.last_used_at is None or at - key.last_used_at >= SEEN_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)

"""Reads the environment, and fails loudly: a missing or malformed variable stops the start, by name."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32  # AES-256
Key = tuple[str, bytes]


def read_text(name: str, *, default: str | None = None) -> str:
    """
    Return the variable's text.

    :raises ImproperlyConfigured: if it is missing or empty and has no default.
    """
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"the environment variable {name} is required")
    return default


def read_choice(name: str, *, choices: tuple[str, ...]) -> str:
    """
    Return one of the choices; the first is the default.

    :raises ImproperlyConfigured: if the variable says anything else.
    """
    value = read_text(name, default=choices[0])
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}")
    return value


def read_flag(name: str, *, default: bool = False) -> bool:
    """
    Return a switch that is written 1 or 0.

    :raises ImproperlyConfigured: if it is written in another way.
    """
    value = os.environ.get(name, "").strip() or str(int(default))
    if value not in {"0", "1"}:
        raise ImproperlyConfigured(f"{name} must be 1 or 0")
    return value == "1"


def read_list(name: str, *, default: str | None = None) -> list[str]:
    """Return the parts between commas, without blanks around them and without empty ones."""
    return [part.strip() for part in read_text(name, default=default).split(",") if part.strip()]


def read_database(url: str, *, pool: bool) -> dict[str, Any]:
    """
    Return Django's settings of a PostgreSQL URL; its query gives libpq options such as sslmode.

    :param pool: keep a connection pool; right for ASGI, whose threads come and go, and wrong
        for processes that fork.
    :raises ImproperlyConfigured: for another scheme or a missing database name.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL must be postgresql://user:password@host:port/name")
    options: dict[str, Any] = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    options.setdefault("connect_timeout", 5)
    if pool:
        options["pool"] = {"min_size": 2, "max_size": 20, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pool else 60,
        "CONN_HEALTH_CHECKS": True,
    }


def read_mail(url: str) -> dict[str, Any]:
    """
    Return Django's EMAIL_ settings of smtp://user:password@host:port (smtps: TLS from the start).

    :raises ImproperlyConfigured: for another scheme.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps", "smtp+starttls"} or not parts.hostname:
        raise ImproperlyConfigured("BOPIS_EMAIL_URL must be smtp://, smtps:// or smtp+starttls://")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtp": 25, "smtps": 465}.get(parts.scheme, 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_TIMEOUT": 10,
    }


def parse_keys(text: str) -> list[Key]:
    """
    Return the keys of "id:base64,id:base64", newest first.

    :raises ImproperlyConfigured: if a key is malformed or not 32 bytes.
    """
    keys = []
    for part in text.split(","):
        key_id, _, encoded = part.strip().partition(":")
        keys.append((key_id, parse_key(encoded)))
    if len({key_id for key_id, _ in keys}) != len(keys) or not all(key_id.isalnum() for key_id, _ in keys):
        raise ImproperlyConfigured("every key of BOPIS_KEYS needs an id of its own, of letters and digits")
    return keys


def parse_key(encoded: str) -> bytes:
    """
    Return one 32 byte key from its base64.

    :raises ImproperlyConfigured: if it is anything else; the message never shows it.
    """
    try:
        key = base64.b64decode(encoded, altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ImproperlyConfigured("a key must be 32 random bytes in base64")
    return key


def read_secrets(*, var: Path, production: bool) -> dict[str, str]:
    """
    Return BOPIS_SECRET_KEY, BOPIS_KEYS and BOPIS_HASH_KEY.

    Each comes from the environment; development makes what is missing once, under `var`.

    :raises ImproperlyConfigured: in production, if one is missing.
    """
    names: dict[str, Callable[[], str]] = {
        "BOPIS_SECRET_KEY": lambda: secrets.token_urlsafe(50),
        "BOPIS_KEYS": lambda: "dev1:" + _make_key(),
        "BOPIS_HASH_KEY": _make_key,
    }
    if production or all(os.environ.get(name) for name in names):
        return {name: read_text(name) for name in names}
    made = _development_secrets(var / "keys.json", names)
    return {name: read_text(name, default=made[name]) for name in names}


def _make_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _development_secrets(path: Path, names: dict[str, Callable[[], str]]) -> dict[str, str]:
    """Read the file, or make it: whole, readable by its owner only, and once however many start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path.parent / "keys.lock", os.O_CREAT | os.O_RDWR, 0o600), "r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            draft = path.with_suffix(".new")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                json.dump({name: make() for name, make in names.items()}, file)
            draft.replace(path)
        return cast("dict[str, str]", json.loads(path.read_text()))

"""The project's own PostgreSQL and Valkey, for whoever brings none: real servers, from wheels."""

import os
from pathlib import Path

from bopis.embedded import attachment

BASE_DIR = Path(__file__).resolve().parent.parent.parent


def provide(*, var: Path | None = None, throwaway: bool = False) -> None:
    """
    Set DATABASE_URL and REDIS_URL where they are missing, starting the servers of `var` if need be.

    The process counts as a user until it ends, however it ends; again changes nothing. Production
    brings its own servers, and its settings say so when one is missing.

    :param var: the data folder; by default BOPIS_VAR, else var/ beside manage.py.
    :param throwaway: trade durability for speed, for tests; it holds for who starts the servers.
    :raises EmbeddedServerError: if they cannot be started; the message says why and what to do.
    """
    if os.environ.get("BOPIS_ENV") == "production":
        return
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    folder = var or Path(os.environ.get("BOPIS_VAR") or BASE_DIR / "var")
    servers = attachment.attach(folder.absolute(), throwaway=throwaway)
    for name, url in (("DATABASE_URL", servers.database_url), ("REDIS_URL", servers.redis_url)):
        if not os.environ.get(name):
            os.environ[name] = url

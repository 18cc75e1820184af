"""The project's own PostgreSQL and Valkey, for whoever brings none: real servers, from wheels."""

import os


def provide() -> None:
    """Set DATABASE_URL and REDIS_URL where they are missing (the servers follow)."""
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        return

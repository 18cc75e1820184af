"""Tells Django about the bottom layer, and makes the Celery app the one that `shared_task` binds to."""

from django.apps import AppConfig


class BopisConfig(AppConfig):
    """The installed app of the models, commands and admin pages that every other app stands on."""

    name = "bopis"

    def ready(self) -> None:
        """Load the Celery app, so that `.delay()` in any process finds the configured broker."""
        from bopis import celery  # noqa: F401  (after the settings, not while apps load)

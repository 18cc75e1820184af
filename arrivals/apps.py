"""Tells Django about the app."""

from django.apps import AppConfig


class ArrivalsConfig(AppConfig):
    """One belief about each visit, from all its evidence."""

    name = "arrivals"

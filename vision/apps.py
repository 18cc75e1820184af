"""Tells Django about the app."""

from django.apps import AppConfig


class VisionConfig(AppConfig):
    """Cameras, plate reading and its engines."""

    name = "vision"

"""Tells Django about the app."""

from django.apps import AppConfig


class GeofenceConfig(AppConfig):
    """Fences, trips, positions and arrival times."""

    name = "geofence"

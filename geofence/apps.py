"""The app's registration, and its one ear for the apps below."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GeofenceConfig(AppConfig):
    """Connects `order_closed`."""

    name = "geofence"
    verbose_name = _("Geofence")

    def ready(self) -> None:
        """Listen for orders that end."""
        from geofence.receivers import end_trip  # models are ready only now
        from orders.signals import order_closed

        order_closed.connect(end_trip, dispatch_uid="geofence.end_trip")

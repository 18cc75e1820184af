"""Arrivals: one belief per visit, from all its evidence."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArrivalsConfig(AppConfig):
    """Connects the app to the orders below it."""

    name = "arrivals"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("arrivals")

    def ready(self) -> None:
        """Listen for the end of orders, the one crossing upward."""
        from arrivals import closing  # models are not loaded before this moment
        from orders.signals import order_closed

        order_closed.connect(closing.on_order_closed, dispatch_uid="arrivals.closing")

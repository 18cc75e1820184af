"""Tells Django about the app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders, stock, packing, handover and the store board."""

    name = "orders"

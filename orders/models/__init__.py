"""The tables of orders, stock and the store's work, one file a subject."""

from orders.models.customers import Customer, Vehicle
from orders.models.lines import OrderLine
from orders.models.orders import Order
from orders.models.products import Product, StockLevel, StockMovement, Zone
from orders.models.records import Handover, OrderEvent
from orders.models.stores import PickupSpot, StaffMember, Store
from orders.models.tasks import Task

__all__ = [
    "Customer",
    "Handover",
    "Order",
    "OrderEvent",
    "OrderLine",
    "PickupSpot",
    "Product",
    "StaffMember",
    "StockLevel",
    "StockMovement",
    "Store",
    "Task",
    "Vehicle",
    "Zone",
]

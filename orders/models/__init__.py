"""The tables of orders, stock and the store's work, one file a subject."""

from orders.models.categories import Category
from orders.models.customers import Customer, Vehicle
from orders.models.delegates import Delegate
from orders.models.lines import OrderLine
from orders.models.orders import Order
from orders.models.payments import Payment, PaymentEntry, PaymentRequest
from orders.models.prices import Barcode, Price
from orders.models.products import Product, Zone
from orders.models.records import Handover, OrderEvent
from orders.models.returns import Return
from orders.models.safety import SafetyRule
from orders.models.slots import OpeningHours, Slot, SlotPlan, SpecialDay
from orders.models.stock import Hold, HoldLine, StockFact, StockLevel, StockMovement
from orders.models.stores import PickupSpot, StaffMember, Store
from orders.models.tasks import Task
from orders.models.transfers import Transfer, TransferLine

__all__ = [
    "Barcode",
    "Category",
    "Customer",
    "Delegate",
    "Handover",
    "Hold",
    "HoldLine",
    "OpeningHours",
    "Order",
    "OrderEvent",
    "OrderLine",
    "Payment",
    "PaymentEntry",
    "PaymentRequest",
    "PickupSpot",
    "Price",
    "Product",
    "Return",
    "SafetyRule",
    "Slot",
    "SlotPlan",
    "SpecialDay",
    "StaffMember",
    "StockFact",
    "StockLevel",
    "StockMovement",
    "Store",
    "Task",
    "Transfer",
    "TransferLine",
    "Vehicle",
    "Zone",
]

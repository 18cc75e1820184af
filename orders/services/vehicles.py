"""The car that a customer comes with, at checkout and when it changes."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bopis.errors import TransitionError
from bopis.privacy import normalize_plate
from orders.models import Customer, Order, Vehicle
from orders.models.customers import hash_plate
from orders.services import steps


@dataclass(frozen=True)
class VehicleFacts:
    """The car, as the customer gave it; the plate only where they consented to its use."""

    description: str = ""
    plate: str = ""
    plate_consent: bool = False


@transaction.atomic
def change_vehicle(*, order_id: int, facts: VehicleFacts | None, at: datetime, actor: str) -> Order:
    """
    Say with which car an open order is collected; None: with none. A repeat changes nothing.

    :raises TransitionError: if the order is closed.
    """
    order = steps.lock_order(order_id)
    if not order.is_open:
        raise TransitionError(f"order {order.number} is {order.status}: its car cannot change")
    order.vehicle = know(facts, order.customer, at)
    steps.log(
        order, "vehicle-changed", at=at, actor=actor, has_plate=bool(order.vehicle and order.vehicle.plate)
    )
    steps.save(order, "vehicle")
    return order


def know(facts: VehicleFacts | None, customer: Customer, at: datetime) -> Vehicle | None:
    """
    Return the customer's car by its plate, or one made now.

    Without consent the plate is not kept; the description is no personal data.
    """
    if facts is None:
        return None
    plate = normalize_plate(facts.plate) if facts.plate_consent else ""
    vehicle = (
        Vehicle.objects.filter(customer=customer, plate_hash=hash_plate(plate)).first() if plate else None
    ) or Vehicle(customer=customer)
    vehicle.description = facts.description or vehicle.description
    if plate:
        vehicle.set_plate(plate, consent_at=vehicle.plate_consent_at or at)
    vehicle.save()
    return vehicle

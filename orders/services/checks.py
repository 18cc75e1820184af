"""The checks of a handover: each confirmed by name, prescriptions released by a pharmacist."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from bopis import audit
from bopis.errors import DomainError
from orders.models import Order, OrderLine
from orders.needs import PRESCRIPTION, get_needs
from orders.permissions import NeedsPharmacistError, is_pharmacist
from orders.services import steps


class CheckMissingError(DomainError):
    """The order has goods that ask for a check; `missing` names those not confirmed."""

    code = "check-missing"


def require(
    order: Order, lines: Sequence[OrderLine], *, confirmed: Collection[str], associate_id: int
) -> list[str]:
    """
    Return the checks that giving these lines needs, all of them confirmed.

    :raises CheckMissingError: naming the others.
    :raises NeedsPharmacistError: for a prescription that no pharmacist has released.
    """
    chosen = OrderLine.objects.filter(pk__in=[line.pk for line in lines])
    needs = get_needs(chosen.select_related("product__category"))
    if missing := [name for name in needs if name not in confirmed]:
        raise CheckMissingError("these checks are not confirmed: " + ", ".join(missing), missing=missing)
    is_released = order.prescription_released_at is not None
    if PRESCRIPTION in needs and not is_released and not is_pharmacist(associate_id, order.store_id):
        raise NeedsPharmacistError("a pharmacist must release the prescription first")
    return needs


def record(order: Order, needs: Sequence[str], *, actor: str, at: datetime) -> None:
    """Write into the audit log who confirmed what; called last, for the log's own lock."""
    if needs:
        subject = f"order:{order.pk}"
        audit.record(
            actor=actor,
            action="handover-checks-confirmed",
            subject=subject,
            at=at,
            store_id=order.store_id,
            checks=list(needs),
        )


@transaction.atomic
def release_prescription(*, order_id: int, associate_id: int, at: datetime) -> Order:
    """
    Let any associate hand the order's prescription over; a repeat changes nothing.

    :raises NeedsPharmacistError: if the associate is no pharmacist of the store.
    """
    order = steps.lock_order(order_id)
    if not is_pharmacist(associate_id, order.store_id):
        raise NeedsPharmacistError("only a pharmacist of the store releases prescriptions")
    if order.prescription_released_at is None:
        actor = steps.associate(associate_id)
        order.prescription_released_at = at
        steps.log(order, "prescription-released", at=at, actor=actor)
        steps.save(order, "prescription_released_at")
        audit.record(
            actor=actor,
            action="prescription-released",
            subject=f"order:{order.pk}",
            at=at,
            store_id=order.store_id,
        )
    return order

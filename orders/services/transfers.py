"""Transfers between stores: asked for, promised, sent, received, each unit in one place at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from bopis.errors import ForbiddenError, InvalidError, NotFoundError
from orders.models import StockMovement, Store, Transfer, TransferLine
from orders.services import holds, stock

Status = Transfer.Status


class TransferNotFoundError(NotFoundError):
    """No such transfer, or none of your stores'."""

    code = "transfer-not-found"


class WrongStoreError(ForbiddenError):
    """The step is for the other store of the transfer to take."""

    code = "wrong-store"


@dataclass(frozen=True)
class Actor:
    """
    Who takes a step.

    :ivar name: as the ledger says it.
    :ivar store_ids: the stores they act for; None: all.
    """

    name: str
    store_ids: frozenset[int] | None = None

    def acts_for(self, store_id: int) -> bool:
        """Tell whether they act for the store."""
        return self.store_ids is None or store_id in self.store_ids


@transaction.atomic
def request(
    *, source: Store, target: Store, quantities: Mapping[str, Decimal], at: datetime, actor: str
) -> Transfer:
    """
    Ask a store for goods; nothing is promised until it accepts.

    :param quantities: by SKU, in the product's unit.
    :raises InvalidError: if both are one store, or a piece is asked for in parts.
    :raises UnknownSkuError: naming the SKUs that are not on sale.
    """
    if source == target:
        raise InvalidError("a transfer is between two stores", field="source")
    products = holds.get_products(quantities)
    made = Transfer.objects.create(
        source=source, target=target, requested_at=at, status_changed_at=at, requested_by=actor
    )
    TransferLine.objects.bulk_create(
        TransferLine(transfer=made, product=products[sku], quantity=quantity)
        for sku, quantity in quantities.items()
    )
    return made


def get(public_id: UUID, *, actor: Actor) -> Transfer:
    """
    Return a transfer that one of the actor's stores takes part in.

    :raises TransferNotFoundError: if there is none.
    """
    transfers = Transfer.objects.select_related("source", "target")
    if actor.store_ids is not None:
        transfers = transfers.filter(Q(source__in=actor.store_ids) | Q(target__in=actor.store_ids))
    found = transfers.filter(public_id=public_id).first()
    if found is None:
        raise TransferNotFoundError("no such transfer")
    return found


@transaction.atomic
def accept(*, public_id: UUID, at: datetime, actor: Actor) -> Transfer:
    """
    Promise the goods, all of them or nothing; the source's step. A repeat changes nothing.

    :raises OutOfStockError: naming what falls short; the transfer stays as it was.
    :raises TransitionError: if it is no longer REQUESTED.
    """
    transfer = _lock(public_id, actor)
    _require(actor, transfer.source_id)
    if _move(transfer, Status.ACCEPTED, at):
        stock.reserve(_sum(transfer), _because_of(transfer, at, actor))
    return transfer


@transaction.atomic
def refuse(*, public_id: UUID, reason: str, at: datetime, actor: Actor) -> Transfer:
    """
    Say no to a request; the source's step. A repeat changes nothing.

    :raises TransitionError: if it is no longer REQUESTED.
    """
    transfer = _lock(public_id, actor)
    _require(actor, transfer.source_id)
    _move(transfer, Status.REFUSED, at, reason)
    return transfer


@transaction.atomic
def send(*, public_id: UUID, at: datetime, actor: Actor) -> Transfer:
    """
    Take the goods out of the source's books; its step. A repeat changes nothing.

    :raises TransitionError: if it is not ACCEPTED.
    """
    transfer = _lock(public_id, actor)
    _require(actor, transfer.source_id)
    if _move(transfer, Status.SENT, at):
        stock.send(_sum(transfer), _because_of(transfer, at, actor))
    return transfer


@transaction.atomic
def receive(*, public_id: UUID, received: Mapping[str, Decimal], at: datetime, actor: Actor) -> Transfer:
    """
    Put what arrived into the target's books; its step. A repeat changes nothing.

    :param received: by SKU, where it is not what was sent; the line keeps both numbers.
    :raises InvalidError: if it names what the transfer has not.
    :raises TransitionError: if it is not SENT.
    """
    transfer = _lock(public_id, actor)
    _require(actor, transfer.target_id)
    if _move(transfer, Status.RECEIVED, at):
        _put_on_shelf(transfer, received, stock.Cause(transfer.target_id, at, actor.name, transfer=transfer))
    return transfer


@transaction.atomic
def cancel(*, public_id: UUID, reason: str, at: datetime, actor: Actor) -> Transfer:
    """
    Give up what was not sent yet, and its promise; either store's step. A repeat changes nothing.

    :raises TransitionError: if it was sent, or refused.
    """
    transfer = _lock(public_id, actor)
    was_promised = transfer.status == Status.ACCEPTED
    if _move(transfer, Status.CANCELED, at, reason) and was_promised:
        stock.release(_sum(transfer), _because_of(transfer, at, actor))
    return transfer


def _lock(public_id: UUID, actor: Actor) -> Transfer:
    seen = get(public_id, actor=actor)
    locked = Transfer.objects.select_for_update(of=("self",)).select_related("source", "target")
    return locked.get(pk=seen.pk)


def _require(actor: Actor, store_id: int) -> None:
    if not actor.acts_for(store_id):
        raise WrongStoreError("this step is the other store's")


def _move(transfer: Transfer, status: Transfer.Status, at: datetime, reason: str = "") -> bool:
    """Take a step and return True; False if it was taken before."""
    if transfer.status == status:
        return False
    transfer.move_to(status)
    transfer.status_changed_at = at
    transfer.reason = reason
    transfer.save(update_fields=["status", "status_changed_at", "reason"])
    return True


def _put_on_shelf(transfer: Transfer, received: Mapping[str, Decimal], cause: stock.Cause) -> None:
    lines = {line.product.sku: line for line in transfer.lines.select_related("product")}
    if unknown := sorted(received.keys() - lines.keys()):
        raise InvalidError("not in this transfer: " + ", ".join(unknown), skus=unknown)
    levels = stock.lock_levels(cause.store_id, [line.product_id for line in lines.values()])
    for sku, line in lines.items():
        line.received = received.get(sku, line.quantity)
        line.save(update_fields=["received"])
        level = levels[line.product_id]
        stock.set_on_hand(level, level.on_hand + line.received, StockMovement.Kind.TRANSFER_IN, cause)


def _sum(transfer: Transfer) -> dict[int, Decimal]:
    return stock.sum_by_product(transfer.lines.all())


def _because_of(transfer: Transfer, at: datetime, actor: Actor) -> stock.Cause:
    return stock.Cause(transfer.source_id, at, actor.name, transfer=transfer)

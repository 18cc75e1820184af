"""Who may do what at which store, the same for the API, pages and sockets."""

from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef

from bopis.errors import ForbiddenError, NotFoundError
from bopis.models import ApiKey
from orders.models import StaffMember, Store


class StoreNotFoundError(NotFoundError):
    """
    No such store, or none of yours.

    One answer for both, so that nobody learns which stores exist.
    """

    code = "store-not-found"


class NeedsManagerError(ForbiddenError):
    """Only a manager of the store may do this."""

    code = "needs-manager"


class NeedsPharmacistError(ForbiddenError):
    """Only a pharmacist of the store may do this."""

    code = "needs-pharmacist"


def is_pharmacist(user_id: int, store_id: int) -> bool:
    """Return whether somebody is a pharmacist of the store."""
    role = StaffMember.Role.PHARMACIST
    return StaffMember.objects.filter(user=user_id, store=store_id, role=role).exists()


def works_at(user: User | AnonymousUser, store_id: int) -> bool:
    """Return whether a signed-in person works at the store now."""
    return (
        user.is_authenticated
        and user.is_active
        and StaffMember.objects.filter(user_id=user.pk, store_id=store_id).exists()
    )


def require_associate(user: Any, store_id: int) -> User:
    """
    Return the user as an associate of the store.

    :raises StoreNotFoundError: if they do not work there.
    """
    if not isinstance(user, User) or not works_at(user, store_id):
        raise StoreNotFoundError("no such store")
    return user


def require_manager(user: User, store_id: int) -> None:
    """
    Let only managers of the store go on.

    :raises NeedsManagerError: for anybody else.
    """
    if not StaffMember.objects.filter(user=user, store=store_id, role=StaffMember.Role.MANAGER).exists():
        raise NeedsManagerError("only a manager of the store may do this")


def get_store_for_key(key: ApiKey, code: str) -> Store:
    """
    Return the store that an integrator's key names.

    :raises StoreNotFoundError: if there is none, or it is not one of the key's.
    """
    chosen = key.stores.through.objects.filter(apikey=key)
    is_allowed = ~Exists(chosen) | Exists(chosen.filter(store=OuterRef("pk")))
    store = Store.objects.filter(is_allowed, code=code).first()
    if store is None:
        raise StoreNotFoundError("no such store")
    return store

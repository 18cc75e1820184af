"""Who may look at a store's fences."""

from typing import Any

from bopis.errors import ForbiddenError
from orders.models import StaffMember, Store
from orders.permissions import StoreNotFoundError, require_associate


class ManagerOnlyError(ForbiddenError):
    """Only a manager of the store may do this."""

    code = "manager-only"


def get_managed_store(user: Any, code: str) -> Store:
    """
    Return the store of this code, if the user is one of its managers.

    :raises StoreNotFoundError: if there is none, or they do not work there: one answer for both.
    :raises ManagerOnlyError: if they work there, and are none of its managers.
    """
    store = Store.objects.filter(code=code).first()
    if store is None:
        raise StoreNotFoundError("no such store")
    associate = require_associate(user, store.pk)
    manages = StaffMember.objects.filter(user=associate, store=store, role=StaffMember.Role.MANAGER)
    if not manages.exists():
        raise ManagerOnlyError("only a manager of the store may test its fences")
    return store

"""Who acts at the doors of a store that its people and the retailer's systems share."""

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from bopis.models import ApiKey
from orders.api.integrators import get_actor
from orders.models import Store
from orders.permissions import (
    StoreNotFoundError,
    get_store_for_key,
    require_associate,
    require_manager,
)
from orders.services import steps


def authorize_store(
    request: Request, code: str, *, scope: str, as_manager: bool = False
) -> tuple[Store, str]:
    """
    Return the store and who acts there: a key with the scope, or an associate.

    :param as_manager: of the associates, managers only.
    :raises StoreNotFoundError: if there is none, or none of theirs.
    :raises PermissionDenied: if the key lacks the scope.
    :raises NeedsManagerError: if the associate is no manager.
    """
    if isinstance(request.auth, ApiKey):
        if not request.auth.allows(scope):
            raise PermissionDenied(f"this needs an API key with the scope {scope}")
        return get_store_for_key(request.auth, code), get_actor(request)
    store = Store.objects.filter(code=code).first()
    if store is None:
        raise StoreNotFoundError("no such store")
    user = require_associate(request.user, store.pk)
    if as_manager:
        require_manager(user, store.pk)
    return store, steps.associate(user.pk)

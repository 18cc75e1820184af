"""Who acts at the doors that integrators, associates and customers share."""

from uuid import UUID

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.views import APIView

from bopis.models import ApiKey
from orders import queries
from orders.api.associates import authorize_order
from orders.api.integrators import get_actor, get_store_ids
from orders.models import Order
from orders.permissions import require_manager
from orders.services import steps


class CustomerView(APIView):
    """A door that the token in its address opens, and nothing else."""

    authentication_classes = []
    permission_classes = []


def authorize_change(request: Request, public_id: UUID, *, as_manager: bool = False) -> tuple[Order, str]:
    """
    Return the order and who changes it: a key with orders:write, or an associate of its store.

    :param as_manager: of the associates, managers only.
    :raises OrderNotFoundError: if there is none at a store of theirs.
    :raises PermissionDenied: if the key may not write orders.
    :raises NeedsManagerError: if the associate is no manager.
    """
    if isinstance(request.auth, ApiKey):
        if not request.auth.allows("orders:write"):
            raise PermissionDenied("this needs an API key with the scope orders:write")
        return queries.get_order(str(public_id), store_ids=get_store_ids(request.auth)), get_actor(request)
    order, user = authorize_order(request, public_id)
    if as_manager:
        require_manager(user, order.store_id)
    return order, steps.associate(user.pk)

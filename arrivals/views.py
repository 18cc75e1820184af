"""The doors of arrivals for pages without scripts."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from arrivals import services
from arrivals.spots import UnknownSpotError
from arrivals.visits import OrderClosedError
from bopis import clock
from bopis.errors import NotFoundError
from orders import tracking


@csrf_exempt  # the token in the address is the key, no cookie is; and a page without referrer sends no origin
@require_POST
def here(request: HttpRequest, token: str) -> HttpResponse:
    """
    Say "I'm here" from a plain form, with or without a `spot`, and go back to the tracking page.

    A spot that does not exist is left out: the customer is here all the same. A closed
    order is no error here: the page tells.
    """
    try:
        order = tracking.get_order(token)
    except NotFoundError as error:
        raise Http404("no such order") from error
    try:
        _say(order.pk, request.POST.get("spot", "")[:8])
    except UnknownSpotError:
        _say(order.pk, None)
    except OrderClosedError:
        pass
    return redirect("track", token=token)


def _say(order_id: int, spot: str | None) -> None:
    now = clock.now()
    services.record_tap(
        order_id=order_id, spot_number=spot, source_key=f"tap:{order_id}:{now.isoformat()}", at=now
    )

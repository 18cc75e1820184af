"""The doors of trips for pages without scripts."""

from contextlib import suppress

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from arrivals.visits import OrderClosedError
from bopis import clock
from bopis.errors import NotFoundError
from geofence.services import trips
from orders import tracking

MINUTES = range(1, 181)


@csrf_exempt  # the token in the address is the key, no cookie is; and a page without referrer sends no origin
@require_POST
def on_my_way(request: HttpRequest, token: str) -> HttpResponse:
    """
    Say "on my way" from a plain form, with or without `minutes`, and go back to the tracking page.

    Minutes that are none are left out: the customer is on the way all the same.
    A closed order is no error here: the page tells.
    """
    try:
        order = tracking.get_order(token)
    except NotFoundError as error:
        raise Http404 from error
    said = request.POST.get("minutes", "")
    minutes = (
        int(said) if said.isascii() and said.isdigit() and len(said) < 4 and int(said) in MINUTES else None
    )
    with suppress(OrderClosedError):
        trips.say_on_my_way(order_id=order.pk, minutes=minutes, at=clock.now())
    return redirect("track", token=token)

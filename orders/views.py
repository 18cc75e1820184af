"""The pages: where to go, the store's board, the customer's page and its QR code, the texts of scripts."""

from datetime import timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import segno
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

from bopis import clock
from bopis.errors import NotFoundError
from orders import pages, permissions, tracking
from orders.models import Delegate, Order, Store
from orders.services import delegates

TEXTS_KEPT = timedelta(minutes=10)  # how long a browser may show the old texts after an upgrade


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead an associate to their board; one of several stores chooses, one of none is told so."""
    assert isinstance(request.user, User)
    stores = Store.objects.filter(staff__user=request.user).order_by("name", "pk")
    if len(stores) == 1:
        return redirect("board", store_code=stores[0].code)
    return render(request, "stores.html", {"stores": stores, **_read_look(request)})


@require_safe
@login_required
@ensure_csrf_cookie
def board(request: HttpRequest, store_code: str) -> HttpResponse:
    """Show a store's board; the cards come by its websocket. 404 for a store that is not theirs."""
    store = Store.objects.filter(code=store_code).first()
    if store is None or not permissions.works_at(request.user, store.pk):
        raise Http404("no such store")
    return render(request, "board.html", {"store": store, **_read_look(request)})


@require_safe
def track(request: HttpRequest, token: str) -> HttpResponse:
    """Show a customer their order, whole without scripts; in the order's language, the store's time."""
    order = _get_order(token)
    state = tracking.get_state(order)
    with translation.override(_get_language(order)), timezone.override(ZoneInfo(order.store.time_zone)):
        values = {"token": token, **pages.describe(state, at=clock.now()), **_read_look(request)}
        response = render(request, "track.html", values)
    return _keep_private(response)


@require_safe
def pickup_qr(request: HttpRequest, token: str) -> HttpResponse:
    """Draw the pickup code as a QR code for the associate's scanner; 404 once the order is closed."""
    return _draw(tracking.get_state(_get_order(token))["pickup_code"])


@require_safe
def delegate(request: HttpRequest, token: str) -> HttpResponse:
    """Show somebody whom the customer sends the status and the pickup code; 404 once the link is over."""
    link = _get_delegate(token)
    order, state = link.order, tracking.get_delegate_state(link)
    with translation.override(_get_language(order)), timezone.override(ZoneInfo(order.store.time_zone)):
        values = {"token": token, **pages.describe_for_delegate(state), **_read_look(request)}
        response = render(request, "delegate.html", values)
    return _keep_private(response)


@require_safe
def delegate_qr(request: HttpRequest, token: str) -> HttpResponse:
    """Draw the pickup code for a delegate; 404 once the link is over or the order closed."""
    return _draw(tracking.get_delegate_state(_get_delegate(token))["pickup_code"])


def _draw(code: str | None) -> HttpResponse:
    if code is None:
        raise Http404("no code any more")
    drawing = BytesIO()
    segno.make(code, error="m", micro=False).save(
        drawing, kind="svg", border=0, xmldecl=False, svgns=True, svgclass=None, lineclass=None, omitsize=True
    )
    return _keep_private(HttpResponse(drawing.getvalue(), content_type="image/svg+xml"))


class Texts(JavaScriptCatalog):
    """The texts of the scripts in the language that the address names: the page's, not the browser's."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        language = str(kwargs["language"])
        if language not in dict(settings.LANGUAGES):
            raise Http404("no such language")
        with translation.override(language):
            response: HttpResponse = super().get(request)
        patch_cache_control(response, max_age=int(TEXTS_KEPT.total_seconds()), public=True)
        return response


texts = Texts.as_view()


def _get_order(token: str) -> Order:
    try:
        return tracking.get_order(token)
    except NotFoundError as error:
        raise Http404("no such order") from error


def _get_delegate(token: str) -> Delegate:
    try:
        return delegates.look(token=token, at=clock.now())
    except NotFoundError as error:
        raise Http404("no such link") from error


def _get_language(order: Order) -> str:
    return order.language if order.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _read_look(request: HttpRequest) -> dict[str, object]:
    """What an address may ask of a page's look: ?theme=dark|light, ?view=wall."""
    theme = request.GET.get("theme")
    return {
        "theme": theme if theme in {"dark", "light"} else "",
        "wall": request.GET.get("view") == "wall",
    }


def _keep_private(response: HttpResponse) -> HttpResponse:
    """The address is the customer's key: in no index, in no cache, told to no other site."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    patch_cache_control(response, no_store=True, private=True)
    return response

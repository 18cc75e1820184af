"""The ASGI door: sockets by Channels, pings by a plain application, everything else by Django."""

import os
import warnings

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

from bopis import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bopis.settings")
os.environ.setdefault("BOPIS_DB_POOL", "1")
embedded.provide()
django_application = get_asgi_application()

# Only now: these load models, which need the settings above.
from geofence import pings  # noqa: E402
from orders.stock_urls import feed_urlpatterns  # noqa: E402
from orders.urls import websocket_urlpatterns  # noqa: E402

# Whitenoise reads static files synchronously; they are small, and production has them compressed.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")


async def _answer_http(scope, receive, send):  # type: ignore[no-untyped-def]  # ASGI's own shapes
    is_ping = scope["path"].startswith("/pings/")
    await (pings.application if is_ping else django_application)(scope, receive, send)


# Both: the browser's page comes from our host, and its session says who it is.
_answer_page = AllowedHostsOriginValidator(
    AuthMiddlewareStack(URLRouter(websocket_urlpatterns))  # type: ignore[arg-type]  # Django's path()
)
# Neither: an integrator's server has no page, and signs with its key, which no page can be made to send.
_answer_integrator = URLRouter(feed_urlpatterns)  # type: ignore[arg-type]


async def _answer_socket(scope, receive, send):  # type: ignore[no-untyped-def]
    is_feed = scope["path"].startswith("/ws/stock/")
    await (_answer_integrator if is_feed else _answer_page)(scope, receive, send)


application = ProtocolTypeRouter({"http": _answer_http, "websocket": _answer_socket})

"""The ASGI door: websockets by Channels, pings by a plain application, everything else by Django."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

from bopis import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bopis.settings")
os.environ.setdefault("BOPIS_DB_POOL", "1")
embedded.provide()
django_application = get_asgi_application()

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter([]))),
    }
)

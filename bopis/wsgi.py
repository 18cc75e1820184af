"""The WSGI door for pages and API; sockets and pings need bopis.asgi beside it."""

import os

from django.core.wsgi import get_wsgi_application

from bopis import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bopis.settings")
embedded.provide()

application = get_wsgi_application()

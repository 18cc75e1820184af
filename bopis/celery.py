"""The Celery application: `celery -A bopis.celery worker -Q default,vision`, and `beat`."""

import os

from celery import Celery
from django.conf import settings

from bopis import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bopis.settings")
if not settings.configured:
    # This is the `celery` command; in any other process the entry point has decided about servers.
    embedded.provide()

app = Celery("bopis")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

"""What a worker of the vision queue does before its first task: look at the broker, load the network."""

import logging
from typing import Any

import numpy as np
from celery.concurrency.prefork import TaskPool as PreforkPool
from celery.signals import celeryd_after_setup, worker_process_init
from django.db import DatabaseError

from bopis.errors import DomainError
from vision import crops, easyocr_engine
from vision.models import Camera

logger = logging.getLogger(__name__)

QUEUE = "vision"
_roles: set[str] = set()  # filled in the parent, known to its forked children


def connect() -> None:
    """Ask Celery to call on us; a repeat call changes nothing."""
    celeryd_after_setup.connect(_prepare, dispatch_uid="vision.prepare")
    worker_process_init.connect(_warm_up, dispatch_uid="vision.warm-up")


def _prepare(instance: Any, **_: object) -> None:
    """
    Refuse to start on a broker that persists, or with weights that are not ours, if this worker takes crops.

    :raises SystemExit: then; any other exception Celery would log, and go on.
    """
    _roles.clear()
    if QUEUE in instance.app.amqp.queues.consume_from:
        _roles.add(QUEUE)
        try:
            crops.refuse_persistent_broker()
            easyocr_engine.check_weights()
        except DomainError as error:
            raise SystemExit(f"{error.code}: {error.detail}") from error
        if not issubclass(instance.pool_cls, PreforkPool):
            # The tasks run in this process, and its pool was made, its signal sent, before this one.
            _warm_up()


def _reach_database() -> None:
    try:
        Camera.objects.exists()
    except DatabaseError:
        # Reads wait encrypted until it is back, so the worker starts all the same.
        logger.warning("the database cannot be reached yet")


def _warm_up(**_: object) -> None:
    """Load the network and run it once, and reach the database, so that the first car waits for neither."""
    if QUEUE in _roles:
        _reach_database()
        easyocr_engine.get_recognizer().read([np.full((24, 120, 3), 128, np.uint8)])
        logger.info("plate network ready")

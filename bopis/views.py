"""Health for probes, and the pages for what went wrong."""

import logging

import redis
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bopis import problems, valkey

logger = logging.getLogger(__name__)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; it asks nobody else, so that no probe restarts it for their sake."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether the database and Valkey answer: 200, or 503 with which one does not."""
    checks = {"database": _is_database_up(), "valkey": _is_valkey_up()}
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an unknown address, to a program as a problem document, to a person as a page."""
    return _answer(request, 404, "not-found", "there is nothing here")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer someone who may not see this."""
    return _answer(request, 403, "forbidden", "you may not see this")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that cannot be understood, or whose host is not ours."""
    return _answer(request, 400, "bad-request", "the request cannot be understood")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that was too old or came from another site."""
    return _answer(request, 403, "csrf-failed", "the form is too old or came from elsewhere: reload the page")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer our own fault; the log has the rest."""
    return _answer(request, 500, "server-error", "something went wrong on our side")


def _answer(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if problems.is_api(request):
        return problems.answer(status, code, detail)
    return render(request, "error.html", {"status": status, "code": code}, status=status)


def _is_database_up() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.warning("the database does not answer")
        return False
    return True


def _is_valkey_up() -> bool:
    try:
        return bool(valkey.client().ping())
    except redis.RedisError:
        logger.warning("valkey does not answer")
        return False

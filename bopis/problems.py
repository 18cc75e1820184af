"""Every refusal of the API as one RFC 9457 problem document with a stable code."""

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from bopis.errors import DomainError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
CODES: dict[type[Exception], str] = {
    exceptions.ParseError: "malformed-json",
    exceptions.ValidationError: "invalid",
    exceptions.AuthenticationFailed: "authentication-failed",
    exceptions.NotAuthenticated: "not-authenticated",
    exceptions.PermissionDenied: "forbidden",
    exceptions.NotFound: "not-found",
    exceptions.MethodNotAllowed: "method-not-allowed",
    exceptions.NotAcceptable: "not-acceptable",
    exceptions.UnsupportedMediaType: "unsupported-media-type",
    exceptions.Throttled: "too-many-requests",
    Http404: "not-found",
    PermissionDenied: "forbidden",
}


def problem(status: int, code: str, detail: str, /, **extra: object) -> dict[str, Any]:
    """Return the document; extra members follow the standard ones and never replace them."""
    standard = {
        "type": f"urn:bopis:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    return standard | {name: value for name, value in extra.items() if name not in standard}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a DRF view's exception; an unexpected one returns None, and becomes Django's 500."""
    if isinstance(error, DomainError):
        document = problem(error.status, error.code, error.detail, **error.extra)
        return Response(document, status=error.status, content_type=CONTENT_TYPE)
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = _describe(error, response)
    response.content_type = CONTENT_TYPE
    return response


def answer(status: int, code: str, detail: str) -> HttpResponse:
    """Return the same document from outside DRF: handlers of 404 and 500, CSRF, raw ASGI doors."""
    return JsonResponse(problem(status, code, detail), status=status, content_type=CONTENT_TYPE)


def is_api(request: HttpRequest) -> bool:
    """Tell whether the caller is a program and gets a problem document instead of a page."""
    return request.path.startswith(("/api/", "/pings/"))


def _describe(error: Exception, response: Response) -> dict[str, Any]:
    code = next((code for kind, code in CODES.items() if isinstance(error, kind)), "refused")
    if isinstance(error, exceptions.ValidationError):
        return problem(response.status_code, code, "some values are not acceptable", errors=error.detail)
    if isinstance(error, exceptions.APIException):
        return problem(response.status_code, code, str(error.detail))
    return problem(response.status_code, code, HTTPStatus(response.status_code).description)

"""The OpenAPI description, read off the doors: a view's `Input` and `Output`, its docstring, its keys."""

import re
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

KEY_HELP = (
    "8 to 200 characters of the caller's choice; the same command sent twice under it happens once and is"
    " answered alike for 24 hours"
)
VERSION_HELP = (
    "the version that the caller has seen; if the order has another by now, nothing is changed (412)"
)
METHOD = re.compile(r"\b(?:GET|POST|PUT|DELETE) ")
SUCCESS = re.compile(r"\b20[0124]\b")


class Problem(serializers.Serializer[Any]):
    """An RFC 9457 problem document; programs branch on `code`, the texts may change."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = serializers.DictField(required=False)  # type: ignore[assignment]  # the member's name is given


class DoorSchema(AutoSchema):
    """
    Describes an APIView that names its serializers `Input` and `Output`, and those of its `Query`.

    `GetOutput`, where a view has one, is what its GET answers with. A view without them is described as
    taking and giving any JSON object.
    """

    def get_request_serializer(self) -> Any:
        if self.method in {"GET", "DELETE"}:
            return None
        return getattr(self.view, "Input", None)

    def get_response_serializers(self) -> Any:
        answer = getattr(self.view, "Output", OpenApiTypes.OBJECT)
        if self.method == "GET":
            answer = getattr(self.view, "GetOutput", answer)
        bodies = {int(status): None if status == "204" else answer for status in self._read_statuses()}
        return bodies | {("4XX", "application/problem+json"): Problem}

    def _read_statuses(self) -> list[str]:
        # The docstring's arrow says what comes back: "POST ... -> 201 order | 409 ...".
        said = self.get_description().partition(f"{self.method} ")[2]
        said = METHOD.split(said)[0].partition("->")[2]
        return SUCCESS.findall(said) or ["200"]

    def get_operation_id(self) -> str:
        name: str = super().get_operation_id()
        # A list and one of its rows, read or put, would be called alike.
        is_list = self.method == "PUT" or hasattr(self.view, "GetOutput")
        is_row = self.path.endswith("}/") or self.method == "POST"
        return f"{name}_list" if is_list and not is_row else name

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        # Nested ones are all called Input or Output: their view tells them apart.
        return type(serializer).__qualname__.replace(".", "")

    def get_override_parameters(self) -> list[Any]:
        handler = getattr(self.view, self.method.lower(), None)
        query = getattr(self.view, "Query", ()) if self.method == "GET" else ()
        headers = []
        if (needs_key := getattr(handler, "needs_idempotency_key", None)) is not None:
            headers.append(_describe_header("Idempotency-Key", KEY_HELP, is_required=needs_key))
        if getattr(handler, "is_versioned", False):
            headers.append(_describe_header("If-Match", VERSION_HELP, is_required=False))
        return [*query, *headers]


def _describe_header(name: str, help_text: str, *, is_required: bool) -> OpenApiParameter:
    return OpenApiParameter(
        name, location=OpenApiParameter.HEADER, required=is_required, description=help_text
    )


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Tells the description about keys."""

    target_class = "bopis.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "bopis_<prefix>_<secret>, made by `manage.py create_api_key`",
        }

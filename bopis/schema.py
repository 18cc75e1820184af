"""The OpenAPI description, read off the doors: a view's `Input` and `Output`, its docstring, its keys."""

import re
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

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
    Describes an APIView that names its serializers `Input` and `Output`.

    A view without them is described as taking and giving any JSON object.
    """

    def get_request_serializer(self) -> Any:
        if self.method in {"GET", "DELETE"}:
            return None
        return getattr(self.view, "Input", None)

    def get_response_serializers(self) -> Any:
        answer = getattr(self.view, "Output", OpenApiTypes.OBJECT)
        # The docstring's arrow says what comes back: "POST ... -> 201 order | 409 ...".
        said = SUCCESS.findall(self.get_description().partition("->")[2]) or ["200"]
        bodies = {int(status): None if status == "204" else answer for status in said}
        return bodies | {("4XX", "application/problem+json"): Problem}

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        # Nested ones are all called Input or Output: their view tells them apart.
        return type(serializer).__qualname__.replace(".", "")

    def get_override_parameters(self) -> list[Any]:
        handler = getattr(self.view, self.method.lower(), None)
        if not getattr(handler, "is_idempotent", False):
            return []
        return [
            OpenApiParameter(
                "Idempotency-Key",
                location=OpenApiParameter.HEADER,
                required=True,
                description="8 to 200 characters of the caller's choice; the same command sent twice under it"
                " happens once and is answered alike for 24 hours",
            )
        ]


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

"""Categories: what their products have to say of themselves, and what a handover must ask for them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError


def validate_schema(schema: Any) -> None:
    """
    Accept JSON Schemas (2020-12) of objects.

    :raises ValidationError: for anything else; the reason names the place.
    """
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        raise ValidationError(_("the schema must describe an object"))
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValidationError(f"{error.json_path}: {error.message}") from error


class Category(models.Model):
    """
    A kind of product. A new one, and a new attribute of one, need no migration.

    The checks are asked for at handover when an order has such a product.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    attribute_schema = models.JSONField(
        _("attributes"), default=dict, blank=True, validators=[validate_schema], help_text=_("a JSON Schema")
    )
    min_age = models.PositiveSmallIntegerField(_("minimum age"), null=True, blank=True)
    needs_identity = models.BooleanField(_("identity check"), default=False)
    is_prescription = models.BooleanField(_("prescription"), default=False)
    may_be_substituted = models.BooleanField(_("may be substituted"), default=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name

    def find_faults(self, attributes: dict[str, Any]) -> list[str]:
        """Return what is wrong with a product's attributes, each with its place; none if all is well."""
        validator = Draft202012Validator(self.attribute_schema)
        return sorted(f"{error.json_path}: {error.message}" for error in validator.iter_errors(attributes))

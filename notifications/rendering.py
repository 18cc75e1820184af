"""Turning a message's values into its texts, per kind and language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_supported_language_variant

from notifications.kinds import Kind

_SUBJECT = "Subject: "


@dataclass(frozen=True)
class Rendered:
    """One message as it is read: a subject of one line, plain text, and the same text as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class _Paragraph:
    style: str  # "text", "code" (the pickup code, large) or "link"
    lines: list[str]


def get_language(tag: str) -> str:
    """
    Return the product's language nearest to a language tag ("de-AT" is "de"), or its default one.

    Every language of the settings has its folder under templates/notifications.
    """
    try:
        return get_supported_language_variant(tag.strip().lower().replace("_", "-"))
    except LookupError:
        return settings.LANGUAGE_CODE


def render(*, kind: Kind, language: str, values: Mapping[str, str]) -> Rendered:
    """
    Render one message.

    A template is one plain text whose first line is the subject. The HTML is made of the same
    paragraphs, so that the two can never say different things.
    """
    source = render_to_string(f"notifications/{language}/{kind.lower()}.txt", dict(values))
    head, _, body = source.partition("\n")
    text = re.sub(r"\n{3,}", "\n\n", body).strip() + "\n"
    subject = head.removeprefix(_SUBJECT).strip()
    html = render_to_string(
        "notifications/layout.html",
        {
            "language": language,
            "subject": subject,
            "paragraphs": [_read(paragraph, values) for paragraph in text.strip().split("\n\n")],
        },
    )
    return Rendered(subject=subject, text=text, html=html)


def _read(paragraph: str, values: Mapping[str, str]) -> _Paragraph:
    if paragraph == values["tracking_url"]:
        return _Paragraph("link", [paragraph])
    style = "code" if paragraph == values.get("pickup_code") else "text"
    return _Paragraph(style, paragraph.splitlines())

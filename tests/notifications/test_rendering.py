"""The texts, in every language."""

import re
from html.parser import HTMLParser
from itertools import product

import pytest
from django.conf import settings

from notifications.kinds import Kind, check_context
from notifications.rendering import get_language, render
from tests.notifications.factories import CONTEXT, URL

LANGUAGES = [code for code, _ in settings.LANGUAGES]
EVERY_TEXT = list(product(LANGUAGES, Kind))


def render_text(language, kind, **changes):
    values = check_context(kind, CONTEXT | changes)
    return render(kind=kind, language=language, values=values)


class _Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.words = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        if self.lasttag in {"p", "a", "br"}:
            self.words += data.split()


@pytest.mark.parametrize(("language", "kind"), EVERY_TEXT)
class TestRender:
    def test_names_the_order_in_a_subject_of_one_line(self, language, kind):
        rendered = render_text(language, kind)

        assert "K7F" in rendered.subject
        assert len(rendered.subject) <= 70
        assert "\n" not in rendered.subject

    def test_says_the_store_and_gives_the_link(self, language, kind):
        text = render_text(language, kind).text

        assert "Lyon Est" in text
        assert f"\n{URL}\n" in text
        assert not re.search(r"[{}%]|\n{3}|Subject", text)

    def test_shows_the_code_only_where_it_is_needed(self, language, kind):
        rendered = render_text(language, kind)

        needed = kind in {Kind.ORDER_CONFIRMED, Kind.READY}
        assert ("7HQ4KM" in rendered.text) is needed
        assert ("7HQ4KM" in rendered.html) is needed

    def test_says_the_same_in_plain_text_and_in_html(self, language, kind):
        rendered = render_text(language, kind)
        html = _Words()
        html.feed(rendered.html)

        assert html.words == rendered.text.split()

    def test_fetches_nothing(self, language, kind):
        html = _Words()
        html.feed(render_text(language, kind).html)

        assert not html.tags & {"img", "link", "script", "style", "iframe"}

    def test_escapes_values_in_html_alone(self, language, kind):
        rendered = render_text(language, kind, first_name='<b onclick="x">&Ana')

        assert '<b onclick="x">&Ana' in rendered.text
        assert "&lt;b onclick=&quot;x&quot;&gt;&amp;Ana" in rendered.html

    def test_greets_someone_without_a_name(self, language, kind):
        assert render_text(language, kind, first_name="").text.splitlines()[0] in {
            "Hello,",
            "Guten Tag,",
            "Bonjour,",
        }


class TestReady:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_names_the_spot_only_when_there_is_one(self, language):
        assert " 4." in render_text(language, Kind.READY).text
        assert " 4." not in render_text(language, Kind.READY, spot=None, instructions="").text

    def test_ends_with_the_instructions_line_by_line(self):
        rendered = render_text("en", Kind.READY)

        assert rendered.text.endswith("Turn left after the gate.\nBays 1 to 8.\n")
        assert "gate.<br>Bays" in rendered.html


class TestAmbientReady:
    @pytest.mark.parametrize(
        ("language", "truth"),
        [("en", "packed as you come"), ("de", "wenn Sie kommen"), ("fr", "quand vous arrivez")],
    )
    def test_never_says_that_the_whole_order_is_ready(self, language, truth):
        rendered = render_text(language, Kind.AMBIENT_READY)

        assert truth in rendered.text
        assert not re.search(r"\b(ready|fertig|bereit|prête)\b", rendered.subject + rendered.text)


class TestGetLanguage:
    @pytest.mark.parametrize(
        ("tag", "language"),
        [("de", "de"), ("de-AT", "de"), ("fr_CA", "fr"), (" EN ", "en"), ("pt-br", "en"), ("", "en")],
    )
    def test_takes_the_nearest_or_the_default(self, tag, language):
        assert get_language(tag) == language

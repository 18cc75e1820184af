"""The languages are whole, and what is compiled is what was written."""

import importlib.util
from types import ModuleType

import pytest
from babel.messages.pofile import read_po

from tests.faces.conftest import PROJECT

# What customers and associates see; the administration may be English in places.
FACES = ("templates/", "static/", "orders/pages.py", "arrivals/wording.py")


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("locale_update", PROJECT / "locale" / "update.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


update = _load()
FILES = [(language, domain) for language in update.LANGUAGES for domain in ("django", "djangojs")]


def _read(language: str, domain: str):
    with update.get_path(language, domain).open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize(("language", "domain"), FILES)
class TestCatalog:
    def test_is_compiled_from_its_source(self, language, domain):
        path = update.get_path(language, domain)

        assert path.with_suffix(".mo").read_bytes() == update.compile_catalog(path)

    def test_has_every_text_of_the_faces(self, language, domain):
        known = _read(language, domain)
        texts = [
            message
            for message in update.gather(domain)
            if message.id and any(place.startswith(FACES) for place, _ in message.locations)
        ]

        missing = [message.id for message in texts if not _is_whole(known.get(message.id, message.context))]

        assert texts
        assert missing == []

    def test_keeps_the_places_where_values_go(self, language, domain):
        for message in _read(language, domain):
            if message.id and _is_whole(message):
                assert list(message.check()) == []


def _is_whole(message: object) -> bool:
    string = getattr(message, "string", None)
    return all(string) if isinstance(string, tuple) else bool(string)

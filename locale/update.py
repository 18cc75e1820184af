# ruff: noqa: INP001  a script beside the files it writes, not a package
"""
Gathers the project's texts into locale/*/LC_MESSAGES/*.po, and compiles them: `python locale/update.py`.

Babel does the work, so that no GNU gettext is needed. New texts are added
untranslated, texts that are gone are dropped; tests/faces/test_locale.py tells
what is missing.
"""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
LANGUAGES = ("de", "fr")
CODE = ("bopis", "orders", "arrivals", "vision", "geofence", "notifications")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
STILL = datetime(2026, 1, 1, tzinfo=UTC)  # one date for ever: a compiled file changes only with its texts

Text = tuple[str, str | tuple[str, ...], str | None]  # where, what (with its plural), context


def gather(domain: str) -> Catalog:
    """Return every text of the domain: "djangojs" of the scripts, "django" of everything else."""
    catalog = Catalog(domain=domain, charset="utf-8")
    for place, text, context in _find_scripts() if domain == "djangojs" else _find_pages():
        catalog.add(text, locations=[(place, 0)], context=context)
    return catalog


def merge(language: str, domain: str) -> Catalog:
    """Return the language's catalog with exactly the texts that the code has now."""
    path = get_path(language, domain)
    known = read_po(path.read_bytes().splitlines(keepends=True), locale=language) if path.exists() else None
    merged = Catalog(locale=language, domain=domain, charset="utf-8", fuzzy=False, header_comment="")
    for message in sorted(gather(domain), key=lambda one: (str(one.id), one.context or "")):
        if not message.id:
            continue
        old = known.get(message.id, message.context) if known else None
        places = sorted({place for place, _ in message.locations})
        merged.add(
            message.id,
            old.string if old else None,
            locations=[(place, 0) for place in places],
            flags=message.flags,
            context=message.context,
        )
    merged.creation_date = merged.revision_date = STILL
    return merged


def write(language: str, domain: str) -> None:
    """Write a language's .po and .mo file."""
    path = get_path(language, domain)
    path.parent.mkdir(parents=True, exist_ok=True)
    merged = merge(language, domain)
    with path.open("wb") as file:
        write_po(file, merged, width=110, omit_header=False, include_lineno=False)
    path.with_suffix(".mo").write_bytes(compile_catalog(path))


def compile_catalog(path: Path) -> bytes:
    """Return a .po file compiled, the same bytes whenever it is done."""
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    return compiled.getvalue()


def get_path(language: str, domain: str) -> Path:
    """Return where a language's texts are kept."""
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def _find_scripts() -> Iterator[Text]:
    for path in sorted((ROOT / "static").rglob("*.js")):
        yield from _extract("javascript", path, path.read_bytes())


def _find_pages() -> Iterator[Text]:
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from _extract("python", path, path.read_bytes())
    for path in sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file()):
        yield from _extract("python", path, templatize(path.read_text()).encode())


def _extract(method: str, path: Path, source: bytes) -> Iterator[Text]:
    place = path.relative_to(ROOT).as_posix()
    for _, text, _, context in extract(method, io.BytesIO(source), KEYWORDS, (), {"encoding": "utf-8"}):
        yield place, text, context


if __name__ == "__main__":
    for one in LANGUAGES:
        for name in ("django", "djangojs"):
            write(one, name)

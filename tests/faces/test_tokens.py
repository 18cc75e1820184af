"""The colors keep their contrast, by day and by night."""

import re

import pytest

from tests.faces.conftest import PROJECT

TOKENS = (PROJECT / "static" / "look" / "tokens.css").read_text()
SURFACES = ("ground", "paper", "sunk")
STATUSES = ("near", "act", "late", "check", "done")


def _read(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", block))


def _blocks(selector: str) -> list[dict[str, str]]:
    pattern = re.escape(selector) + r"\s*\{([^}]*)\}"
    return [_read(block) for block in re.findall(pattern, TOKENS)]


[LIGHT] = _blocks(":root")
[NIGHT] = _blocks(':root:not([data-theme="light"])')
[CHOSEN] = _blocks('[data-theme="dark"]')
THEMES = {"light": LIGHT, "dark": LIGHT | NIGHT}


def _luminance(color: str) -> float:
    digits = color.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


class TestDark:
    def test_is_the_same_by_wish_and_by_choice(self):
        assert NIGHT == CHOSEN


@pytest.mark.parametrize("theme", THEMES)
class TestContrast:
    @pytest.mark.parametrize("text", ["ink", "ink-2", "ink-3", *(f"{status}-text" for status in STATUSES)])
    def test_suffices_for_text_on_every_surface(self, theme, text):
        tokens = THEMES[theme]

        for surface in SURFACES:
            assert _contrast(tokens[text], tokens[surface]) >= 4.5

    def test_suffices_for_the_edges_of_controls(self, theme):
        tokens = THEMES[theme]

        for surface in SURFACES:
            assert _contrast(tokens["edge"], tokens[surface]) >= 3.0

    @pytest.mark.parametrize("status", ["near", "late", "check", "done"])
    def test_suffices_for_white_on_a_sign(self, theme, status):
        assert _contrast(THEMES[theme]["on-fill"], THEMES[theme][status]) >= 4.5

    def test_suffices_for_ink_on_amber_and_for_its_edge(self, theme):
        tokens = THEMES[theme]

        assert _contrast(tokens["on-amber"], tokens["act"]) >= 4.5
        assert _contrast(tokens["act-edge"], tokens["paper"]) >= 3.0

    def test_suffices_for_buttons(self, theme):
        tokens = THEMES[theme]
        button = tokens["ink"] if tokens["btn"] == "var(--ink)" else tokens["btn"]

        assert _contrast(tokens["btn-on"], button) >= 4.5

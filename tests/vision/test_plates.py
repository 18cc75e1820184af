"""Rendered plates: what they say, where, and that they are the same again."""

from itertools import pairwise

import numpy as np
import pytest

from vision.rendering import fonts, formats
from vision.rendering.plates import Plate, render_plate


def render(text: str, country: str, *, seed: int = 1, height_px: int = 96) -> Plate:
    return render_plate(text, country, np.random.default_rng(seed), height_px=height_px)


class TestRenderPlate:
    @pytest.mark.parametrize("country", formats.COUNTRIES)
    def test_draws_a_picture_and_says_where_each_character_is(self, country):
        for seed in range(6):
            text = formats.random_plate(country, np.random.default_rng(seed))

            plate = render(text, country, seed=seed)

            assert plate.image.dtype == np.uint8
            assert plate.image.shape[0] == 96
            assert plate.image.shape[2] == 3
            assert "".join(glyph.char for glyph in plate.glyphs) == plate.text == text

    def test_is_as_wide_as_the_country_has_it(self):
        assert render("AB123CD", "FR").image.shape[1] == round(96 * 520 / 110)
        assert render("7ABC123", "US").image.shape[1] == round(96 * 305 / 152)

    def test_keeps_the_characters_apart_and_inside(self):
        for seed in range(40):
            plate = render("AB123CD", "FR", seed=seed)
            edges = [(glyph.x, glyph.x + glyph.width) for glyph in plate.glyphs]
            assert edges[0][0] >= 0
            assert edges[-1][1] <= plate.image.shape[1]
            assert all(before[1] <= after[0] for before, after in pairwise(edges))

    def test_puts_dark_ink_where_it_says_the_characters_are(self):
        plate = render("HHH888", "FI")
        gray = plate.image.mean(axis=2)

        for glyph in plate.glyphs:
            rows = slice(round(glyph.y), round(glyph.y + glyph.height))
            inside = gray[rows, round(glyph.x) : round(glyph.x + glyph.width)]
            assert inside.min() < 90
            assert inside.max() > 150 or glyph.char == "8"

    def test_is_the_same_for_equal_generators(self):
        one, other = render("RK755AJ", "SK", seed=5), render("RK755AJ", "SK", seed=5)

        assert np.array_equal(one.image, other.image)
        assert one.glyphs == other.glyphs

    def test_drops_the_separators_it_is_given(self):
        assert render("ab-123 cd", "FR").text == "AB123CD"

    def test_draws_a_personal_plate_that_fits_no_pattern(self):
        for seed in range(10):
            assert render("BIMMIAN", "DE", seed=seed).text == "BIMMIAN"

    def test_refuses_an_unknown_country(self):
        with pytest.raises(KeyError):
            render("AB123CD", "XX")

    def test_draws_at_any_size(self):
        for height_px in (16, 33, 200):
            assert render("AB123CD", "FR", height_px=height_px).image.shape[0] == height_px


class TestGetGlyph:
    @pytest.mark.parametrize("face", sorted({*fonts.NARROW, *fonts.MEDIUM, *fonts.WIDE, *fonts.CAPTION}))
    def test_has_ink_for_every_character_of_every_typeface(self, face):
        for char in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
            mask = fonts.get_glyph(face, char)
            assert mask.shape[0] == fonts.MASK_PX
            assert mask.max() == 255
            assert mask[:, 0].max() > 0
            assert mask[:, -1].max() > 0


class TestVendoredTypefaces:
    def test_each_has_its_licence_beside_it(self):
        names = {path.stem.split("-latin")[0].lower() for path in fonts.FOLDER.glob("*.woff")}

        assert all((fonts.FOLDER / f"LICENSE-{name}.txt").is_file() for name in names)
        assert (fonts.FOLDER / "LICENSE-opendin.txt").is_file()
        assert (fonts.FOLDER / "LICENSE-roadgeek.txt").is_file()

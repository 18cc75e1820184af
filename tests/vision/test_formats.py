"""Plates made up for every country."""

import numpy as np
import pytest

from vision.rendering import formats
from vision.rendering.looks import SEPARATORS


def draw_many(country: str, *, seed: int = 1, count: int = 40) -> list[str]:
    rng = np.random.default_rng(seed)
    return [formats.random_plate(country, rng) for _ in range(count)]


class TestRandomPlate:
    @pytest.mark.parametrize("country", formats.COUNTRIES)
    def test_says_only_what_a_plate_may_say(self, country):
        plates = draw_many(country)

        assert all(plate == formats.normalize(plate) and 4 <= len(plate) <= 9 for plate in plates)

    @pytest.mark.parametrize("country", formats.COUNTRIES)
    def test_fits_a_pattern_of_its_country(self, country):
        looks = formats.get_formats(country)

        for plate in draw_many(country):
            assert any(formats.lay_out(plate, look) for look in looks)

    def test_is_the_same_for_equal_generators(self):
        assert draw_many("FR", seed=7) == draw_many("FR", seed=7)
        assert draw_many("FR", seed=7) != draw_many("FR", seed=8)

    def test_names_no_plate_of_an_unknown_country(self):
        with pytest.raises(KeyError):
            draw_many("XX")


class TestLayOut:
    def test_puts_the_separators_where_the_country_has_them(self):
        french = formats.get_formats("FR")[0]

        assert formats.lay_out("AB123CD", french) == "AB-123-CD"

    def test_gives_nothing_for_a_text_that_fits_no_pattern(self):
        french = formats.get_formats("FR")[0]

        assert formats.lay_out("1234567", french) is None

    def test_loses_no_character(self):
        for look in formats.FORMATS:
            text = formats.random_text(look, np.random.default_rng(3))
            laid = formats.lay_out(formats.normalize(text), look)
            assert laid is not None
            assert formats.normalize(laid) == formats.normalize(text)


class TestFormats:
    def test_use_only_known_signs(self):
        signs = {sign for look in formats.FORMATS for pattern in look.patterns for sign in pattern}

        assert signs <= set("A9XB" + SEPARATORS)

    def test_cover_europe_the_united_states_and_brazil(self):
        assert {"AT", "CZ", "DE", "ES", "FR", "GB", "IT", "NL", "PL", "RO", "SK", "US", "BR"} <= set(
            formats.COUNTRIES
        )

"""Training samples: the crop, and which character each frame looks at."""

import numpy as np

from vision.rendering.plates import render_format
from vision.training.samples import BLANK, CHARACTERS, FRAMES, UNSURE, make_sample


def spell(frames: np.ndarray) -> str:
    """What CTC would read if the network answered exactly what it is taught."""
    taught = [kind for kind in frames.tolist() if kind != UNSURE]
    kept = [kind for before, kind in zip([BLANK, *taught], taught, strict=False) if kind != before]
    return "".join(CHARACTERS[kind - 1] for kind in kept if kind != BLANK)


class TestMakeSample:
    def test_is_as_large_as_the_network_takes_it(self):
        sample = make_sample(np.random.default_rng(1))

        assert sample.crop.shape == (40, 160)
        assert sample.crop.dtype == np.uint8
        assert sample.frames.shape == (FRAMES,)

    def test_teaches_frames_that_spell_the_text(self):
        rng = np.random.default_rng(2)
        drawn = [make_sample(rng) for _ in range(300)]

        right = sum(spell(sample.frames) == sample.text for sample in drawn)

        # A few plates are turned or cut so far that a character at the edge has no frame left.
        assert right >= 0.97 * len(drawn)

    def test_is_the_same_for_equal_generators(self):
        one, other = (make_sample(np.random.default_rng(4)) for _ in range(2))

        assert np.array_equal(one.crop, other.crop)
        assert one.text == other.text

    def test_shows_countries_of_both_worlds(self, monkeypatch):
        seen = []

        def note(laid, look, rng, **rest):
            seen.append(look.country)
            return render_format(laid, look, rng, **rest)

        monkeypatch.setattr("vision.rendering.plates.render_format", note)
        rng = np.random.default_rng(5)

        for _ in range(200):
            make_sample(rng)

        assert {"US", "BR", "SK", "GB"} <= set(seen)
        assert len(set(seen)) > 15

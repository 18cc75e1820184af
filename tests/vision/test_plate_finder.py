"""What the plate detector learns from, and that what it is taught is what the detector reads."""

import numpy as np
import pytest
import torch

from vision import detector
from vision.rendering.geometry import HEIGHT, WIDTH
from vision.training import finder_samples
from vision.training.finder_samples import SIZE, Labeled
from vision.training.plate_finder import PlateFinder, lose


def to_answer(target: np.ndarray) -> np.ndarray:
    """The network's answer if it had learned everything: 5 x rows x columns."""
    answer = target[:5].copy()
    answer[0] = np.where(target[0] > 0, 6.0, -6.0)
    return answer


class TestEncode:
    @pytest.mark.parametrize(
        "box", [(40, 60, 50, 11), (100.5, 20.25, 120, 26), (200, 150, 30, 15), (2, 2, 22, 5)]
    )
    def test_is_what_the_detector_decodes(self, box):
        target = finder_samples.encode((box,))
        (found,) = detector._decode(to_answer(target), detector.SCALE, (SIZE[1] * 2, SIZE[0] * 2, 3))

        assert (found.x, found.y, found.width, found.height) == pytest.approx([2 * n for n in box], abs=1.5)

    def test_keeps_two_plates_apart(self):
        target = finder_samples.encode(((40, 60, 50, 11), (120, 64, 50, 11)))

        assert len(detector._decode(to_answer(target), detector.SCALE, (400, 700, 3))) == 2

    def test_asks_for_nothing_on_an_empty_picture(self):
        target = finder_samples.encode(())

        assert target[0].max() == 0
        assert target[5].min() == 1


class TestMakeSample:
    def test_gives_pictures_of_one_size_whose_boxes_do_not_overlap(self):
        rng = np.random.default_rng(1)
        frame = Labeled(
            rng.integers(0, 255, (HEIGHT // 2, WIDTH // 2), np.uint8), ((300.0, 200.0, 60.0, 14.0),)
        )
        for _ in range(20):
            sample = finder_samples.make_sample(frame, rng, pastes=True)
            assert sample.gray.shape == SIZE[::-1]
            assert sample.gray.dtype == np.uint8
            assert all(box[2] > 0 and box[3] > 0 for box in sample.boxes)


class TestRenderLots:
    def test_labels_the_plates_of_cars_that_come(self):
        lots = finder_samples.render_lots(5, seed=2)

        assert {lot.gray.shape for lot in lots} == {(HEIGHT // 2, WIDTH // 2)}
        assert any(lot.boxes for lot in lots)


class TestPlateFinder:
    def test_learns_from_what_it_is_shown(self):
        torch.manual_seed(1)
        network = PlateFinder()
        gray = torch.rand(2, 1, SIZE[1], SIZE[0])
        gray[:, :, 60:71, 40:90] = torch.linspace(0, 25, 50).sin().abs()
        target = torch.from_numpy(np.stack([finder_samples.encode(((40, 60, 50, 11),))] * 2))
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
        losses = []
        for _ in range(12):
            loss = lose(network(gray), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())

        assert losses[-1] < 0.5 * losses[0]

    def test_answers_once_a_cell(self):
        assert PlateFinder()(torch.zeros(1, 1, 96, 160)).shape == (1, 5, 12, 20)

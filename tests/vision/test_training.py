"""The training of the plate network, in its smallest steps."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from vision.training import loop, stream
from vision.training.samples import UNSURE


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """PyTorch's threads spin while they wait for each other: on a busy machine that is most of the time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def batch() -> stream.Batch:
    return stream.make_batch(np.random.default_rng(1), 16)


class Knowing(nn.Module):
    """Answers what it was taught."""

    def __init__(self, batch: stream.Batch) -> None:
        super().__init__()
        self.frames = batch.frames.clone()
        self.frames[self.frames == UNSURE] = 0

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        return nn.functional.one_hot(self.frames, 37).float()


class TestMakeBatch:
    def test_is_the_networks_input_and_its_answers(self, batch):
        assert batch.crops.shape == (16, 1, 40, 160)
        assert -1 <= float(batch.crops.min()) < float(batch.crops.max()) <= 1
        assert batch.frames.shape == (16, 40)
        assert int(batch.lengths.sum()) == len(batch.targets)


class TestStep:
    @pytest.mark.parametrize("with_ctc", [False, True])
    def test_learns_from_a_batch(self, batch, with_ctc):
        torch.manual_seed(1)
        model = loop.build()
        optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)

        losses = [loop.step(model, optimizer, batch, with_ctc=with_ctc) for _ in range(12)]

        assert losses[-1] < 0.7 * losses[0]


class TestGetRate:
    def test_warms_up_and_calms_down(self):
        early, warm = loop.get_rate(0.0, 0), loop.get_rate(0.01, 20_000)

        assert early < 0.05 * warm
        assert loop.get_rate(0.5, 20_000) == pytest.approx(warm / 2, rel=0.05)
        assert loop.get_rate(1.0, 20_000) < 0.02 * warm


class TestGetExact:
    def test_is_one_for_a_network_that_knows(self, batch):
        assert loop.get_exact(Knowing(batch), batch) >= 0.9

    def test_is_zero_for_one_that_does_not(self, batch):
        assert loop.get_exact(loop.build(), batch) == 0.0


class TestSave:
    def test_keeps_what_the_network_answers(self, batch, tmp_path):
        torch.manual_seed(2)
        model, other = loop.build().eval(), loop.build().eval()

        loop.save(AveragedModel(model), tmp_path / "weights.pth")
        loop.load(other, tmp_path / "weights.pth")

        with torch.no_grad():
            assert torch.allclose(model(batch.crops), other(batch.crops), atol=1e-2)

    def test_stays_small_enough_for_a_repository(self, tmp_path):
        loop.save(AveragedModel(loop.build()), tmp_path / "weights.pth")

        assert (tmp_path / "weights.pth").stat().st_size < 2_500_000


class TestTrain:
    def test_leaves_weights_that_load(self, tmp_path, monkeypatch):
        monkeypatch.setattr(loop, "EXAM_SIZE", 4)
        monkeypatch.setattr(loop, "BATCH_SIZE", 4)
        out = tmp_path / "weights.pth"

        loop.train(minutes=0.005, out=out, seed=1, workers=0)
        loop.train(minutes=0.005, out=out, seed=1, workers=0, ctc_from=0.0, start_from=out)

        loop.load(loop.build(), out)

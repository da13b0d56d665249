"""The benchmark of training steps: its arithmetic, that its steps learn, and that checkouts stay outside."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from anyonenet.errors import InputError
from benchmarks import public_checkouts as public
from benchmarks.measuring import Times, interleaved, operations, operators, ratios
from benchmarks.training_batches import batch_of
from benchmarks.training_steps import STAGES, OwnStep, PlainStep, batch_size, module_of

CPU = torch.device("cpu")


def test_steps_are_timed_in_turn_after_the_warmup() -> None:
    calls: list[str] = []
    times = interleaved([lambda: calls.append("a"), lambda: calls.append("b")], 3, 1, CPU)
    assert "".join(calls) == "abababab"
    assert [len(side.seconds) for side in times] == [3, 3]


def test_a_ratio_is_taken_pair_by_pair() -> None:
    found = ratios(Times((2.0, 9.0, 4.0)), Times((1.0, 3.0, 4.0)))
    assert found.seconds == (2.0, 3.0, 1.0)
    assert found.median == 2.0


def test_operations_of_a_layer_and_of_an_lstm() -> None:
    layer, lstm = torch.nn.Linear(7, 5), torch.nn.LSTM(7, 5)
    rows = torch.randn(3, 7)
    assert operations(lambda: layer(rows)) == 2 * 3 * 7 * 5
    assert operations(lambda: lstm(rows[:, None])) == 2 * 3 * 20 * (7 + 5)
    assert operations(lambda: torch.addmv(layer.bias, layer.weight, rows[0])) == 2 * 7 * 5
    # backward: of the weights and of the state, not of the input
    assert operations(lambda: layer(rows).sum().backward()) == 2 * 2 * 3 * 7 * 5


def test_operators_shares_are_of_the_whole() -> None:
    square = torch.randn(128, 128)
    rows = operators(lambda: square @ square, 3, 50)
    assert ("aten::mm", 1) in [(name, calls) for name, calls, _ in rows]
    assert sum(share for _, _, share in rows) == pytest.approx(1.0)


def test_a_batch_counts_its_frames() -> None:
    batch, frames = batch_of("tts", 3)
    assert frames == int(batch.mel_lengths.sum())  # type: ignore[attr-defined]
    assert batch.mels.shape[1] == batch.mel_lengths.max()  # type: ignore[attr-defined]
    assert bool(((batch.symbols != 0).sum(1) == batch.symbol_lengths).all())  # type: ignore[attr-defined]


@pytest.mark.parametrize("stage", ["face_encoder", "images"])
def test_a_step_moves_every_parameter_of_its_module(stage: str) -> None:
    changes = {"widths": [4, 8], "discriminator_width": 4, "warmup_steps": 0} if stage == "images" else {"hidden": 8}
    module = module_of(stage, "mini", **changes)
    batch, _ = batch_of(stage, 2, face_size=128, side=64)
    step = OwnStep(module, batch, CPU)
    before = {name: value.detach().clone() for name, value in module.named_parameters()}
    step()
    assert before
    assert all(not torch.equal(value, before[name]) for name, value in module.named_parameters())


def test_a_plain_step_clips() -> None:
    layer = torch.nn.Linear(1, 1, bias=False)
    start = layer.weight.item()
    step = PlainStep(
        lambda: 100 * layer(torch.ones(1, 1)).sum(), [layer], torch.optim.SGD(layer.parameters(), 1.0), 0.5
    )
    step()
    assert layer.weight.item() == pytest.approx(start - 0.5, abs=1e-4)


def test_mini_batches_are_those_of_the_configurations() -> None:
    assert {stage: batch_size(stage, "mini") for stage in STAGES}["tts"] == 12


def test_a_checkout_is_known_by_its_files_and_forgotten_after_use(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no checkout that can be measured; known are"):
        public.known(tmp_path)
    for file in public.MARKS["voxceleb_trainer"]:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("import torchaudio\nhere = torchaudio.transforms.Anything()\n")
    assert public.known(tmp_path) == "voxceleb_trainer"
    path = list(sys.path)
    with public.importing(tmp_path, ("torchaudio",)) as load:
        assert isinstance(load("models.ResNetSE34V2").here, torch.nn.Module)
    assert sys.path == path
    assert not {"models", "models.ResNetSE34V2", "torchaudio"} & set(sys.modules)

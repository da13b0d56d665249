"""Every stage trains under DDP: two processes have the gradient and the metrics of one, and stay equal."""

from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from lightning_modules import face_encoder
from lightning_modules.tts import TTSModule
from tests.lightning_modules import (
    test_atvgnet_frames,
    test_atvgnet_landmarks,
    test_face_encoder,
    test_face_sharpener,
    test_image_translation,
    test_landmarks,
    test_makeittalk_content,
    test_makeittalk_speaker,
    test_makeittalk_speech,
    test_own_landmarks,
    test_speaker_encoder,
    test_speech2vid,
    test_tts,
    test_vocoder,
    test_write_a_speaker,
    test_write_a_speaker_frames,
)
from tests.lightning_modules.one_batch import MODULES, Gradients, OneBatch, compare
from tests.lightning_modules.running import trainer
from tests.lightning_modules.two_processes import in_two_processes


def tts() -> TTSModule:
    torch.manual_seed(0)
    return TTSModule(**test_tts.SMALL)


STAGES: dict[str, Any] = {
    "makeittalk_content": (test_makeittalk_content.module, test_makeittalk_content.Data),
    "makeittalk_speech": (test_makeittalk_speech.module, test_makeittalk_speech.Data),
    "makeittalk_speaker": (test_makeittalk_speaker.module, test_makeittalk_speaker.Data),
    "speaker_encoder": (test_speaker_encoder.module, test_speaker_encoder.ToneData),
    "face_encoder": (test_face_encoder.module, test_face_encoder.PairData),
    "tts": (tts, test_tts.Data),
    "landmarks": (test_landmarks.module, test_landmarks.Data),
    "own_landmarks": (test_own_landmarks.module, test_landmarks.Data),
    "images": (test_image_translation.module, test_image_translation.Data),
    "vocoder": (test_vocoder.module, test_vocoder.Data),
    "atvgnet_landmarks": (test_atvgnet_landmarks.module, test_atvgnet_landmarks.Data),
    "atvgnet_frames": (test_atvgnet_frames.module, test_atvgnet_frames.Data),
    "write_a_speaker_mouth": (test_write_a_speaker.mouth, test_write_a_speaker.Data),
    "write_a_speaker_upper": (test_write_a_speaker.upper, test_write_a_speaker.Data),
    "write_a_speaker_head": (test_write_a_speaker.head, test_write_a_speaker.Data),
    "write_a_speaker_frames": (test_write_a_speaker_frames.module, test_write_a_speaker_frames.Data),
    "speech2vid": (test_speech2vid.module, test_speech2vid.Data),
    "speech2vid_deblur": (test_face_sharpener.module, test_face_sharpener.Data),
}


class Seen(pl.Callback):
    """A number for each batch: ranks that see the same data get the same list."""

    def __init__(self) -> None:
        self.batches: list[float] = []

    def on_train_batch_start(self, trainer, module, batch, batch_index):
        tensors = [value.double().flatten() for value in vars(batch).values() if isinstance(value, torch.Tensor)]
        # by place: a thing that only lies elsewhere has the same sum
        self.batches.append(sum(float(tensor @ torch.arange(len(tensor)).double().sin()) for tensor in tensors))


def one_step(stage: str, folder: str, over_ranks: bool = True, **options: Any) -> dict[str, Any]:
    """Gradients, buffers after one step, and metrics before it."""
    kept = Gradients()
    module, data = MODULES[stage](over_ranks=over_ranks), OneBatch(stage)
    one = trainer(folder, 1, callbacks=[kept], limit_val_batches=0, **options)
    one.fit(module, data)
    buffers = {name: value.clone() for name, value in module.named_buffers()}
    validated = trainer(folder, 1, **options)
    validated.validate(MODULES[stage](), data, verbose=False)
    metrics = {name: float(value) for name, value in validated.callback_metrics.items()}
    return {"gradients": kept.kept, "buffers": buffers, "metrics": metrics}


def accumulated(folder: str, **options: Any) -> dict[str, torch.Tensor]:
    """Gradients of the stage with two optimisers, added up over two batches a process."""
    kept = Gradients()
    module, data = MODULES["images"](accumulate=2), OneBatch("images", batches=2)
    trainer(folder, 1, callbacks=[kept], limit_val_batches=0, **options).fit(module, data)
    return kept.kept


def _rank(rank: int, folder: str) -> None:
    for name in STAGES:
        torch.save(one_step(name, folder, strategy="ddp", devices=2), f"{folder}/{name}{rank}_step.pt")
    torch.save(accumulated(folder, strategy="ddp", devices=2), f"{folder}/accumulated{rank}.pt")
    for name, (module, data) in STAGES.items():
        fitted, seen = module(), Seen()
        trainer(folder, 2, strategy="ddp", devices=2, callbacks=[seen]).fit(fitted, data())
        torch.save({"state": fitted.state_dict(), "seen": seen.batches}, f"{folder}/{name}{rank}.pt")


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    in_two_processes(_rank, folder)
    return folder


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("stage", STAGES)
def test_two_ranks_stay_equal(ends, stage, monkeypatch):
    monkeypatch.setitem(face_encoder.FACE_SIZES, "dlib", 16)
    one, other = (torch.load(ends / f"{stage}{rank}.pt", weights_only=True) for rank in range(2))
    start = STAGES[stage][0]().state_dict()
    for name, value in one["state"].items():
        torch.testing.assert_close(value, other["state"][name], msg=name)
    for part in {name.split(".")[0] for name in start}:
        moved = [name for name in start if name.startswith(f"{part}.") and "running" not in name]
        assert any(not torch.equal(one["state"][name], start[name]) for name in moved), part
    assert one["seen"] and len(one["seen"]) == len(other["seen"])
    assert one["seen"] != other["seen"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("stage", STAGES)
def test_two_ranks_are_one_with_both_their_batches(ends, stage, monkeypatch, tmp_path):
    monkeypatch.setitem(face_encoder.FACE_SIZES, "dlib", 16)
    whole = one_step(stage, str(tmp_path))
    for rank in range(2):
        part = torch.load(ends / f"{stage}{rank}_step.pt", weights_only=True)
        compare(whole["gradients"], part["gradients"])
        for name, value in whole["buffers"].items():
            torch.testing.assert_close(part["buffers"][name], value, rtol=1e-4, atol=1e-5, msg=name)
        assert whole["metrics"].keys() == part["metrics"].keys() and whole["metrics"]
        for name, value in whole["metrics"].items():
            if name in ("validation/failures", "validation/length_ratio"):
                continue  # of the first items of each process
            assert part["metrics"][name] == pytest.approx(value, rel=1e-4, abs=1e-5), name


@pytest.mark.filterwarnings("ignore")
def test_two_ranks_that_accumulate_are_one_with_all_their_batches(ends, tmp_path):
    whole = one_step("images", str(tmp_path))["gradients"]
    for rank in range(2):
        compare(whole, torch.load(ends / f"accumulated{rank}.pt", weights_only=True))

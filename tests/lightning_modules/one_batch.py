"""One batch of each stage, of uneven lengths, for one process or halved for two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from anyonenet.face.landmark_basis import LandmarkBasis
from datamodules import (
    atvgnet_landmarks,
    landmarks,
    speaker_verification,
    speech2vid,
    voice_conversion,
    voiced_landmarks,
    write_a_speaker,
)
from datamodules.tts import Collate
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


def _spoken() -> list[Any]:
    rng = np.random.default_rng(1)
    return [
        (
            rng.normal(size=(40 - 5 * item, 80)).astype(np.float32),
            rng.integers(2, 40, 9 - item),
            (rng.normal(size=1024) / 32).astype(np.float32),
        )
        for item in range(6)
    ]


def _moving() -> list[Any]:
    clips = [test_landmarks.Speeches()[item] for item in range(4)]
    for clip, frames in zip(clips, (24, 20, 11, 7), strict=True):
        for name in ("mels", "landmarks", "quaternions"):
            clip[name] = clip[name][:frames]
    return clips


def _voiced() -> list[Any]:
    voices = [test_makeittalk_speech.Voiced()[item]["speaker_embeddings"] for item in range(4)]
    return [clip | {"speaker_embeddings": voice} for clip, voice in zip(_moving(), voices, strict=True)]


def _tts(**options: Any) -> TTSModule:
    torch.manual_seed(0)
    undropped = {"encoder_dropout": 0.0, "dropout": 0.0, "decoder_dropout": 0.0, "attention_hidden": 8}
    return TTSModule(**{**test_tts.SMALL, **undropped, **options})


MODULES: dict[str, Callable[..., pl.LightningModule]] = {
    "makeittalk_content": test_makeittalk_content.module,
    "makeittalk_speech": test_makeittalk_speech.module,
    "makeittalk_speaker": test_makeittalk_speaker.module,
    "speaker_encoder": test_speaker_encoder.module,
    "face_encoder": lambda **options: test_face_encoder.module(face_noise=0.0, **options),
    "tts": _tts,
    "landmarks": test_landmarks.module,
    "own_landmarks": lambda **options: test_own_landmarks.module(pose_jitter=0.0, **options),
    "images": test_image_translation.module,
    "vocoder": test_vocoder.module,
    "atvgnet_landmarks": test_atvgnet_landmarks.module,
    "atvgnet_frames": test_atvgnet_frames.module,
    "write_a_speaker_mouth": test_write_a_speaker.mouth,
    "write_a_speaker_upper": test_write_a_speaker.upper,
    "write_a_speaker_head": test_write_a_speaker.head,
    "write_a_speaker_frames": test_write_a_speaker_frames.module,
    "speech2vid": test_speech2vid.module,
    "speech2vid_deblur": test_face_sharpener.module,
}
ITEMS: dict[str, tuple[Callable[[], list[Any]], Callable[[list[Any]], Any]]] = {
    "makeittalk_content": (
        lambda: [test_makeittalk_content.Words()[item] for item in range(4)],
        voice_conversion.collate,
    ),
    "makeittalk_speech": (_voiced, voiced_landmarks.collate),
    "makeittalk_speaker": (_voiced, voiced_landmarks.collate),
    "speaker_encoder": (
        lambda: [test_speaker_encoder.Tones()[item] for item in range(8)],
        speaker_verification.collate,
    ),
    "face_encoder": (lambda: [test_face_encoder.Pairs()[item] for item in range(16)], test_face_encoder.collate),
    "tts": (_spoken, Collate(-2.6)),
    "landmarks": (_moving, landmarks.collate),
    "own_landmarks": (_moving, landmarks.collate),
    "atvgnet_landmarks": (
        lambda: [test_atvgnet_landmarks.Heard()[item] for item in range(4)],
        atvgnet_landmarks.collate,
    ),
    "atvgnet_frames": (
        lambda: [test_atvgnet_frames.Mouths()[item] for item in range(4)],
        test_atvgnet_frames.collate,
    ),
    "images": (
        lambda: [test_image_translation.Spots()[item] for item in range(4)],
        test_image_translation.collate,
    ),
    **{
        f"write_a_speaker_{part}": (
            lambda: [test_write_a_speaker.Sentences()[item] for item in range(4)],
            write_a_speaker.collate,
        )
        for part in ("mouth", "upper", "head")
    },
    "write_a_speaker_frames": (
        lambda: [test_write_a_speaker_frames.Marks()[item] for item in range(4)],
        test_write_a_speaker_frames.collate,
    ),
    "speech2vid": (lambda: [test_speech2vid.Mouths()[item] for item in range(4)], speech2vid.collate),
    "speech2vid_deblur": (
        lambda: [test_face_sharpener.Stripes()[item] for item in range(4)],
        test_face_sharpener.collate,
    ),
    "vocoder": (lambda: [test_vocoder.Tones()[item] for item in range(4)], test_vocoder.collate),
}


class OneBatch(pl.LightningDataModule):
    """A step's items: the first part for the first process, and so on; in validation shares of unequal size."""

    backend = "dlib"
    train_speakers = 4

    def __init__(self, stage: str, batches: int = 1):
        super().__init__()
        self.make, self.collate = ITEMS[stage]
        self.batches = batches

    def _loader(self, items: list[Any], parts: list[np.ndarray]) -> DataLoader[Any]:
        return DataLoader([self.collate([items[place] for place in part]) for part in parts], batch_size=None)

    def face_statistics(self, rank: int, ridge: float) -> Any:
        return torch.zeros(16), torch.tensor(1.0), None

    def landmark_basis(self, components: int) -> LandmarkBasis:
        return test_atvgnet_landmarks.Data().landmark_basis(components)

    def train_dataloader(self) -> DataLoader[Any]:
        items = self.make()
        parts = np.array_split(np.arange(len(items)), self.trainer.world_size * self.batches)
        mine = parts[self.trainer.global_rank :: self.trainer.world_size]
        return self._loader(items, mine)

    def val_dataloader(self) -> DataLoader[Any]:
        items = self.make()[:-1]
        cuts = np.array_split(np.arange(len(items)), 2)
        mine = cuts if self.trainer.world_size == 1 else cuts[self.trainer.global_rank :][:1]
        return self._loader(items, mine)


class Gradients(pl.Callback):
    """Keeps the gradients with which the first step was made."""

    def __init__(self) -> None:
        self.kept: dict[str, torch.Tensor] = {}

    def on_before_optimizer_step(self, trainer: Any, module: Any, optimizer: Any) -> None:
        moved = {id(value) for group in optimizer.param_groups for value in group["params"]}
        for name, value in module.named_parameters():
            if id(value) in moved and name not in self.kept:
                self.kept[name] = value.grad.clone()


def compare(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    """Equal gradients, to float tolerance; those of biases before a norm are zero but for rounding."""
    assert one.keys() == other.keys()
    size = torch.nn.utils.get_total_norm(one.values())
    for name, gradient in one.items():
        difference = (gradient - other[name]).norm()
        assert difference <= 1e-4 * gradient.norm() + 1e-6 * size, (name, difference, gradient.norm())

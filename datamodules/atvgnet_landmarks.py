"""Batches for ATVGnet's AT-net: what is heard around each video frame, and the registered face that it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from anyonenet.audio.mfcc import MFCCSettings, cepstra, filterbank, windows
from anyonenet.face.landmark_basis import LandmarkBasis, landmark_basis
from anyonenet.types import HeardFaceBatch
from datamodules.landmark_augmentation import AugmentationSettings, vary_face, vary_voice
from datamodules.landmarks import base_frame
from datamodules.mixing import Mixture
from datamodules.prepare.talking_clips import FPS
from datamodules.sampling import Draw
from datamodules.talking_clips import CutDataset, Cuts, TalkingClipsDataModule

WINDOW = 28
"""cepstral frames around a video frame: 0.28 s"""


class HeardFaces(CutDataset):
    """Whole cuts, in training perhaps a part of each. There voice and face vary, and the example is any frame; else it
    is the most closed mouth.

    Args:
        cuts, mixture, training: as of `CutDataset`.
        augmentation: sizes of the variations.
        settings: of the cepstral coefficients.
        frames: of a cut that training takes, at most.
    """

    def __init__(
        self,
        cuts: Cuts,
        mixture: Mixture,
        training: bool,
        augmentation: AugmentationSettings,
        settings: MFCCSettings,
        frames: int,
    ):
        super().__init__(cuts, mixture, training)
        self.augmentation, self.settings, self.frames = augmentation, settings, frames

    def item(self, index: int, generator: np.random.Generator | None) -> dict[str, np.ndarray]:
        landmarks = self.cuts.frontal(index)
        example, part = base_frame(landmarks), slice(None)
        bands = filterbank(torch.from_numpy(self.cuts.sound(index)), self.settings)
        if generator is not None:
            varied = vary_voice(bands.numpy(), self.augmentation, generator, self.settings.mel)
            bands = torch.from_numpy(varied)
            landmarks = vary_face(landmarks, self.augmentation, generator)
            example = int(generator.integers(len(landmarks)))
            begin = int(generator.integers(max(1, len(landmarks) - self.frames + 1)))
            part = slice(begin, begin + self.frames)
        audio = heard_around(cepstra(bands, self.settings), len(landmarks), self.settings).numpy()
        return {"audio": audio[part], "landmarks": landmarks[part], "examples": landmarks[example]}


def heard_around(coefficients: torch.Tensor, frames: int, settings: MFCCSettings) -> torch.Tensor:
    """`(T, C)` -> `(frames, WINDOW, C)`: the window around each video frame."""
    centres = (torch.arange(frames) * (settings.frame_rate / FPS)).round().long()
    return windows(coefficients, centres, WINDOW)


def collate(items: list[dict[str, np.ndarray]]) -> HeardFaceBatch:
    """Pad cuts to the longest with silence and the last face."""
    lengths = [len(item["landmarks"]) for item in items]

    def padded(name: str, mode: Any) -> torch.Tensor:
        arrays = []
        for item, length in zip(items, lengths, strict=True):
            rest = ((0, max(lengths) - length), *((0, 0) for _ in item[name].shape[1:]))
            arrays.append(np.pad(item[name], rest, mode=mode))
        return torch.from_numpy(np.stack(arrays))

    return HeardFaceBatch(
        audio=padded("audio", "constant"),
        lengths=torch.tensor(lengths),
        landmarks=padded("landmarks", "edge"),
        examples=torch.from_numpy(np.stack([item["examples"] for item in items])),
    )


class ATVGnetLandmarksDataModule(TalkingClipsDataModule):
    """Cuts for AT-net.

    Args:
        augment: vary voice and face in training (the authors: only the example's frame varies).
        frames: consecutive frames that training takes of a cut, at most; 16 in the authors' program.
        options: of `TalkingClipsDataModule`.
    """

    def __init__(self, augment: bool = True, frames: int = 16, **options: Any):
        super().__init__(**options)
        self.frames = frames
        self.augmentation = AugmentationSettings() if augment else AugmentationSettings.off()
        self.settings = MFCCSettings()

    def dataset(self, cuts: Cuts, mixture: Mixture, training: bool) -> HeardFaces:
        return HeardFaces(cuts, mixture, training, self.augmentation, self.settings, self.frames)

    def collate(self, items: list[dict[str, np.ndarray]]) -> HeardFaceBatch:
        return collate(items)

    def landmark_basis(self, components: int) -> LandmarkBasis:
        """The directions in which the training cuts' landmarks move."""
        mixture = self.training.mixture
        rows = sorted({mixture.item(Draw(place, self.seed, 0)) for place in range(len(mixture))})
        return landmark_basis((self.cuts.frontal(row) for row in rows), components)

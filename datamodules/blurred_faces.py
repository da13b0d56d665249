"""Faces and the same artificially blurred, for Speech2Vid's deblurring network (section 3.3, Fig. 9)."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch

from anyonenet.errors import InputError
from anyonenet.face.canonical import canonical_matrix, registered
from anyonenet.types import BlurredBatch
from datamodules.mixing import Mixture
from datamodules.speech2vid import as_pictures, chosen_frames
from datamodules.talking_clips import CutDataset, Cuts, TalkingClipsDataModule


class BlurredFaces(CutDataset):
    """Some frames of a cut, registered, blurred by Gaussians of random width; in training a patch of each.

    Args:
        cuts, mixture, training: as of `CutDataset`. Without training the blur is the middle one and pictures are whole.
        side: pixels of the registered pictures.
        patch: pixels of the squares that training takes.
        frames: of a cut.
        narrowest, widest: standard deviations of the blur, pixels.
    """

    def __init__(
        self,
        cuts: Cuts,
        mixture: Mixture,
        training: bool,
        side: int,
        patch: int,
        frames: int,
        narrowest: float,
        widest: float,
    ):
        super().__init__(cuts, mixture, training)
        self.side, self.patch, self.frames = side, patch, frames
        self.narrowest, self.widest = narrowest, widest

    def item(self, index: int, generator: np.random.Generator | None) -> dict[str, np.ndarray]:
        matrices = canonical_matrix(self.cuts.landmarks(index), self.side)
        sharp, blurred = [], []
        for frame in chosen_frames(int(self.cuts.frame_counts[index]), self.frames, generator).tolist():
            picture = registered(self.cuts.picture(index, frame), matrices[frame], self.side)
            share = 0.5 if generator is None else generator.random()
            width = self.narrowest + share * (self.widest - self.narrowest)
            part: Any = (slice(None), slice(None))
            if generator is not None:
                top, left = generator.integers(self.side - self.patch + 1, size=2).tolist()
                part = (slice(top, top + self.patch), slice(left, left + self.patch))
            sharp.append(picture[part])
            blurred.append(cv2.GaussianBlur(picture, (0, 0), width)[part])
        return {"sharp": np.stack(sharp), "blurred": np.stack(blurred)}


class BlurredFacesDataModule(TalkingClipsDataModule):
    """Frames of the cuts that Speech2Vid trains on, blurred.

    Args:
        side: pixels of the registered pictures, as Speech2Vid's.
        patch: pixels of the squares that training takes of them.
        frames_per_cut: frames of each cut in an epoch; a batch holds `batch_size` cuts.
        narrowest, widest: standard deviations of the Gaussian blur, pixels; the paper does not state its blur.
        batch_size: cuts a batch and device.
        options: of `TalkingClipsDataModule`.
    """

    def __init__(
        self,
        side: int = 112,
        patch: int = 112,
        frames_per_cut: int = 15,
        narrowest: float = 0.5,
        widest: float = 2.0,
        batch_size: int = 4,
        **options: Any,
    ):
        super().__init__(batch_size=batch_size, **options)
        if not 1 <= patch <= side or not 0 < narrowest <= widest:
            raise InputError(
                f"patch {patch} of side {side}, blur of {narrowest:g} to {widest:g} pixels; "
                "expected 1 <= patch <= side and 0 < narrowest <= widest"
            )
        self.side, self.patch, self.frames_per_cut = side, patch, frames_per_cut
        self.narrowest, self.widest = narrowest, widest

    def dataset(self, cuts: Cuts, mixture: Mixture, training: bool) -> BlurredFaces:
        return BlurredFaces(
            cuts, mixture, training, self.side, self.patch, self.frames_per_cut, self.narrowest, self.widest
        )

    def collate(self, items: list[dict[str, np.ndarray]]) -> BlurredBatch:
        """Items to a batch of all their frames."""
        parts = {name: torch.from_numpy(np.concatenate([item[name] for item in items])) for name in items[0]}
        return BlurredBatch(blurred=as_pictures(parts["blurred"]), sharp=as_pictures(parts["sharp"]))

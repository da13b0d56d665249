"""Windows of speech with the frame in their middle and stills of the same video (Speech2Vid, section 3.2, Fig. 7)."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch

from anyonenet.audio.mfcc import mfcc, windows
from anyonenet.errors import InputError
from anyonenet.face.canonical import canonical_matrix, moved, registered
from anyonenet.face.stills import stills_of
from anyonenet.face.template import MIRROR
from anyonenet.networks.speech2vid import STEPS
from anyonenet.types import SpokenFaceBatch
from datamodules.mixing import Mixture
from datamodules.picture_augmentation import draw_strong_variation, draw_variation
from datamodules.prepare.talking_clips import FPS
from datamodules.talking_clips import CutDataset, Cuts, TalkingClipsDataModule

MFCC_A_FRAME = 100 // FPS
APART_SECONDS = 0.4
"""a still is at least so far from the frame that is to be drawn, where the cut is long enough"""
_DRAWS = {"light": draw_variation, "strong": draw_strong_variation}


class SpokenFaces(CutDataset):
    """Some frames of a cut, each with its window of speech and stills from other moments of the cut.

    Args:
        cuts, mixture, training: as of `CutDataset`. Without training the frames and their stills are those of `apart`;
            the still is the one with the most closed mouth (several: spread from closed to open).
        side: pixels of the registered pictures.
        stills: of each frame.
        frames: of a cut.
        augment: 'light', 'strong' or None: how light and colour vary, the same for stills and frame.
    """

    def __init__(
        self,
        cuts: Cuts,
        mixture: Mixture,
        training: bool,
        side: int,
        stills: int,
        frames: int,
        augment: str | None,
    ):
        super().__init__(cuts, mixture, training)
        self.side, self.stills, self.frames, self.augment = side, stills, frames, augment

    def item(self, index: int, generator: np.random.Generator | None) -> dict[str, np.ndarray]:
        count = int(self.cuts.frame_counts[index])
        landmarks = self.cuts.landmarks(index)
        if generator is None:
            known, numbers = apart(count, self.frames)
            stills = np.tile(stills_of(self.cuts.frontal(index)[known], self.stills), (len(numbers), 1))
        else:
            numbers = chosen_frames(count, self.frames, generator)
            stills = np.stack([far_frames(number, count, self.stills, generator) for number in numbers])
        matrices = canonical_matrix(landmarks, self.side)
        needed = sorted({*numbers.tolist(), *stills.ravel().tolist()})
        pictures = {frame: registered(self.cuts.picture(index, frame), matrices[frame], self.side) for frame in needed}
        points = {frame: moved(landmarks[frame], matrices[frame]) for frame in needed}
        if generator is not None:
            pictures, points = self._varied(pictures, points, generator)
        heard = windows(mfcc(torch.from_numpy(self.cuts.sound(index))), torch.from_numpy(numbers * MFCC_A_FRAME), STEPS)
        return {
            "mfccs": heard.numpy(),
            "stills": np.stack([np.concatenate([pictures[still] for still in row], axis=-1) for row in stills]),
            "targets": np.stack([pictures[number] for number in numbers.tolist()]),
            "target_landmarks": np.stack([points[number] for number in numbers.tolist()]),
        }

    def _varied(
        self, pictures: dict[int, np.ndarray], points: dict[int, np.ndarray], generator: np.random.Generator
    ) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
        """All pictures of an item in one light, half of the items mirrored; their place is the canonical one."""
        if self.augment is not None:
            drawn: Any = _DRAWS[self.augment](self.side, generator)
            drawn = getattr(drawn, "light_and_place", drawn)
            pictures = {frame: drawn.light(picture) for frame, picture in pictures.items()}
            if drawn.mirrored:
                pictures = {frame: np.ascontiguousarray(picture[:, ::-1]) for frame, picture in pictures.items()}
                points = {frame: mirrored(there, self.side) for frame, there in points.items()}
        return pictures, points


def mirrored(points: np.ndarray, side: int) -> np.ndarray:
    """`(68, 2)` pixels of the mirrored picture."""
    return np.stack([side - 1 - points[:, 0], points[:, 1]], axis=-1)[list(MIRROR)]


def chosen_frames(count: int, wanted: int, generator: np.random.Generator | None) -> np.ndarray:
    """`(wanted,)` int64, rising: one of each of so many equal stretches of a cut, at random or the middle one."""
    places = np.full(wanted, 0.5) if generator is None else generator.random(wanted)
    return ((np.arange(wanted) + places) * count / wanted).astype(np.int64).clip(0, count - 1)


def apart(count: int, wanted: int) -> tuple[slice, np.ndarray]:
    """Which frames of a cut may be stills, its first third, and `(wanted,)` frames to draw, spread over the rest."""
    first = max(count // 3, 1)
    return slice(0, first), first + chosen_frames(max(count - first, 1), wanted, None)


def far_frames(number: int, count: int, wanted: int, generator: np.random.Generator) -> np.ndarray:
    """`(wanted,)` int64 frames of a cut away from one of them, without repeats as far as there are enough."""
    frames = np.arange(count)
    far = frames[np.abs(frames - number) >= APART_SECONDS * FPS]
    if not len(far):
        far = frames[[int(np.abs(frames - number).argmax())]]
    return generator.choice(far, wanted, replace=len(far) < wanted)


def collate(items: list[dict[str, np.ndarray]]) -> SpokenFaceBatch:
    """All frames of some cuts: pictures `(S, S, C)` uint8 become `(B, C, S, S)` float32 in [-1, 1]."""

    def joined(name: str) -> torch.Tensor:
        return torch.from_numpy(np.concatenate([item[name] for item in items]))

    return SpokenFaceBatch(
        mfccs=joined("mfccs"),
        stills=as_pictures(joined("stills")),
        targets=as_pictures(joined("targets")),
        target_landmarks=joined("target_landmarks"),
    )


def as_pictures(levels: torch.Tensor) -> torch.Tensor:
    """`(B, H, W, C)` uint8 -> `(B, C, H, W)` float32 in [-1, 1]."""
    return levels.permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


class Speech2VidDataModule(TalkingClipsDataModule):
    """Cuts for Speech2Vid; the paper's are VoxCeleb's and LRW's.

    Args:
        side: pixels of the registered pictures.
        stills: pictures of the person that go with each frame; as the network has.
        frames_per_cut: frames drawn of each cut in an epoch; 15 is every fifth frame of 3 s, as in the paper. A batch
            holds `batch_size` cuts, hence that many times as many frames.
        augment: 'light' or 'strong' varies light and colour in training and mirrors; None (the paper) does not.
        batch_size: cuts a batch and device.
        options: of `TalkingClipsDataModule`.
    """

    def __init__(
        self,
        side: int = 112,
        stills: int = 1,
        frames_per_cut: int = 15,
        augment: Literal["light", "strong"] | None = None,
        batch_size: int = 4,
        **options: Any,
    ):
        super().__init__(batch_size=batch_size, **options)
        if stills < 1 or frames_per_cut < 1:
            raise InputError(f"stills is {stills} and frames_per_cut {frames_per_cut}; expected at least 1")
        self.side, self.stills, self.frames_per_cut, self.augment = side, stills, frames_per_cut, augment

    def dataset(self, cuts: Cuts, mixture: Mixture, training: bool) -> SpokenFaces:
        return SpokenFaces(cuts, mixture, training, self.side, self.stills, self.frames_per_cut, self.augment)

    def collate(self, items: list[dict[str, np.ndarray]]) -> SpokenFaceBatch:
        return collate(items)

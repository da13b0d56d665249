"""Batches for ATVGnet's VG-net: a few consecutive frames beside one photo, all aligned to its head."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
import torch

from anyonenet.errors import InputError
from anyonenet.face.alignment import aligned_to, joined, mapped, relative
from anyonenet.face.quaternion import angle_between
from anyonenet.face.square import square_around
from anyonenet.networks.vg_net import FACES, SIDE
from anyonenet.types import MovingPhotoBatch
from datamodules.mixing import Mixture
from datamodules.prepare.talking_clips import FPS
from datamodules.talking_clips import CutDataset, Cuts, TalkingClipsDataModule
from datamodules.talking_faces import VARIATIONS


class MovingPhotos(CutDataset):
    """Some consecutive frames of a cut, and one other frame as the photo.

    The square lies around the photo's face, as at inference, and the frames' heads are turned, sized and shifted onto
    it, as ATVGnet's faces are: what is left is how the face itself changes. In training photo and place in the cut are
    random; else the frames are from the cut's middle, and the photo is the first that may be.

    Args:
        cuts, mixture, training: as of `CutDataset`.
        frames: how many.
        side: pixels of the square.
        varied: of `VARIATIONS`, how training varies light, colour, place, size and side too; None: it does not.
        turn_degrees: how far the photo's head is turned from the middle one of the frames at most.
    """

    def __init__(
        self,
        cuts: Cuts,
        mixture: Mixture,
        training: bool,
        frames: int,
        side: int,
        varied: str | None,
        turn_degrees: float,
    ):
        super().__init__(cuts, mixture, training)
        self.frames, self.side, self.varied, self.turn_degrees = frames, side, varied, turn_degrees

    def item(self, index: int, generator: np.random.Generator | None) -> dict[str, np.ndarray]:
        count = int(self.cuts.frame_counts[index])
        begin = (count - self.frames) // 2 if generator is None else int(generator.integers(count - self.frames + 1))
        alike = self._alike(index, begin)
        photo, variation = alike[0], None
        if generator is not None:
            photo = alike[int(generator.integers(len(alike)))]
            variation = VARIATIONS[self.varied](self.side, generator) if self.varied else None
        chosen = [photo, *range(begin, begin + self.frames)]
        stored = self.cuts.landmarks(index)[chosen]
        matrices = joined(aligned_to(stored, stored[0]), square_around(stored[0], FACES, self.side))
        landmarks = mapped(stored, matrices).astype(np.float32)
        pictures = []
        for number, (frame, matrix) in enumerate(zip(chosen, matrices, strict=True)):
            picture: Any = cv2.warpAffine(
                self.cuts.picture(index, frame), matrix, (self.side, self.side), borderMode=cv2.BORDER_REPLICATE
            )
            if variation is not None:
                picture, landmarks[number] = variation.frame(picture, landmarks[number])
            pictures.append(picture)
        placed = relative(landmarks, self.side)
        return {
            "photos": pictures[0],
            "photo_landmarks": placed[0],
            "frames": np.stack(pictures[1:]),
            "landmarks": placed[1:],
        }

    def _alike(self, index: int, begin: int) -> list[int]:
        """The frames of a cut whose head is held as in the frames from `begin` on; those frames themselves where it is
        held so nowhere else."""
        turned = self.cuts.quaternions(index)
        away = np.degrees(angle_between(turned, turned[begin + self.frames // 2]))
        away[begin : begin + self.frames] = np.inf
        found = np.flatnonzero(away <= self.turn_degrees)
        return found.tolist() or [begin]


def collate(items: list[dict[str, np.ndarray]]) -> MovingPhotoBatch:
    """Stack: pictures `(..., H, W, 3)` uint8 become `(batch, ..., 3, H, W)` float32 in [-1, 1]."""

    def stacked(name: str) -> torch.Tensor:
        return torch.from_numpy(np.stack([item[name] for item in items]))

    def pictures(name: str) -> torch.Tensor:
        return stacked(name).movedim(-1, -3).contiguous().float() / 127.5 - 1

    return MovingPhotoBatch(
        photos=pictures("photos"),
        photo_landmarks=stacked("photo_landmarks"),
        frames=pictures("frames"),
        landmarks=stacked("landmarks"),
    )


class ATVGnetFramesDataModule(TalkingClipsDataModule):
    """Cuts for VG-net.

    Args:
        frames: consecutive frames of an item; 16 in the authors' program.
        side: pixels; 128 in the paper, and what is drawn in generation.
        augment: 'light' varies light, colour, place, size and side in training, alike for all frames of an item;
            'strong' more, with glasses, hair and poor cameras; None nothing.
        turn_degrees: how far the photo's head is turned from the frames' at most; what the photo hides of a head that
            turns nobody can draw, and generation holds the head still. 180 takes any frame, as the authors do.
        options: of `TalkingClipsDataModule`.

    Raises:
        InputError: more frames than the shortest cuts have.
    """

    def __init__(
        self,
        frames: int = 16,
        side: int = SIDE,
        augment: Literal["light", "strong"] | None = "light",
        turn_degrees: float = 180.0,
        **options: Any,
    ):
        super().__init__(**options)
        if not 1 <= frames <= round(self.shortest_seconds * FPS):
            raise InputError(
                f"{frames} frames are wanted of cuts of {self.shortest_seconds:g} s; expected 1 to "
                f"{round(self.shortest_seconds * FPS)}, or raise shortest_seconds"
            )
        self.frames, self.side, self.augment, self.turn_degrees = frames, side, augment, turn_degrees

    def dataset(self, cuts: Cuts, mixture: Mixture, training: bool) -> MovingPhotos:
        return MovingPhotos(cuts, mixture, training, self.frames, self.side, self.augment, self.turn_degrees)

    def collate(self, items: list[dict[str, np.ndarray]]) -> MovingPhotoBatch:
        return collate(items)

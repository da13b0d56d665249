"""Frames of talking faces with the sketches of the frames around them, for Write-a-Speaker's video generator."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch

from anyonenet.errors import InputError
from anyonenet.face.motion_field import motion_field
from anyonenet.face.space_time import sketch_volume, window
from anyonenet.types import SpaceTimeBatch
from datamodules.corpora.manifest import hash_fraction
from datamodules.mixing import Corpora, Mixture
from datamodules.picture_augmentation import PictureVariation, StrongVariation
from datamodules.talking_clips import CutDataset, Cuts, TalkingClipsDataModule
from datamodules.talking_faces import VARIATIONS


class SpaceTimeFrames(CutDataset):
    """One frame of a cut, the landmarks of the window around it, and another frame as the photo.

    In training frame and photo are random; else the photo is the first frame and the frame goes by the item's hash.

    Args:
        cuts, mixture, training: as of `CutDataset`.
        side: pixels of the pictures.
        frames: of the window; beyond a cut's ends its last frames are repeated.
        varied: of `VARIATIONS`, for training; None: nothing varies.
        first_share: of the draws, how many have the cut's first frame as the photo, as generation has.
    """

    def __init__(
        self,
        cuts: Cuts,
        mixture: Mixture,
        training: bool,
        side: int = 256,
        frames: int = 15,
        varied: str | None = None,
        first_share: float = 0.0,
    ):
        super().__init__(cuts, mixture, training)
        self.side, self.frames, self.varied, self.first_share = side, frames, varied, first_share

    def item(self, index: int, generator: np.random.Generator | None) -> dict[str, np.ndarray]:
        count = int(self.cuts.frame_counts[index])
        variation: PictureVariation | StrongVariation | None = None
        source = 0
        if generator is None:
            frame = 1 + int(hash_fraction(self._names[index]) * (count - 1))
        else:
            frame = int(generator.integers(count))
            if generator.random() >= self.first_share:
                source = int(generator.integers(count))
            variation = VARIATIONS[self.varied](self.side, generator) if self.varied else None
        return self.frame(index, frame, source, variation)

    def frame(
        self,
        index: int,
        frame: int,
        source: int = 0,
        variation: PictureVariation | StrongVariation | None = None,
    ) -> dict[str, np.ndarray]:
        """One example.

        Args:
            index: of the cut.
            frame: what is to be drawn.
            source: the photo.
            variation: put on both, and on all landmarks.
        """
        tracks = self.cuts.landmarks(index, self.side)
        picture, photo = (self.cuts.picture(index, number, self.side) for number in (frame, source))
        points, own = window(tracks, frame, self.frames), tracks[source]
        if variation is not None:
            light = variation if isinstance(variation, PictureVariation) else variation.light_and_place
            points = np.stack([light.points(one, self.side) for one in points])
            picture, photo = variation.frame(picture, tracks[frame])[0], variation.frame(photo, own)[0]
            own = light.points(own, self.side)
        return {
            "photos": photo,
            "volumes": sketch_volume(points, self.side),
            "targets": picture,
            "target_landmarks": points[self.frames // 2],
            "photo_landmarks": own.astype(np.float32),
            "motion_fields": motion_field(points[self.frames // 2], own, self.side),
        }


def collate(items: list[dict[str, np.ndarray]]) -> SpaceTimeBatch:
    """Stack examples: pictures `(H, W, C)` uint8 become `(batch, C, H, W)` float32 in [-1, 1]."""

    def stacked(name: str) -> torch.Tensor:
        return torch.from_numpy(np.stack([item[name] for item in items]))

    def planes(name: str) -> torch.Tensor:
        # convolutions hand the order in memory on, and backward through normalisation is slow in the other
        return stacked(name).permute(0, 3, 1, 2).contiguous()

    volumes = planes("volumes").float() / 127.5 - 1
    middle = volumes.shape[1] // 2 - 1
    return SpaceTimeBatch(
        photos=planes("photos").float() / 127.5 - 1,
        sketches=volumes[:, middle : middle + 3].contiguous(),
        targets=planes("targets").float() / 127.5 - 1,
        target_landmarks=stacked("target_landmarks"),
        photo_landmarks=stacked("photo_landmarks"),
        motion_fields=planes("motion_fields"),
        volumes=volumes,
    )


class SpaceTimeDataModule(TalkingClipsDataModule):
    """Frames of talking faces with a window of sketches. The paper's are 5 minutes of one person: give one own video
    as the corpus (`anyonenet prepare videos`), or 'obama'; for photographs of anyone, many persons.

    Args:
        corpora, root, features, batch_size, shortest_seconds, validation_share, test_share, backend, workers, seed: as
            of `TalkingClipsDataModule`.
        size: pixels, side of the pictures; stores have 256.
        frames: of the window, as the network has.
        augment: 'light' varies light, colour, place, size and side in training, 'strong' more; None nothing.
        first_share: of the training draws, how many have the cut's first frame as their photo.

    Raises:
        InputError: an even number of frames.
    """

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        corpora: Corpora = ("voxceleb2",),
        batch_size: int = 3,
        shortest_seconds: float = 1.0,
        validation_share: float = 0.05,
        test_share: float = 0.05,
        backend: str = "dlib",
        workers: int = 0,
        seed: int = 0,
        size: int = 256,
        frames: int = 15,
        augment: Literal["light", "strong"] | None = None,
        first_share: float = 0.0,
    ):
        super().__init__(
            root, features, corpora, batch_size, shortest_seconds, validation_share, test_share, backend, workers, seed
        )
        if frames < 1 or frames % 2 == 0:
            raise InputError(f"frames is {frames}; a window around a frame has an odd number of them")
        self.size, self.frames, self.augment, self.first_share = size, frames, augment, first_share

    def dataset(self, cuts: Cuts, mixture: Mixture, training: bool) -> SpaceTimeFrames:
        varied = self.augment if training else None
        return SpaceTimeFrames(cuts, mixture, training, self.size, self.frames, varied, self.first_share)

    def collate(self, items: list[dict[str, np.ndarray]]) -> Any:
        return collate(items)

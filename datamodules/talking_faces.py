"""Pairs of frames of one talking person for the image translation (AnyoneNet III-E, MakeItTalk 4.3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset

from anyonenet.face.sketch import draw_sketch
from anyonenet.face.square import square_around
from anyonenet.render.video import read_video
from anyonenet.types import ImageBatch
from datamodules.clip_stores import write_clip_store
from datamodules.corpora.manifest import Clip, hash_fraction, split_of
from datamodules.corpora.voxceleb2 import read_clips
from datamodules.face_tracks import read_track
from datamodules.picture_augmentation import draw_variation
from datamodules.sampling import Draw, training_loader
from datamodules.store import Store


class FramePairs(Dataset):
    """Source and target frame of one clip.

    Args:
        store: arrays `jpegs` (bytes,) and `landmarks` (68, 2), one item a frame; column `clip` in the manifest.
        indices: the items (frames) that belong to this split; each is a target once an epoch.
        varied: training: random source, varied light, place and side. Otherwise the source is the frame of the clip
            that the target's hash chooses, and nothing varies.
    """

    def __init__(self, store: Store, indices: list[int], varied: bool):
        self.store = store
        self.indices = indices
        self.varied = varied
        self._clips: dict[str, list[int]] = {}
        self._clip_of = store.manifest["clip"].tolist()
        for index in indices:
            self._clips.setdefault(self._clip_of[index], []).append(index)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, draw: Draw | int) -> dict[str, np.ndarray]:
        target = self.indices[draw.index if isinstance(draw, Draw) else draw]
        others = [index for index in self._clips[self._clip_of[target]] if index != target] or [target]
        variation = None
        if self.varied and isinstance(draw, Draw):
            generator = draw.generator()
            source = others[int(generator.integers(len(others)))]
            variation = draw_variation(self._picture(target).shape[0], generator)
        else:
            source = others[int(hash_fraction(f"{self._clip_of[target]}/{target}") * len(others))]
        photo, picture = self._picture(source), self._picture(target)
        landmarks = np.array(self.store.array("landmarks", target))
        if variation is not None:
            landmarks = variation.points(landmarks, len(picture))
            photo, picture = variation.picture(photo), variation.picture(picture)
        return {
            "photos": photo,
            "sketches": draw_sketch(landmarks, len(picture)),
            "targets": picture,
            "target_landmarks": landmarks.astype(np.float32),
        }

    def _picture(self, index: int) -> np.ndarray:
        decoded: Any = cv2.imdecode(np.array(self.store.array("jpegs", index)), cv2.IMREAD_COLOR)
        return np.ascontiguousarray(decoded[..., ::-1])


def collate(items: list[dict[str, np.ndarray]]) -> ImageBatch:
    """Stack pairs: pictures `(H, W, 3)` uint8 become `(batch, 3, H, W)` float32 in [-1, 1]."""

    def pictures(name: str) -> torch.Tensor:
        stacked = torch.from_numpy(np.stack([item[name] for item in items]))
        return stacked.permute(0, 3, 1, 2).float() / 127.5 - 1

    return ImageBatch(
        photos=pictures("photos"),
        sketches=pictures("sketches"),
        targets=pictures("targets"),
        target_landmarks=torch.from_numpy(np.stack([item["target_landmarks"] for item in items])),
    )


class TalkingFacesDataModule(LightningDataModule):
    """VoxCeleb2 frames, cut to a square around the head; persons split by hash.

    Args:
        root: folder of the corpora; `VoxCeleb2` inside.
        features: folder of the feature stores; `talking_faces` is made inside when absent.
        batch_size: pairs a batch and device.
        size: pixels, side of the pictures.
        frames_per_clip: frames kept of each clip, evenly spread.
        validation_share, test_share: of the persons.
        backend: 'dlib' or 'fan', for videos without `.landmarks.npz`.
        augment: vary light, colour, place, size and side in training.
        workers: processes that load; 0 loads in the training process.
        seed: of order and variations.
    """

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        batch_size: int = 16,
        size: int = 256,
        frames_per_clip: int = 16,
        validation_share: float = 0.05,
        test_share: float = 0.05,
        backend: str = "dlib",
        augment: bool = True,
        workers: int = 0,
        seed: int = 0,
    ):
        super().__init__()
        self.root = Path(root)
        self.folder = Path(features) / "talking_faces"
        self.batch_size = batch_size
        self.shares = (validation_share, test_share)
        self.backend = backend
        self.augment = augment
        self.workers = workers
        self.seed = seed
        self.options: dict[str, Any] = {
            "corpus": "voxceleb2",
            "size": size,
            "frames_per_clip": frames_per_clip,
            "backend": backend,
        }

    def prepare_data(self) -> None:
        if (self.folder / "store.json").is_file():
            Store(self.folder, self.options)  # refuses one made with other options
            return
        write_clip_store(self.folder, self.options, read_clips(self.root), self._frames, "talking faces")

    def setup(self, stage: str | None = None) -> None:
        store = Store(self.folder, self.options)
        splits = [split_of(person, *self.shares) for person in store.manifest["person"]]

        def part(name: str, varied: bool = False) -> FramePairs:
            return FramePairs(store, [i for i, split in enumerate(splits) if split == name], varied)

        self.training = part("train", self.augment)
        self.validation = part("validation")
        self.test = part("test")

    def train_dataloader(self) -> DataLoader:
        return training_loader(self.training, self.batch_size, self.seed, collate, self.workers)

    def val_dataloader(self) -> DataLoader:
        return self._loader(self.validation)

    def test_dataloader(self) -> DataLoader:
        return self._loader(self.test)

    def _loader(self, dataset: FramePairs) -> DataLoader:
        return DataLoader(
            dataset,
            batch_size=self.batch_size,
            collate_fn=collate,
            num_workers=self.workers,
            persistent_workers=self.workers > 0,
        )

    def _frames(self, clip: Clip) -> Iterator[tuple[dict[str, Any], dict[str, np.ndarray]]]:
        """Evenly spread frames in one square, as at inference: the head moves, the square does not."""
        track = read_track(clip, self.backend)
        count = min(self.options["frames_per_clip"], len(track.landmarks))
        wanted = np.linspace(0, len(track.landmarks) - 1, count).astype(int)
        size = self.options["size"]
        matrix = square_around(track.landmarks[wanted].mean(0), size=size)
        chosen = set(wanted.tolist())
        for number, frame in enumerate(read_video(clip.video).frames):
            if number not in chosen:
                continue
            square = cv2.warpAffine(
                frame, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            jpeg = cv2.imencode(".jpg", cv2.cvtColor(square, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 96])[1]
            landmarks = track.landmarks[number, :, :2] @ matrix[:, :2].T + matrix[:, 2]
            fields = {"clip": clip.id, "person": clip.person, "frame": number}
            yield fields, {"jpegs": jpeg.ravel(), "landmarks": landmarks.astype(np.float32)}

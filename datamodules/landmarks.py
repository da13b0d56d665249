"""Clips for the landmark predictor: mels and registered landmarks, both at the mel's 80 Hz (section IV-A3 and 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pytorch_lightning import LightningDataModule
from scipy.interpolate import PchipInterpolator
from torch.utils.data import DataLoader, Dataset

from anyonenet.audio.files import read_audio
from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.errors import InputError
from anyonenet.face.mouth import mouth_area
from anyonenet.face.quaternion import interpolate
from anyonenet.face.registration import register_clip
from anyonenet.types import LandmarkBatch
from datamodules.clip_stores import write_clip_store
from datamodules.corpora import obama, voxceleb2
from datamodules.corpora.manifest import Clip, split_of
from datamodules.face_tracks import FaceTrack, read_track
from datamodules.landmark_augmentation import AugmentationSettings, vary_face, vary_pose, vary_voice
from datamodules.sampling import Draw, training_loader
from datamodules.store import Store

READERS = {"obama": obama.read_clips, "voxceleb2": voxceleb2.read_clips}


def upsample(track: FaceTrack, frames: int, frame_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Register a clip's landmarks and bring them from the video's rate to the mel's.

    Landmarks go along monotone cubics, which keep closed lips closed between two closed frames; quaternions along
    the sphere. Before the first and after the last picture the face stands still.

    Args:
        track: image landmarks at the video's rate.
        frames: mel frames wanted.
        frame_rate: mel frames a second.

    Returns:
        `(frames, 68, 2)` float32 frontal landmarks, `(frames, 4)` float32 unit quaternions of one sign.
    """
    registration = register_clip(track.landmarks)
    frontal, quaternions = registration.frontal[..., :2], registration.quaternions
    pictures = np.arange(len(frontal)) / track.fps
    times = np.clip(np.arange(frames) / frame_rate, pictures[0], pictures[-1])
    if len(frontal) == 1:
        return np.repeat(frontal, frames, 0).astype(np.float32), np.repeat(quaternions, frames, 0).astype(np.float32)
    landmarks = PchipInterpolator(pictures, frontal, axis=0)(times)
    return landmarks.astype(np.float32), interpolate(quaternions, pictures, times).astype(np.float32)


def base_frame(landmarks: np.ndarray) -> int:
    """The frame of `(frames, 68, 2)` that stands for the photograph in validation and test: its most closed mouth."""
    return int(mouth_area(landmarks).argmin())


class LandmarkClips(Dataset):
    """Cuts of stores, one a draw; training varies voice, face, pose and base frame.

    Args:
        cuts: store and item of each cut; arrays `mels` (T, bands), `landmarks` (T, 68, 2), `quaternions` (T, 4).
        augmentation: sizes of the variations; None for validation and test, where the base frame is `base_frame`.
    """

    def __init__(self, cuts: list[tuple[Store, int]], augmentation: AugmentationSettings | None):
        self.cuts = cuts
        self.augmentation = augmentation

    def __len__(self) -> int:
        return len(self.cuts)

    def __getitem__(self, draw: Draw | int) -> dict[str, np.ndarray]:
        store, item = self.cuts[draw.index if isinstance(draw, Draw) else draw]
        mel, landmarks, quaternions = (
            np.array(store.array(name, item)) for name in ("mels", "landmarks", "quaternions")
        )
        base = base_frame(landmarks)
        if self.augmentation is not None and isinstance(draw, Draw):
            generator = draw.generator()
            mel = vary_voice(mel, self.augmentation, generator)
            landmarks = vary_face(landmarks, self.augmentation, generator)
            quaternions = vary_pose(quaternions, self.augmentation, generator)
            base = int(generator.integers(len(landmarks)))
        return {
            "mels": mel,
            "landmarks": landmarks,
            "quaternions": quaternions,
            "base_landmarks": landmarks[base],
            "base_quaternions": quaternions[base],
        }


def collate(items: list[dict[str, np.ndarray]]) -> LandmarkBatch:
    """Pad cuts to the longest: mels `(frames, bands)` with silence, landmarks and quaternions with the last face."""
    lengths = [len(item["mels"]) for item in items]
    longest = max(lengths)

    def padded(name: str, **how: Any) -> torch.Tensor:
        arrays = []
        for item, length in zip(items, lengths, strict=True):
            rest = ((0, longest - length), *((0, 0) for _ in item[name].shape[1:]))
            arrays.append(np.pad(item[name], rest, **how))
        return torch.from_numpy(np.stack(arrays))

    return LandmarkBatch(
        mels=padded("mels", mode="constant", constant_values=MelSettings().silence),
        lengths=torch.tensor(lengths),
        landmarks=padded("landmarks", mode="edge"),
        quaternions=padded("quaternions", mode="edge"),
        base_landmarks=torch.from_numpy(np.stack([item["base_landmarks"] for item in items])),
        base_quaternions=torch.from_numpy(np.stack([item["base_quaternions"] for item in items])),
    )


class LandmarkDataModule(LightningDataModule):
    """The Obama addresses in cuts of 3 s, 90/5/5 % by hash of the video (so no video is in two splits).

    Args:
        root: folder of the corpora; `Obama` inside.
        features: folder of the feature stores; `landmarks` is made inside when absent.
        batch_size: cuts a batch and device.
        clip_seconds: length of a cut.
        shortest_seconds: what remains of a video after its cuts is kept from this length on (the paper: only whole
            cuts).
        companions: further corpora of talking faces, for training only: other voices and faces ('voxceleb2'; the
            paper has none). Each has a store of its own.
        backend: 'dlib' or 'fan', for videos without `.landmarks.npz`.
        augment: vary voice, face and pose in training (the paper: only the base frame varies).
        workers: processes that load; 0 loads in the training process.
        seed: of order and variations.
    """

    def __init__(
        self,
        root: str = "data/mini",
        features: str = "data/features",
        batch_size: int = 32,
        clip_seconds: float = 3.0,
        shortest_seconds: float = 3.0,
        companions: Sequence[str] = (),
        backend: str = "dlib",
        augment: bool = True,
        workers: int = 0,
        seed: int = 0,
    ):
        super().__init__()
        self.root = Path(root)
        known = sorted(set(READERS) - {"obama"})
        unknown = [name for name in companions if name not in known]
        if unknown:
            raise InputError(f"no companion corpus '{unknown[0]}'; choose from {', '.join(known)}")
        self.folders = {"obama": Path(features) / "landmarks"}
        self.folders |= {name: Path(features) / f"landmarks_{name}" for name in companions}
        self.batch_size = batch_size
        self.backend = backend
        self.augmentation = AugmentationSettings() if augment else AugmentationSettings.off()
        self.workers = workers
        self.seed = seed
        self.mel_settings = MelSettings()
        self.options: dict[str, Any] = {
            "clip_seconds": clip_seconds,
            "shortest_seconds": shortest_seconds,
            "backend": backend,
            "mel": self.mel_settings.as_dict(),
        }

    def prepare_data(self) -> None:
        for corpus, folder in self.folders.items():
            if (folder / "store.json").is_file():
                self._store(corpus)  # refuses one made with other options
            else:
                self._build(corpus, folder)

    def setup(self, stage: str | None = None) -> None:
        stores = {corpus: self._store(corpus) for corpus in self.folders}

        def part(name: str, augmentation: AugmentationSettings | None) -> LandmarkClips:
            cuts = [
                (store, index)
                for store in stores.values()
                for index, split in enumerate(store.manifest["split"])
                if split == name
            ]
            return LandmarkClips(cuts, augmentation)

        self.training = part("train", self.augmentation)
        self.validation = part("validation", None)
        self.test = part("test", None)

    def train_dataloader(self) -> DataLoader:
        return training_loader(self.training, self.batch_size, self.seed, collate, self.workers)

    def val_dataloader(self) -> DataLoader:
        return self._loader(self.validation)

    def test_dataloader(self) -> DataLoader:
        return self._loader(self.test)

    def _loader(self, dataset: LandmarkClips) -> DataLoader:
        return DataLoader(
            dataset,
            batch_size=self.batch_size,
            collate_fn=collate,
            num_workers=self.workers,
            persistent_workers=self.workers > 0,
        )

    def _store(self, corpus: str) -> Store:
        return Store(self.folders[corpus], {"corpus": corpus, **self.options})

    def _build(self, corpus: str, folder: Path) -> None:
        options = {"corpus": corpus, **self.options}
        write_clip_store(folder, options, READERS[corpus](self.root), self._cuts, f"landmarks of {corpus}")

    def _cuts(self, clip: Clip) -> Iterator[tuple[dict[str, Any], dict[str, np.ndarray]]]:
        split = (clip.split or split_of(clip.id)) if clip.corpus == "obama" else "train"
        settings = self.mel_settings
        mel = log_mel(torch.from_numpy(read_audio(clip.audio, settings.sample_rate)), settings).numpy()
        landmarks, quaternions = upsample(read_track(clip, self.backend), len(mel), settings.frame_rate)
        whole = round(self.options["clip_seconds"] * settings.frame_rate)
        shortest = round(self.options["shortest_seconds"] * settings.frame_rate)
        for begin in range(0, len(mel), whole):
            cut = slice(begin, begin + whole)
            if len(mel[cut]) < shortest:
                break
            yield (
                {"clip": clip.id, "begin": begin, "split": split},
                {"mels": mel[cut], "landmarks": landmarks[cut], "quaternions": quaternions[cut]},
            )

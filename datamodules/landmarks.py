"""Clips for the landmark predictor: mels and registered landmarks, both at the mel's 80 Hz (section IV-A3 and 4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pytorch_lightning import LightningDataModule
from scipy.interpolate import PchipInterpolator
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from anyonenet.audio.files import read_audio
from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.errors import CorpusError
from anyonenet.face.mouth import mouth_area
from anyonenet.face.quaternion import interpolate
from anyonenet.face.registration import register_clip
from anyonenet.types import LandmarkBatch
from datamodules.corpora.manifest import Clip, split_of
from datamodules.corpora.obama import read_clips
from datamodules.face_tracks import FaceTrack, read_track
from datamodules.landmark_augmentation import AugmentationSettings, vary_face, vary_pose, vary_voice
from datamodules.sampling import Draw, DrawSampler
from datamodules.store import Store, StoreWriter


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
    """The frame that stands for the photograph in validation and test: the one with the mouth most closed."""
    return int(mouth_area(landmarks).argmin())


class LandmarkClips(Dataset):
    """Cuts of a store, one a draw; training varies voice, face, pose and base frame.

    Args:
        store: arrays `mels` (T, bands), `landmarks` (T, 68, 2), `quaternions` (T, 4).
        indices: the items that belong to this split.
        augmentation: sizes of the variations; None for validation and test, where the base frame is `base_frame`.
    """

    def __init__(self, store: Store, indices: list[int], augmentation: AugmentationSettings | None):
        self.store = store
        self.indices = indices
        self.augmentation = augmentation

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, draw: Draw | int) -> dict[str, np.ndarray]:
        item = self.indices[draw.index if isinstance(draw, Draw) else draw]
        mel, landmarks, quaternions = (
            np.array(self.store.array(name, item)) for name in ("mels", "landmarks", "quaternions")
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
    """Pad with silence, and with the last face."""
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
        backend: str = "dlib",
        augment: bool = True,
        workers: int = 0,
        seed: int = 0,
    ):
        super().__init__()
        self.root = Path(root)
        self.folder = Path(features) / "landmarks"
        self.batch_size = batch_size
        self.backend = backend
        self.augmentation = AugmentationSettings() if augment else AugmentationSettings.off()
        self.workers = workers
        self.seed = seed
        self.mel_settings = MelSettings()
        self.options: dict[str, Any] = {
            "corpus": "obama",
            "clip_seconds": clip_seconds,
            "shortest_seconds": shortest_seconds,
            "backend": backend,
            "mel": self.mel_settings.as_dict(),
        }

    def prepare_data(self) -> None:
        if (self.folder / "store.json").is_file():
            Store(self.folder, self.options)  # refuses one made with other options
            return
        clips = read_clips(self.root)
        with StoreWriter(self.folder, self.options) as writer:
            for clip in tqdm(clips, desc="landmarks", unit="video"):
                try:
                    cuts = list(self._cuts(clip))
                except CorpusError as error:
                    writer.skip(str(clip.video), str(error))
                    continue
                for fields, arrays in cuts:
                    writer.add(fields, arrays)
        if writer.skipped:
            print(f"{len(writer.skipped)} of {len(clips)} videos skipped: see {self.folder / 'skipped.csv'}")

    def setup(self, stage: str | None = None) -> None:
        store = Store(self.folder, self.options)
        splits = store.manifest["split"].tolist()

        def part(name: str, augmentation: AugmentationSettings | None) -> LandmarkClips:
            return LandmarkClips(store, [i for i, split in enumerate(splits) if split == name], augmentation)

        self.training = part("train", self.augmentation)
        self.validation = part("validation", None)
        self.test = part("test", None)

    def train_dataloader(self) -> DataLoader:
        sampler = DrawSampler(self.training, self.seed)
        return self._loader(self.training, sampler=sampler, drop_last=len(self.training) >= self.batch_size)

    def val_dataloader(self) -> DataLoader:
        return self._loader(self.validation)

    def test_dataloader(self) -> DataLoader:
        return self._loader(self.test)

    def _loader(self, dataset: LandmarkClips, **options: Any) -> DataLoader:
        return DataLoader(
            dataset,
            batch_size=self.batch_size,
            collate_fn=collate,
            num_workers=self.workers,
            persistent_workers=self.workers > 0,
            **options,
        )

    def _cuts(self, clip: Clip) -> Iterator[tuple[dict[str, Any], dict[str, np.ndarray]]]:
        settings = self.mel_settings
        mel = log_mel(torch.from_numpy(read_audio(clip.audio, settings.sample_rate)), settings).numpy()
        landmarks, quaternions = upsample(read_track(clip, self.backend), len(mel), settings.frame_rate)
        whole = round(self.options["clip_seconds"] * settings.frame_rate)
        shortest = round(self.options["shortest_seconds"] * settings.frame_rate)
        for begin in range(0, len(mel), whole):
            cut = slice(begin, begin + whole)
            if len(mel[cut]) < shortest:
                break
            fields = {"clip": clip.id, "begin": begin, "split": clip.split or split_of(clip.id)}
            yield fields, {"mels": mel[cut], "landmarks": landmarks[cut], "quaternions": quaternions[cut]}

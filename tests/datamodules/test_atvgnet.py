"""Batches of ATVGnet: heads aligned to the photo's, windows of sound around frames, the basis of the training part."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from anyonenet.errors import InputError
from anyonenet.face.template import STABLE, frontal_template
from datamodules.atvgnet_frames import ATVGnetFramesDataModule
from datamodules.atvgnet_landmarks import ATVGnetLandmarksDataModule, collate
from datamodules.sampling import Draw
from datamodules.store import StoreWriter
from datamodules.talking_clips import TalkingClipsDataModule

SPLITS = ("train", "train", "validation", "test")
STABLE_POINTS = list(STABLE)


def write_store(module: TalkingClipsDataModule) -> None:
    """Faces that wander through the picture and open their mouths in the rhythm of a tone; a spot is at the nose."""
    recipe = module.recipes["mine"]
    with StoreWriter(module.features / recipe.name, recipe.options) as writer:
        for number, split in enumerate(SPLITS):
            count = 25 + number
            time = np.arange(count)
            frontal = np.repeat(frontal_template()[None, :, :2], count, 0).astype(np.float32)
            frontal[:, [65, 66, 67], 1] += 0.1 + 0.1 * np.sin(time)[:, None]
            landmarks = frontal * 60 + np.stack([118 + time, 120 - 0 * time], -1)[:, None]
            jpegs = []
            for points in landmarks:
                picture = np.full((256, 256, 3), 60, np.uint8)
                cv2.circle(picture, tuple(int(v) for v in points[30]), 6, (255, 255, 255), -1)
                jpegs.append(cv2.imencode(".jpg", picture)[1].ravel())
            sound = 8000 * np.sin(np.arange(640 * count) / 10) * (np.sin(np.arange(640 * count) / 640) > 0)
            arrays = {
                "jpegs": np.concatenate(jpegs),
                "sizes": np.array([len(jpeg) for jpeg in jpegs], np.int32),
                "landmarks": landmarks.astype(np.float32),
                "frontal": frontal,
                "quaternions": np.tile(np.float32([1, 0, 0, 0]), (count, 1)),
                "samples": sound.astype(np.int16),
            }
            fields = {"corpus": "mine", "clip": f"c{number}", "person": f"p{number}", "begin": 0.0, "split": split}
            writer.add(fields, arrays)


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("features")
    write_store(ATVGnetFramesDataModule(features=str(folder), corpora=["mine"]))
    return folder


def test_heads_are_laid_on_the_photos(features: Path) -> None:
    data = ATVGnetFramesDataModule(features=str(features), corpora=["mine"], frames=5, side=64, batch_size=2)
    data.setup()
    batch = next(iter(data.train_dataloader()))
    assert batch.frames.shape == (2, 5, 3, 64, 64) and batch.photos.shape == (2, 3, 64, 64)
    own = batch.photo_landmarks[:, None, STABLE_POINTS]
    torch.testing.assert_close(batch.landmarks[:, :, STABLE_POINTS], own.expand(-1, 5, -1, -1), rtol=0, atol=1e-2)
    assert (batch.landmarks[:, :, 66] - batch.landmarks[:, :1, 66]).abs().max() > 0.02
    # the spot is where the landmarks have the nose, in the photo and in every frame
    item = data.validation[0]
    for picture, points in zip([item["photos"], *item["frames"]], [item["photo_landmarks"], *item["landmarks"]]):
        row, column = np.argwhere(picture[..., 0] > 180).mean(0)
        assert np.abs((np.array([column, row]) + 0.5) / 32 - 1 - points[30]).max() < 0.06


def test_training_varies_and_validation_never(features: Path) -> None:
    data = ATVGnetFramesDataModule(features=str(features), corpora=["mine"], frames=5, side=32)
    data.setup()
    same, other = (data.training[Draw(0, 0, epoch)] for epoch in (1, 2))
    np.testing.assert_array_equal(same["frames"], data.training[Draw(0, 0, 1)]["frames"])
    assert np.abs(same["frames"].astype(int) - other["frames"]).max() > 0
    np.testing.assert_array_equal(data.validation[0]["frames"], data.validation[Draw(0, 0, 5)]["frames"])
    kinds = [
        ATVGnetFramesDataModule(features=str(features), corpora=["mine"], frames=5, side=32, augment=kind)
        for kind in ("light", "strong", None)
    ]
    for kind in kinds:
        kind.setup()
    light, strong, plain = ({e: kind.training[Draw(0, 0, e)]["photos"] for e in range(8)} for kind in kinds)
    assert [len({photo.tobytes() for photo in photos.values()}) for photos in (light, strong)] == [8, 8]
    assert not any(np.array_equal(light[e], strong[e]) for e in range(8))
    background = {tuple(photo[-1, -1]) for photo in plain.values()}
    assert len(background) == 1 and len({tuple(photo[-1, -1]) for photo in light.values()}) > 1
    with pytest.raises(InputError, match="30 frames are wanted of cuts of 1 s; expected 1 to 25"):
        ATVGnetFramesDataModule(features=str(features), corpora=["mine"], frames=30)


def test_sound_lies_around_each_frame_and_padding_is_silent(features: Path) -> None:
    data = ATVGnetLandmarksDataModule(features=str(features), corpora=["mine"], augment=False, frames=25)
    data.setup()
    first, last = data.test[0], data.validation[0]
    assert first["audio"].shape == (28, 28, 12) and first["landmarks"].shape == (28, 68, 2)
    # frames are four steps apart, so a window is its neighbour's, moved by four
    np.testing.assert_array_equal(first["audio"][10, 4:], first["audio"][11, :-4])
    opening = first["landmarks"][:, 66, 1] - first["landmarks"][:, 62, 1]
    np.testing.assert_allclose(first["examples"][66, 1] - first["examples"][62, 1], opening.min(), atol=1e-6)
    batch = collate([first, last])
    assert batch.lengths.tolist() == [28, 27] and batch.audio[1, 27:].abs().max() == 0
    torch.testing.assert_close(batch.landmarks[1, 27], batch.landmarks[1, 26])
    short = ATVGnetLandmarksDataModule(features=str(features), corpora=["mine"], frames=7)
    short.setup()
    taken = short.training[Draw(0, 0, 0)]
    assert len(taken["audio"]) == len(taken["landmarks"]) == 7


def test_the_basis_is_that_of_the_training_part(features: Path) -> None:
    data = ATVGnetLandmarksDataModule(features=str(features), corpora=["mine"])
    data.setup()
    basis = data.landmark_basis(2)
    assert np.abs(basis.directions[0, [2 * 65 + 1, 2 * 66 + 1, 2 * 67 + 1]]).min() > 0.5
    assert basis.explained[0] == pytest.approx(1, abs=1e-3)

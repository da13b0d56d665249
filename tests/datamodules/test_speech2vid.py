"""What Speech2Vid trains on: registered pictures, the window that is heard at the frame, stills from elsewhere."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from anyonenet.audio.mfcc import mfcc
from anyonenet.errors import InputError
from anyonenet.face.canonical import canonical_landmarks
from anyonenet.face.mouth import mouth_opening
from anyonenet.face.template import frontal_template
from datamodules.blurred_faces import BlurredFacesDataModule
from datamodules.sampling import Draw
from datamodules.speech2vid import Speech2VidDataModule, apart, chosen_frames, far_frames
from datamodules.store import StoreWriter
from datamodules.talking_clips import TalkingClipsDataModule

COUNT, SIDE = 45, 48


def film(module: TalkingClipsDataModule) -> None:
    """Two cuts of a face that wanders; frame f has grey 5 f and a mouth that opens with it."""
    recipe = module.recipes["mine"]
    with StoreWriter(module.features / recipe.name, recipe.options) as writer:
        for number, split in enumerate(("train", "test")):
            landmarks = np.repeat(frontal_template()[None, :, :2], COUNT, 0)
            landmarks[:, [65, 66, 67], 1] += 0.01 * np.arange(COUNT)[:, None]
            placed = landmarks * 60 + [128, 110] + np.arange(COUNT)[:, None, None] * [0.5, 0.2]
            jpegs = [cv2.imencode(".jpg", np.full((256, 256, 3), 5 * f, np.uint8))[1].ravel() for f in range(COUNT)]
            generator = np.random.default_rng(number)
            writer.add(
                {"corpus": "mine", "clip": f"c{number}", "person": "p", "begin": 0.0, "split": split},
                {
                    "jpegs": np.concatenate(jpegs),
                    "sizes": np.array([len(jpeg) for jpeg in jpegs], np.int32),
                    "landmarks": placed.astype(np.float32),
                    "frontal": landmarks.astype(np.float32),
                    "quaternions": np.tile(np.float32([1, 0, 0, 0]), (COUNT, 1)),
                    "samples": (3000 * generator.standard_normal(640 * COUNT)).astype(np.int16),
                },
            )


@pytest.fixture
def data(tmp_path: Path) -> Speech2VidDataModule:
    module = Speech2VidDataModule(
        side=SIDE, stills=2, frames_per_cut=3, batch_size=1, features=str(tmp_path), corpora=["mine"]
    )
    film(module)
    module.setup()
    return module


def greys(pictures: torch.Tensor) -> np.ndarray:
    """The frame that each picture shows."""
    return ((pictures.mean((1, 2, 3)) + 1) * 127.5 / 5).round().int().numpy()


def test_a_batch_has_every_frame_of_its_cuts(data: Speech2VidDataModule) -> None:
    batch = next(iter(data.train_dataloader()))
    assert batch.mfccs.shape == (3, 35, 12) and batch.stills.shape == (3, 6, SIDE, SIDE)
    assert batch.targets.shape == (3, 3, SIDE, SIDE)
    frames = greys(batch.targets)
    for still in (batch.stills[:, :3], batch.stills[:, 3:]):
        assert (np.abs(greys(still) - frames) >= 10).all()
    assert (np.diff(frames) > 0).all()


def test_the_window_is_heard_around_its_frame(data: Speech2VidDataModule) -> None:
    whole = mfcc(torch.from_numpy(data.cuts.sound(1)))
    batch = next(iter(data.test_dataloader()))
    for window, frame in zip(batch.mfccs, greys(batch.targets), strict=True):
        torch.testing.assert_close(window[17], whole[4 * frame])
        torch.testing.assert_close(window, whole[4 * frame - 17 : 4 * frame + 18])


def test_faces_are_where_the_canonical_one_is(data: Speech2VidDataModule) -> None:
    batch = next(iter(data.test_dataloader()))
    wanted = canonical_landmarks(SIDE)
    still = [*range(60), 60, 61, 62, 63, 64]
    np.testing.assert_allclose(batch.target_landmarks[:, still].numpy(), np.tile(wanted[still], (3, 1, 1)), atol=0.01)
    assert (mouth_opening(batch.target_landmarks).diff() > 0).all()


def test_no_still_of_the_test_is_among_its_frames(data: Speech2VidDataModule) -> None:
    batch = next(iter(data.test_dataloader()))
    first, last = greys(batch.stills[:, :3]), greys(batch.stills[:, 3:])
    assert set(first) == {0} and set(last) == {14}  # the most closed and the most open of the first third
    assert greys(batch.targets).min() >= 15
    known, numbers = apart(2, 4)
    assert known == slice(0, 1) and numbers.tolist() == [1] * 4


def test_light_varies_alike_and_half_are_mirrored(data: Speech2VidDataModule) -> None:
    data.training.augment = "light"  # type: ignore[attr-defined]
    plain, sides = canonical_landmarks(SIDE), set()
    for epoch in range(6):
        item = data.training[Draw(0, 0, epoch)]
        again = data.training[Draw(0, 0, epoch)]
        np.testing.assert_array_equal(item["targets"], again["targets"])
        sides.add(bool(item["target_landmarks"][0, 36, 0] > plain[39, 0]))
        assert item["target_landmarks"][0, 36, 0] < item["target_landmarks"][0, 45, 0]
    grey = item["targets"].mean((1, 2, 3))
    assert np.abs(grey - data.training[Draw(0, 0, 0)]["targets"].mean((1, 2, 3))).max() > 1


def test_choices_of_frames() -> None:
    assert chosen_frames(30, 3, None).tolist() == [5, 15, 25]
    generator = np.random.default_rng(0)
    for number in (0, 20, 39):
        far = far_frames(number, 40, 5, generator)
        assert len(set(far.tolist())) == 5 and (np.abs(far - number) >= 10).all()
    assert far_frames(2, 5, 2, generator).tolist() == [0, 0]  # the farthest there is


def test_blurred_faces(tmp_path: Path) -> None:
    module = BlurredFacesDataModule(
        side=SIDE, patch=16, frames_per_cut=2, batch_size=1, features=str(tmp_path), corpora=["mine"]
    )
    film(module)
    module.setup()
    training, test = next(iter(module.train_dataloader())), next(iter(module.test_dataloader()))
    assert training.sharp.shape == training.blurred.shape == (2, 3, 16, 16)
    assert test.sharp.shape == (2, 3, SIDE, SIDE)
    torch.testing.assert_close(test.sharp, test.blurred, atol=0.02, rtol=0)  # of one grey: nothing to blur


def test_sizes_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="patch 200 of side 112"):
        BlurredFacesDataModule(patch=200)
    with pytest.raises(InputError, match="stills is 0"):
        Speech2VidDataModule(stills=0)

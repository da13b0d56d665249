import numpy as np
import pytest

from anyonenet.errors import InputError
from anyonenet.face.sketch import draw_sketch
from anyonenet.face.space_time import sketch_volume, window
from anyonenet.face.template import frontal_template
from datamodules.picture_augmentation import draw_variation
from datamodules.write_a_speaker_frames import SpaceTimeDataModule, SpaceTimeFrames, collate

SIDE = 64


class Walk:
    """Cuts of eight frames in which a face goes to the right, over a picture as bright as the frame's number."""

    manifest = None
    frame_counts = np.array([8, 8])

    def landmarks(self, item: int, side: int | None = None) -> np.ndarray:
        face = frontal_template()[:, :2] * 15 + 30
        return np.stack([face + (frame, 0) for frame in range(8)]).astype(np.float32)

    def picture(self, item: int, frame: int, side: int | None = None) -> np.ndarray:
        return np.full((SIDE, SIDE, 3), 10 * frame, np.uint8)


class Named(dict):
    def __missing__(self, row: int) -> str:
        return f"walk/{row}"


def frames(training: bool = False, **options) -> SpaceTimeFrames:
    made = SpaceTimeFrames.__new__(SpaceTimeFrames)
    made.cuts, made.training, made._names = Walk(), training, Named()
    made.side, made.frames = SIDE, options.get("frames", 5)
    made.varied, made.first_share = options.get("varied"), options.get("first_share", 0.0)
    return made


def test_a_window_ends_where_the_cut_does():
    tracks = np.arange(8)[:, None]
    assert window(tracks, 4, 5)[:, 0].tolist() == [2, 3, 4, 5, 6]
    assert window(tracks, 0, 5)[:, 0].tolist() == [0, 0, 0, 1, 2]
    assert window(tracks, 7, 5)[:, 0].tolist() == [5, 6, 7, 7, 7]


def test_a_volume_is_its_sketches_oldest_first():
    points = Walk().landmarks(0)[:5]
    volume = sketch_volume(points, SIDE)
    assert volume.shape == (SIDE, SIDE, 15)
    for place in range(5):
        assert (volume[..., 3 * place : 3 * place + 3] == draw_sketch(points[place], SIDE)).all()


def test_an_example_is_the_frame_its_neighbours_and_a_photo():
    example = frames().frame(0, 4, 1)
    assert (example["targets"] == 40).all() and (example["photos"] == 10).all()
    points = Walk().landmarks(0)
    np.testing.assert_allclose(example["target_landmarks"], points[4])
    np.testing.assert_allclose(example["photo_landmarks"], points[1])
    assert (example["volumes"] == sketch_volume(points[2:7], SIDE)).all()
    # three pixels back to where the photo has it, of half a side of 32
    assert example["motion_fields"][30, 34, 0] == pytest.approx(-3 / 32, rel=0.2)


def test_validation_draws_the_same_again_and_training_another_each_time():
    still = [frames().item(0, None) for _ in range(2)]
    assert (still[0]["photos"] == 0).all() and (still[0]["targets"] == still[1]["targets"]).all()
    data = frames(True)
    seen = {
        (e["photos"][0, 0, 0], e["targets"][0, 0, 0])
        for e in (data.item(0, np.random.default_rng(k)) for k in range(12))
    }
    assert len(seen) > 6 and any(photo for photo, _ in seen)
    first = frames(True, first_share=1.0)
    assert all((first.item(0, np.random.default_rng(k))["photos"] == 0).all() for k in range(6))


def test_variation_moves_frame_photo_and_all_sketches_alike():
    data, variation = frames(), draw_variation(SIDE, np.random.default_rng(3))
    plain, varied = data.frame(0, 4, 0), data.frame(0, 4, 0, variation)
    expected = variation.points(plain["target_landmarks"], SIDE)
    np.testing.assert_allclose(varied["target_landmarks"], expected)
    np.testing.assert_allclose(varied["photo_landmarks"], variation.points(plain["photo_landmarks"], SIDE))
    middle = varied["volumes"][..., 6:9]
    assert (middle == draw_sketch(expected, SIDE)).all() and not (varied["targets"] == plain["targets"]).all()


def test_a_batch():
    batch = collate([frames().frame(0, 3), frames().frame(1, 5)])
    assert batch.volumes.shape == (2, 15, SIDE, SIDE) and batch.volumes.is_contiguous()
    assert batch.sketches.shape == batch.photos.shape == batch.motion_fields.shape == (2, 3, SIDE, SIDE)
    assert (batch.sketches == batch.volumes[:, 6:9]).all() and batch.sketches.max() == 1
    assert float(batch.targets[1].mean()) == pytest.approx(50 / 127.5 - 1)


def test_an_even_window_is_refused(tmp_path):
    with pytest.raises(InputError, match="frames is 4"):
        SpaceTimeDataModule(str(tmp_path), str(tmp_path), frames=4)

from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.errors import CorpusError
from anyonenet.face import quaternion
from anyonenet.face.mouth import mouth_opening
from anyonenet.face.template import frontal_template
from datamodules.landmark_augmentation import AugmentationSettings, vary_face, vary_pose, vary_voice
from datamodules.landmarks import LandmarkDataModule, base_frame, collate
from datamodules.sampling import Draw
from datamodules.store import StoreWriter


def talking(frames: int = 26) -> tuple[np.ndarray, np.ndarray]:
    """Frontal landmarks that open and close, and quaternions that turn: `(frames, 68, 3)`, `(frames, 4)`."""
    frontal = np.repeat(frontal_template()[None], frames, 0)
    gap = frontal[0, [65, 66, 67], 1] - frontal[0, [63, 62, 61], 1]
    frontal[:, [65, 66, 67], 1] -= gap
    frontal[:, [65, 66, 67], 1] += (np.arange(frames) % 5 == 2)[:, None] * 0.2
    yaw = 0.2 * np.sin(np.arange(frames) / 6)
    return frontal, quaternion.from_rotation_vector(np.stack([0 * yaw, yaw, 0 * yaw], -1))


def test_base_frame_is_the_closed_mouth():
    landmarks = np.repeat(frontal_template()[None, :, :2], 3, 0)
    landmarks[[0, 2], 65:68, 1] += 0.1
    assert base_frame(landmarks) == 1


def test_faces_vary_but_closed_lips_stay_closed():
    frontal, _ = talking()
    landmarks = frontal[..., :2].astype(np.float32)
    closed = landmarks[0, [61, 62, 63]] * [1, 0] + landmarks[0, [67, 66, 65]] * [0, 1]
    landmarks[0, [61, 62, 63]] = landmarks[0, [67, 66, 65]] = closed
    for seed in range(5):
        varied = vary_face(landmarks, AugmentationSettings(), np.random.default_rng(seed))
        assert np.abs(varied[0] - landmarks[0]).max() > 0.005
        assert abs(mouth_opening(varied)[0]) < 1e-6
        assert mouth_opening(varied)[2] == pytest.approx(mouth_opening(landmarks)[2], rel=0.35)


def test_voices_vary_within_bounds_and_off_means_off():
    mel = np.random.default_rng(0).normal(size=(40, 80)).astype(np.float32)
    varied = vary_voice(mel, AugmentationSettings(), np.random.default_rng(1))
    assert varied.shape == mel.shape
    assert varied.dtype == np.float32
    assert np.abs(varied - mel).mean() > 0.1
    off = AugmentationSettings.off()
    np.testing.assert_allclose(vary_voice(mel, off, np.random.default_rng(1)), np.maximum(mel, -2.6052), atol=1e-3)


def test_a_longer_throat_lowers_the_formants():
    mel = np.zeros((1, 80), dtype=np.float32)
    mel[0, 50] = 5.0
    only_tract = AugmentationSettings(**{**vars(AugmentationSettings.off()), "tract_scale": 0.2})
    peaks = {int(vary_voice(mel, only_tract, np.random.default_rng(seed)).argmax()) for seed in range(10)}
    assert min(peaks) < 48 < 52 < max(peaks)


def test_pose_varies_alike_over_the_clip():
    _, turned = talking()
    varied = vary_pose(turned, AugmentationSettings(), np.random.default_rng(0))
    before = quaternion.angle_between(turned[1:], turned[:-1])
    np.testing.assert_allclose(quaternion.angle_between(varied[1:], varied[:-1]), before, atol=1e-3)
    assert quaternion.angle_between(varied[0], turned[0]) > 0.01


def write_store(module: LandmarkDataModule, corpus: str, cuts: list[tuple[int, str]]) -> None:
    """A store of cuts, given as frames and split."""
    recipe = module.recipes[corpus]
    rng = np.random.default_rng(0)
    with StoreWriter(module.features / recipe.name, recipe.options) as writer:
        for number, (frames, split) in enumerate(cuts):
            frontal, turned = talking(frames)
            arrays = {
                "mels": rng.normal(size=(frames, 80)).astype(np.float32),
                "landmarks": frontal[..., :2].astype(np.float32),
                "quaternions": turned.astype(np.float32),
            }
            writer.add({"clip": f"c{number}", "corpus": corpus, "begin": 0, "split": split}, arrays)


def module_of(features: Path, **options) -> LandmarkDataModule:
    return LandmarkDataModule(features=str(features), batch_size=2, **{"shortest_seconds": 0.25, **options})


@pytest.fixture
def data(tmp_path) -> LandmarkDataModule:
    module = module_of(tmp_path)
    splits = ["train", "train", "train", "validation", "test"]
    write_store(module, "obama", [(20 + number, split) for number, split in enumerate(splits)])
    module.prepare_data()
    module.setup()
    return module


def test_batches(data):
    batch = next(iter(data.train_dataloader()))
    longest = int(batch.lengths.max())
    assert batch.mels.shape == (2, longest, 80)
    assert batch.landmarks.shape == (2, longest, 68, 2)
    assert batch.base_quaternions.shape == (2, 4)
    assert len(data.val_dataloader()) == len(data.test_dataloader()) == 1


def test_training_varies_by_epoch_and_validation_never(data):
    def item(epoch):
        return data.training[Draw(0, seed=0, epoch=epoch)]

    assert np.abs(item(0)["mels"] - item(1)["mels"]).max() > 0
    np.testing.assert_array_equal(item(1)["mels"], item(1)["mels"])
    first = data.validation[0]
    np.testing.assert_array_equal(first["base_landmarks"], first["landmarks"][base_frame(first["landmarks"])])


def test_padding_is_silence_and_the_last_face(data):
    batch = collate([data.training[0], data.training[2]])
    short, long = batch.lengths.tolist()
    assert short < long
    assert (batch.mels[0, short:] < -2.6).all()
    torch.testing.assert_close(batch.landmarks[0, short:], batch.landmarks[0, short - 1].expand(long - short, -1, -1))


def test_other_options_are_refused(data, tmp_path):
    for other in (LandmarkDataModule(features=str(tmp_path), clip_seconds=2.0), module_of(tmp_path, backend="fan")):
        with pytest.raises(CorpusError, match=r"clip_seconds = 3.0, wanted 2.0|backend = 'dlib', wanted 'fan'"):
            other.prepare_data()
        with pytest.raises(CorpusError, match="delete it or choose another folder"):
            other.setup()


def test_short_cuts_are_left_out_when_the_store_is_read(data, tmp_path):
    longer = module_of(tmp_path, shortest_seconds=22 / 80)
    longer.setup()
    assert [len(part) for part in (longer.training, longer.validation, longer.test)] == [1, 1, 1]
    none = module_of(tmp_path, shortest_seconds=3.0)
    none.setup()
    with pytest.raises(CorpusError, match="none of the 5 cuts of obama is for training and lasts 3 s; lower shortest"):
        none.train_dataloader()


def test_corpora_come_by_their_weights(data, tmp_path):
    both = module_of(tmp_path, corpora={"obama": 1.0, "voxceleb2": 2.0})
    write_store(both, "voxceleb2", [(30, "train"), (31, "train")])
    both.setup()
    assert len(both.training) == 3 + 2 * 2
    assert len(both.validation) == len(data.validation)
    lengths = sorted(len(both.training[Draw(place, 0, 0)]["mels"]) for place in range(len(both.training)))
    assert lengths == [20, 21, 22, 30, 30, 31, 31]
    assert len(next(iter(both.train_dataloader())).lengths) == 2


def test_own_videos_are_looked_for_under_their_name(tmp_path):
    with pytest.raises(CorpusError, match="mine"):
        LandmarkDataModule(str(tmp_path / "mine"), str(tmp_path / "features"), ["mine"]).prepare_data()

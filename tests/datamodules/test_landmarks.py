import numpy as np
import pytest
import torch

from anyonenet.errors import CorpusError, InputError
from anyonenet.face import quaternion
from anyonenet.face.mouth import mouth_opening
from anyonenet.face.registration import place
from anyonenet.face.template import frontal_template
from datamodules.corpora.manifest import Clip
from datamodules.face_tracks import FaceTrack, read_track
from datamodules.landmark_augmentation import AugmentationSettings, vary_face, vary_pose, vary_voice
from datamodules.landmarks import LandmarkDataModule, base_frame, collate, upsample
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


def track(frames: int = 26) -> FaceTrack:
    frontal, turned = talking(frames)
    image = place(frontal, turned, np.full(frames, 60.0), np.tile([128.0, 128.0, 0.0], (frames, 1)))
    return FaceTrack(image, 25.0)


def test_upsampling_keeps_the_frames_and_the_closed_mouth():
    landmarks, quaternions = upsample(track(), 80, 80.0)
    frontal, turned = talking()
    # every 16th mel frame is every 5th picture
    np.testing.assert_allclose(landmarks[::16], frontal[0:25:5, :, :2], atol=0.02)
    np.testing.assert_allclose(np.abs((quaternions[::16] * turned[0:25:5]).sum(-1)), 1, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(quaternions, axis=-1), 1, atol=1e-5)
    assert mouth_opening(landmarks).min() > -0.005  # no overshoot: lips never cross
    still, _ = upsample(track(1), 80, 80.0)
    assert np.ptp(still, axis=0).max() == 0


def test_face_stands_still_before_and_after_the_pictures():
    landmarks, _ = upsample(track(6), 80, 80.0)
    assert np.ptp(landmarks[16:], axis=0).max() == 0


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


@pytest.fixture
def data(tmp_path) -> LandmarkDataModule:
    module = LandmarkDataModule(features=str(tmp_path), batch_size=2)
    rng = np.random.default_rng(0)
    with StoreWriter(module.folders["obama"], {"corpus": "obama", **module.options}) as writer:
        for number, split in enumerate(["train", "train", "train", "validation", "test"]):
            frames = 20 + number
            landmarks, quaternions = upsample(track(), frames, 80.0)
            arrays = {"mels": rng.normal(size=(frames, 80)).astype(np.float32), "landmarks": landmarks}
            writer.add({"clip": f"c{number}", "begin": 0, "split": split}, {**arrays, "quaternions": quaternions})
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
    with pytest.raises(CorpusError, match="clip_seconds"):
        LandmarkDataModule(features=str(tmp_path), clip_seconds=2.0).prepare_data()


def test_companions_are_for_training_only(data, tmp_path):
    both = LandmarkDataModule(features=str(tmp_path), batch_size=2, companions=["voxceleb2"])
    with StoreWriter(both.folders["voxceleb2"], {"corpus": "voxceleb2", **both.options}) as writer:
        landmarks, quaternions = upsample(track(), 20, 80.0)
        arrays = {"mels": np.zeros((20, 80), np.float32), "landmarks": landmarks, "quaternions": quaternions}
        writer.add({"clip": "v", "begin": 0, "split": "train"}, arrays)
    both.prepare_data()
    both.setup()
    assert len(both.training) == len(data.training) + 1
    assert len(both.validation) == len(data.validation)
    with pytest.raises(InputError, match="no companion corpus 'lrs3'; choose from voxceleb2"):
        LandmarkDataModule(companions=["lrs3"])


def test_tracks_beside_the_video(tmp_path):
    path = tmp_path / "a.landmarks.npz"
    clip = Clip("a", "obama", "obama", tmp_path / "a.mp4", tmp_path / "a.mp4", landmarks=path)
    np.savez(path, landmarks=np.zeros((3, 68, 3)), quaternions=np.zeros((3, 4)), fps=25.0)
    assert read_track(clip).landmarks.dtype == np.float32
    np.savez(path, landmarks=np.zeros((3, 5, 3)), fps=25.0)
    with pytest.raises(CorpusError, match=r"shape \(3, 5, 3\), expected"):
        read_track(clip)
    path.write_bytes(b"no zip")
    with pytest.raises(CorpusError, match="not a landmarks file"):
        read_track(clip)

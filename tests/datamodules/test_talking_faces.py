import cv2
import numpy as np
import pytest

from anyonenet.errors import CorpusError, InputError
from anyonenet.face.motion_field import motion_field
from anyonenet.face.sketch import draw_sketch
from anyonenet.face.square import square_around
from anyonenet.face.template import MIRROR, frontal_template
from anyonenet.render.video import VideoWriter
from datamodules.corpora.manifest import split_of
from datamodules.picture_augmentation import draw_strong_variation, draw_variation
from datamodules.sampling import Draw
from datamodules.store import StoreWriter
from datamodules.talking_faces import TalkingFacesDataModule


def face(x: float) -> np.ndarray:
    """(68, 3) image landmarks of a face at `x`, in a picture of 96 pixels."""
    return (frontal_template() * 28 + [x, 44, 0]).astype(np.float32)


@pytest.fixture
def root(tmp_path):
    """Seven persons, one clip each, whose colour moves with the face."""
    for person in range(7):
        folder = tmp_path / "VoxCeleb2" / "dev" / "mp4" / f"id{person:05d}" / "video"
        folder.mkdir(parents=True)
        places = np.linspace(44, 52, 6)
        with VideoWriter(folder / "00001.mp4", 96, 96, 25, 16000) as writer:
            for x in places:
                frame = np.full((96, 96, 3), 40 + 20 * person, dtype=np.uint8)
                cv2.circle(frame, (int(x), 44), 20, (230, 180, 150), -1)
                writer.write_frame(frame)
                writer.write_audio(np.zeros(640, dtype=np.float32))
        np.savez(
            folder / "00001.landmarks.npz",
            landmarks=np.stack([face(x) for x in places]),
            quaternions=np.tile([1.0, 0, 0, 0], (6, 1)),
            fps=25.0,
        )
    return tmp_path


@pytest.fixture
def data(root):
    module = TalkingFacesDataModule(
        root=str(root), features=str(root / "features"), batch_size=2, size=64, frames_per_clip=3,
        validation_share=0.3, test_share=0.3,
    )  # fmt: skip
    module.prepare_data()
    module.setup()
    return module


def test_batches(data):
    batch = next(iter(data.train_dataloader()))
    for pictures in (batch.photos, batch.sketches, batch.targets, batch.motion_fields):
        assert pictures.shape == (2, 3, 64, 64)
        assert pictures.abs().max() <= 1
    assert batch.target_landmarks.shape == batch.photo_landmarks.shape == (2, 68, 2)
    assert (batch.sketches == 1).float().mean() > 0.5  # white ground


def test_persons_are_in_one_split_only(data):
    persons = data.training.store.manifest["person"]
    for dataset, split in ((data.training, "train"), (data.validation, "validation"), (data.test, "test")):
        assert {split_of(person, 0.3, 0.3) for person in persons[dataset.indices]} <= {split}
    assert sum(map(len, (data.training, data.validation, data.test))) == 7 * 3


def test_own_videos_keep_the_splits_of_their_store(root):
    module = TalkingFacesDataModule(features=str(root / "own"), corpora={"voxceleb2": 1.0, "mine": 2.0}, size=64)
    for corpus, extra in (("voxceleb2", [{}] * 4), ("mine", [{"split": name} for name in ("train", "train", "test")])):
        with StoreWriter(module.features / module.recipes[corpus].name, module.recipes[corpus].options) as writer:
            for number, fields in enumerate(extra):
                picture = cv2.imencode(".jpg", np.full((64, 64, 3), 60 * number + 20, np.uint8))[1].ravel()
                arrays = {"jpegs": picture, "landmarks": face(48)[:, :2]}
                writer.add({"corpus": corpus, "clip": "same name", "person": f"p{number}", **fields}, arrays)
    module.shares = (0.0, 0.0)
    module.setup()
    assert [len(part) for part in (module.training, module.validation, module.test)] == [4 + 2 * 2, 0, 1]
    places = [module.training.mixture.item(Draw(place, 0, 0)) for place in range(8)]
    assert places == [0, 1, 2, 3, 4, 5, 4, 5]
    assert module.training._clips == {("voxceleb2", "same name"): [0, 1, 2, 3], ("mine", "same name"): [4, 5]}


def test_source_is_another_frame_of_the_same_clip(data):
    fixed = data.validation if len(data.validation) else data.test
    for index in range(len(fixed)):
        item = fixed[index]
        ground = item["photos"][2, 2].astype(int) - item["targets"][2, 2].astype(int)
        assert np.abs(ground).max() < 12  # the same person's background
        assert np.abs(item["photos"].astype(int) - item["targets"]).max() > 30  # and the face elsewhere
        np.testing.assert_array_equal(item["photos"], fixed[index]["photos"])


def test_landmarks_lie_on_the_face(data):
    item = data.validation[0] if len(data.validation) else data.test[0]
    # the disc is round about the nose bridge, and lighter than the ground
    x, y = item["target_landmarks"][27]
    assert item["targets"][round(y), round(x), 0] > 200


def test_sketches_are_those_of_the_landmarks(data):
    for part in (part for part in (data.training, data.validation, data.test) if len(part)):
        item = part[Draw(0, 0, 0)]
        np.testing.assert_array_equal(item["sketches"], draw_sketch(item["target_landmarks"], 64))
        np.testing.assert_array_equal(
            item["motion_fields"], motion_field(item["target_landmarks"], item["photo_landmarks"], 64)
        )
        assert np.abs(item["photo_landmarks"] - item["target_landmarks"]).max() > 1


def test_neighbours_share_photo_and_variation(data, root):
    module = TalkingFacesDataModule(
        root=str(root), features=str(root / "features"), batch_size=4, size=64, frames_per_clip=3,
        validation_share=0, test_share=0, neighbours=True,
    )  # fmt: skip
    module.setup()
    frames = module.training.store.manifest["frame"]
    batches = list(module.train_dataloader())
    assert len(batches) == len(module.train_dataloader()) == len(module.training) // 4
    names = [name for batch in batches for name in batch.items]
    for earlier, later in zip(names[::2], names[1::2], strict=True):
        assert earlier.partition("#")[0] == later.partition("#")[0]
        assert earlier != later
    for place in range(len(module.training)):
        first, second = (module.training[Draw(place, 0, 0, part)] for part in (0, 1))
        np.testing.assert_array_equal(first["photos"], second["photos"])
        assert np.abs(first["target_landmarks"] - second["target_landmarks"]).max() > 1
        earlier, later = module.training._targets(Draw(place, 0, 0))
        assert frames[earlier] < frames[later]
    with pytest.raises(InputError, match="must be even, got 3"):
        TalkingFacesDataModule(batch_size=3, neighbours=True)


def test_training_varies_by_epoch(data):
    first, again, later = (data.training[Draw(0, seed=0, epoch=epoch)] for epoch in (0, 0, 1))
    np.testing.assert_array_equal(first["targets"], again["targets"])
    assert np.abs(first["targets"].astype(int) - later["targets"]).max() > 0


def test_strong_variation_is_alike_for_photo_and_target(data):
    module = TalkingFacesDataModule(
        root=str(data.features.parent), features=str(data.features), size=64, frames_per_clip=3,
        validation_share=0, test_share=0, augment="strong", first_share=1.0,
    )  # fmt: skip
    module.setup()
    training = module.training
    frames, epochs = training.store.manifest["frame"], range(12)
    last = [item for item in training.indices if frames[item] == frames.max()]
    for target, epoch in zip(last * 2, epochs):
        place = training.indices.tolist().index(target)
        item = training[Draw(place, 0, epoch)]
        variation = draw_strong_variation(64, _after_choice(Draw(place, 0, epoch), 2))
        picture, points = variation.frame(
            training._picture(target), np.array(training.store.array("landmarks", target))
        )
        np.testing.assert_array_equal(item["targets"], picture)
        np.testing.assert_array_equal(item["target_landmarks"], points)
        photo, points = variation.frame(
            training._picture(target - 2), np.array(training.store.array("landmarks", target - 2))
        )
        np.testing.assert_array_equal(item["photos"], photo)  # the first frame of the clip
        np.testing.assert_array_equal(item["photo_landmarks"], points)


def _after_choice(draw: Draw, others: int) -> np.random.Generator:
    generator = draw.generator()
    generator.integers(others)
    generator.random()
    return generator


def test_variation_moves_points_with_the_picture():
    picture = np.zeros((64, 64, 3), dtype=np.uint8)
    points = np.tile([[20.0, 30.0]], (68, 1)).astype(np.float32)
    points[10], points[6] = [40.0, 22.0], [40.0, 22.0]  # mirror images of each other
    assert MIRROR[10] == 6
    picture[21:24, 39:42] = 255
    for seed in range(6):
        variation = draw_variation(64, np.random.default_rng(seed))
        x, y = variation.points(points, 64)[10].round().astype(int)
        varied = variation.picture(picture)
        assert varied[y, x].min() > 100
        assert varied[y, x].astype(int).sum() == varied.astype(int).sum(-1).max()


def test_square_holds_the_whole_face():
    matrix = square_around(face(48), size=100)
    points = face(48)[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    assert np.ptp(points[:, 1]) == pytest.approx(50)  # half of the side
    assert points.min() > 10
    assert points.max() < 90


def test_other_options_are_refused(data, root):
    with pytest.raises(CorpusError, match="size = 64, wanted 128"):
        TalkingFacesDataModule(root=str(root), features=str(root / "features"), size=128).prepare_data()


def test_unusable_videos_are_listed(root, capsys):
    (root / "VoxCeleb2" / "dev" / "mp4" / "id00000" / "video" / "00001.landmarks.npz").write_bytes(b"no")
    module = TalkingFacesDataModule(root=str(root), features=str(root / "other"), size=64)
    module.prepare_data()
    assert "1 skipped" in capsys.readouterr().err
    assert "not a landmarks file" in (root / "other" / "talking_faces" / "voxceleb2" / "skipped.csv").read_text()
    module.setup()
    assert sum(map(len, (module.training, module.validation, module.test))) == 6 * 6

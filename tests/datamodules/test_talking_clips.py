"""The base of what trains on cuts with frames and sound: lazily decoded, split by person or video, resumable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from anyonenet.errors import CorpusError
from datamodules.corpora.manifest import split_of
from datamodules.mixing import Mixture
from datamodules.sampling import Draw
from datamodules.store import StoreWriter
from datamodules.talking_clips import CutDataset, Cuts, TalkingClipsDataModule

FRAMES = (30, 25, 50)


class Greys(CutDataset):
    """One frame of a cut, in training a random one."""

    def item(self, index: int, generator: np.random.Generator | None) -> dict[str, np.ndarray]:
        frame = 0 if generator is None else int(generator.integers(self.cuts.frame_counts[index]))
        return {"picture": self.cuts.picture(index, frame, 16), "place": np.array([index, frame])}


class GreyModule(TalkingClipsDataModule):
    def dataset(self, cuts: Cuts, mixture: Mixture, training: bool) -> Greys:
        return Greys(cuts, mixture, training)

    def collate(self, items: list[dict[str, np.ndarray]]) -> Any:
        return {name: torch.from_numpy(np.stack([item[name] for item in items])) for name in items[0]}


def write_store(module: TalkingClipsDataModule, corpus: str, fields: list[dict[str, str]]) -> None:
    """Cuts whose frame f is of one grey, 4 f."""
    recipe = module.recipes[corpus]
    with StoreWriter(module.features / recipe.name, recipe.options) as writer:
        for number, extra in enumerate(fields):
            count = FRAMES[number % len(FRAMES)]
            jpegs = [cv2.imencode(".jpg", np.full((256, 256, 3), 4 * f, np.uint8))[1].ravel() for f in range(count)]
            arrays = {
                "jpegs": np.concatenate(jpegs),
                "sizes": np.array([len(jpeg) for jpeg in jpegs], np.int32),
                "landmarks": np.full((count, 68, 2), 127.5, np.float32),
                "frontal": np.zeros((count, 68, 2), np.float32),
                "quaternions": np.tile(np.float32([1, 0, 0, 0]), (count, 1)),
                "samples": np.arange(640 * count, dtype=np.int16),
            }
            writer.add({"corpus": corpus, "clip": f"c{number}", "person": f"p{number}", "begin": 0.0, **extra}, arrays)


@pytest.fixture
def data(tmp_path: Path) -> GreyModule:
    corpora = {"voxceleb2": 1.0, "mine": 2.0}
    module = GreyModule(features=str(tmp_path), corpora=corpora, batch_size=2, validation_share=0.3, test_share=0.3)
    write_store(module, "voxceleb2", [{}] * 8)
    write_store(module, "mine", [{"split": name} for name in ("train", "validation", "test")])
    module.setup()
    return module


def test_a_frame_is_decoded_at_the_side_asked_for(data: GreyModule) -> None:
    for frame in (0, 7, 24):
        for side in (256, 128, 112, 64, 30):
            picture = data.cuts.picture(1, frame, side)
            assert picture.shape == (side, side, 3)
            assert np.abs(picture.astype(int) - 4 * frame).max() <= 1
    with pytest.raises(IndexError, match="cut 1 has 25 frames; there is no frame 25"):
        data.cuts.picture(1, 25)


def test_points_go_with_the_side(data: GreyModule) -> None:
    np.testing.assert_allclose(data.cuts.landmarks(0)[0, 0], 127.5)
    np.testing.assert_allclose(data.cuts.landmarks(0, 64)[0, 0], 31.5)  # still the middle
    assert data.cuts.sound(0).shape == (640 * 30,)
    assert data.cuts.sound(0)[32] == pytest.approx(32 / 32768)


def test_persons_and_videos_are_in_one_split_only(data: GreyModule) -> None:
    rows = data.cuts.manifest
    own = rows["corpus"] == "mine"
    for dataset, split in ((data.training, "train"), (data.validation, "validation"), (data.test, "test")):
        items = sorted({dataset.mixture.item(Draw(place, 0, 0)) for place in range(len(dataset))})
        wanted = [
            row for row in range(len(rows))
            if (rows["split"][row] if own[row] else split_of(rows["person"][row], 0.3, 0.3)) == split
        ]  # fmt: skip
        assert items == wanted
    drawn = [data.training.mixture.item(Draw(place, 0, 0)) for place in range(len(data.training))]
    assert drawn.count(8) == 2  # of weight 2


def test_training_varies_by_epoch_and_test_does_not(data: GreyModule) -> None:
    first, again, later = (data.training[Draw(0, 0, epoch)]["place"] for epoch in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != later).any()
    assert data.test[0]["place"][1] == data.test[Draw(0, 0, 3)]["place"][1] == 0
    assert data.training.item_name(Draw(0, 0, 0)).endswith("@0.0")


def test_a_resumed_epoch_goes_on_where_it_was(data: GreyModule) -> None:
    def places(loader: Any, count: int | None = None) -> list[list[int]]:
        batches = iter(loader)
        return [next(batches)["place"].flatten().tolist() for _ in range(count)] if count else [
            batch["place"].flatten().tolist() for batch in batches
        ]  # fmt: skip

    whole = places(data.train_dataloader())
    stopped = data.train_dataloader()
    assert places(stopped, 1) == whole[:1]
    resumed = data.train_dataloader()
    resumed.load_state_dict({"epoch": 0, "batches": 1})  # type: ignore[attr-defined]
    assert places(resumed) == whole[1:] and len(whole) > 1


def test_too_short_cuts_are_left_out_and_none_is_an_error(data: GreyModule) -> None:
    data.shortest_seconds = 1.1
    data.setup()
    kept = {data.training.mixture.item(Draw(place, 0, 0)) for place in range(len(data.training))}
    assert kept and {int(data.cuts.frame_counts[item]) for item in kept} <= {30, 50}
    data.shortest_seconds = 4.0
    data.setup()
    with pytest.raises(CorpusError, match="none of the 11 cuts of voxceleb2, mine is for training and lasts 4 s"):
        data.train_dataloader()

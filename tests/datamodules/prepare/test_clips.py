"""Which clips, in which split, with which offset of the sound."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from datamodules.corpora.manifest import Clip, split_of
from datamodules.prepare.clips import clip_reader, clip_splits, sound_offset_seconds
from datamodules.prepare.face_models import FaceModels
from datamodules.prepare.landmarks import LandmarkRecipe

HERE = Path("a.mp4")


def clips(corpus: str, names: list[str], persons: int = 1) -> list[Clip]:
    return [Clip(name, corpus, f"p{number % persons}", HERE, HERE) for number, name in enumerate(names)]


def test_the_papers_corpora_keep_their_splits() -> None:
    names = [f"address_{number}" for number in range(30)]
    assert clip_splits(clips("obama", names)) == {name: split_of(name) for name in names}
    assert clip_splits(clips("voxceleb2", names, persons=9)) == {}


def test_few_videos_give_every_split_something() -> None:
    for names in (["a", "b", "c"], ["d", "e", "f", "g", "h", "i"]):
        splits = clip_splits(clips("own", names))
        assert set(splits.values()) == {"train", "validation", "test"}
        assert list(splits.values()).count("train") == len(names) - 2
        assert splits == clip_splits(clips("own", names[::-1]))
    assert clip_splits(clips("own", ["a", "b"])) == {"a": split_of("a"), "b": split_of("b")}


def test_a_person_is_in_one_split_only() -> None:
    own = clips("own", [str(number) for number in range(40)], persons=4)
    splits = clip_splits(own)
    for person in {clip.person for clip in own}:
        assert len({splits[clip.id] for clip in own if clip.person == person}) == 1


@pytest.mark.parametrize("offset", [0, 5, -3])
def test_the_noted_offset_is_in_pictures_of_25_a_second(tmp_path: Path, offset: int) -> None:
    notes = tmp_path / "00001.txt"
    notes.write_text(
        f"Identity  : \tid1\nReference : \tx\nOffset    : \t{offset}\nFV Conf   : \t20.0\t(1)\nASD Conf  : \t5.0\n\n"
        "FRAME \tX \tY \tW \tH \n000000 0.2 0.3 0.4 0.4\n"
    )
    assert sound_offset_seconds(Clip("a", "voxceleb2", "p", HERE, HERE, notes=notes)) == offset / 25
    assert sound_offset_seconds(Clip("a", "voxceleb2", "p", HERE, HERE)) == 0


def test_recipes_travel_to_workers_without_their_models() -> None:
    recipe = LandmarkRecipe("own", clip_reader("own", Path("videos")))
    recipe.models.__dict__["detector"] = lambda: None  # what no pickle takes
    again = pickle.loads(pickle.dumps(recipe))
    assert again.options == recipe.options and "detector" not in vars(again.models)


def test_missing_weights_are_told_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    told = FaceModels("fan", "facenet").problems()
    assert [line.split(" needs ")[1].split(",")[0] for line in told] == [
        "3DFAN4-7835d9f11d.pth.tar",
        "depth-2a464da4ea.pth.tar",
        "20180402-114759-vggface2.pt",
    ]
    assert FaceModels().problems() == []

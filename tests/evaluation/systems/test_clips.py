from __future__ import annotations

import numpy as np
import pytest

from anyonenet.errors import CorpusError
from anyonenet.render.video import VideoWriter
from datamodules.corpora.manifest import split_of
from evaluation.systems.clips import grid_text, held_back_clips, own_clips


def video(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, 32, 32, 5) as writer:
        writer.write_audio(np.zeros(3200, dtype=np.float32))
        writer.write_frame(np.full((32, 32, 3), (5 * sum(path.stem.encode())) % 255, dtype=np.uint8))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bbaf2n", "bin blue at f two now"),
        ("id2_vcd_swwp2s", "set white with p two soon"),
        ("lbbc2a", "lay blue by c two again"),
        ("pwizzp", "place white in z zero please"),
        ("hello1", None),
        ("bbaw2n", None),  # w is not among GRID's letters
        ("bbaf2nn", None),
    ],
)
def test_a_sentence_of_grid_follows_from_its_name(name, text):
    assert grid_text(name) == text


def test_own_clips_have_the_text_beside_them_or_that_of_their_name(tmp_path):
    for name in ("a", "bbaf2n", "c"):
        video(tmp_path / f"{name}.mp4")
    (tmp_path / "a.txt").write_text("Good morning.")
    found = own_clips(tmp_path)
    assert [clip.text for clip in found] == ["Good morning.", "bin blue at f two now", None]
    assert len({clip.name for clip in found}) == 3 and {clip.corpus for clip in found} == {tmp_path.name}
    assert [clip.video.stem for clip in own_clips(tmp_path, most=2)] == ["a", "c"]


def test_held_back_clips_are_those_of_the_test_split(tmp_path):
    names = [f"address_{number:03d}" for number in range(60)]
    test = [name for name in names if split_of(name) == "test"]
    assert test
    for name in [*names[:4], *test]:
        video(tmp_path / "Obama" / f"{name}.mp4")
    expected = sorted({*test, *(name for name in names[:4] if name in test)})
    assert [clip.video.stem for clip in held_back_clips(tmp_path)] == expected
    with pytest.raises(CorpusError, match="VoxCeleb2"):
        held_back_clips(tmp_path, ("voxceleb2",))

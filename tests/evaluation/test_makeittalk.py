"""MakeItTalk's two tables on cuts made by hand and models whose figures are known beforehand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from anyonenet.face import quaternion
from anyonenet.face.template import frontal_template
from anyonenet.types import LandmarkMotion, VoicedLandmarkBatch
from evaluation.makeittalk import MakeItTalkMeasurement, Predictor, _told, measure, training_clips
from evaluation.metrics.retrieved import Retrieval, poses_for

FRAMES = 10
PERSONS = ("voxceleb2/a", "voxceleb2/b", "obama/o", "voxceleb2/c", "voxceleb2/a", "voxceleb2/b", "obama/o")
"""three cuts to be tested, one more of somebody who has none to learn from, and three to learn from"""
TURNS = (0, 0, 0, 0, 12, 30, 8)
"""degrees by which each holds its head"""


def turned(degrees: float) -> np.ndarray:
    return np.tile(quaternion.from_euler(0.0, np.radians(degrees), 0.0), (FRAMES, 1)).astype(np.float32)


class Clips:
    def __init__(self, rows: list[int]):
        self.rows = rows
        self.mixture = SimpleNamespace(item=lambda draw: rows[draw.index])
        corpora, names = zip(*(person.split("/") for person in PERSONS))
        clip = [f"clip{number}" for number in range(len(PERSONS))]
        table = {"corpus": corpora, "person": names, "clip": clip, "begin": 0}
        self.cuts = SimpleNamespace(manifest=pd.DataFrame(table), array=lambda name, row: turned(TURNS[row]))
        self.voices = {row: np.eye(4, dtype=np.float32)[row % 4] for row in range(len(PERSONS))}

    def __len__(self) -> int:
        return len(self.rows)


def batch(rows: list[int]) -> VoicedLandmarkBatch:
    face = torch.from_numpy(frontal_template()[:, :2].astype(np.float32)).repeat(len(rows), FRAMES, 1, 1)
    face[:, :, 65:68, 1] += 0.1 * torch.sin(torch.arange(FRAMES) * 0.9).abs()[:, None]
    poses = torch.from_numpy(np.stack([turned(TURNS[row]) for row in rows]))
    voices = torch.from_numpy(np.stack([Clips(rows).voices[row] for row in rows]))
    lengths = torch.full((len(rows),), FRAMES)
    return VoicedLandmarkBatch(
        torch.zeros(len(rows), FRAMES, 80), lengths, face, poses, face[:, 0].clone(), poses[:, 0].clone(), voices
    )


def data(size: int = 4):
    tested = [0, 1, 2, 3]
    groups = [tested[begin : begin + size] for begin in range(0, 4, size)]
    return SimpleNamespace(
        training=Clips([4, 5, 6]), test=Clips(tested), test_dataloader=lambda: [batch(rows) for rows in groups]
    )


class Knowing:
    """Says the truth of the cuts; with somebody else's manner, a head turned by ten degrees."""

    def __call__(self, mels, landmarks, quaternions, lengths, speakers=None, identity=None) -> LandmarkMotion:
        moved = batch([0]).landmarks - batch([0]).base_landmarks[:, None]
        poses = quaternions[:, None].expand(-1, FRAMES, -1)
        if identity is not None:
            assert identity.shape == speakers.shape and not torch.equal(identity, speakers)
            poses = torch.from_numpy(turned(10)).expand(len(mels), -1, -1)
        return LandmarkMotion(moved.expand(len(mels), -1, -1, -1), poses)


class Still:
    knows_speakers = False

    def __call__(self, mels, landmarks, quaternions, lengths) -> LandmarkMotion:
        return LandmarkMotion(torch.zeros(len(mels), FRAMES, 68, 2), quaternions[:, None].expand(-1, FRAMES, -1))


@pytest.fixture(scope="module")
def figures():
    return measure(data(), {"no_speaker": Knowing(), "full": Knowing(), "anyonenet": Predictor(Still())}, 3, 0)[0]


def test_who_knows_the_truth_makes_no_error(figures):
    for name in ("d_ll", "d_vl", "d_a", "d_l", "d_v", "d_rot", "d_pos"):
        assert figures[f"full/{name}"].value == pytest.approx(0, abs=1e-4)
    assert figures["still/d_a"].value > 0.1 and figures["anyonenet/d_a"].value == figures["still/d_a"].value


def test_retrieved_heads_err_by_what_the_retrieved_clips_differ(figures):
    # a's other clip turns by 12 degrees, b's by 30, c has none
    assert figures["retrieve_same/d_rot"].value == pytest.approx((12 + 30) / 2, abs=1e-3)
    assert figures["retrieve_same/d_rot"].items == 2
    random = figures["retrieve_random/d_rot"]
    assert random.items == 3 and 8 <= random.value <= 30
    assert figures["retrieve_same_from_photo/d_rot"].value == pytest.approx(0, abs=1e-3)
    assert figures["retrieve_same/d_pos"].value > 0.05  # the head turns about its neck


def test_somebody_elses_manner_is_injected(figures):
    assert figures["random_id/d_rot"].value == pytest.approx(10, abs=1e-3)
    assert figures["random_id/d_l"].value > 0.01


def test_lips_are_of_one_corpus_and_heads_of_the_other(figures):
    assert figures["full/d_ll"].items == 1 and figures["full/d_rot"].items == 3
    assert figures["clips"].value == 4


def test_what_is_drawn_does_not_depend_on_the_batches():
    models = {"full": Knowing()}
    one, other = (measure(data(size), models, 2, 5)[0] for size in (4, 1))
    assert {name: figure.value for name, figure in one.items()} == pytest.approx(
        {name: figure.value for name, figure in other.items()}, nan_ok=True, abs=1e-6
    )


def test_a_clip_is_never_retrieved_for_itself():
    retrieval = Retrieval(["a", "a", "b"], ["1", "2", "3"])
    random = np.random.default_rng(0)
    assert {retrieval.draw("a", "1", True, random) for _ in range(20)} == {1}
    assert {retrieval.draw("a", "1", False, random) for _ in range(20)} == {2}
    assert retrieval.draw("b", "3", True, random) is None


def test_a_short_clip_goes_forwards_and_backwards_and_may_begin_elsewhere():
    angles = np.radians([0, 5, 10])
    poses = quaternion.from_euler(np.zeros(3), angles, np.zeros(3))
    _, yaw, _ = quaternion.to_euler(poses_for(poses, 7))
    np.testing.assert_allclose(np.degrees(yaw), [0, 5, 10, 5, 0, 5, 10], atol=1e-6)
    begin = quaternion.from_euler(0.0, np.radians(20), 0.0)
    _, yaw, _ = quaternion.to_euler(poses_for(poses, 4, begin))
    np.testing.assert_allclose(np.degrees(yaw), [20, 25, 30, 25], atol=1e-6)


def test_the_tables_stand_beside_the_papers(figures):
    table = MakeItTalkMeasurement("made by hand", figures).table("makeittalk", {"landmarks": "0123456789abcdef"})
    said = table.terminal()
    rows = [line.split("  ")[0] for line in said.splitlines()]
    assert rows.index("MakeItTalk (full)") < rows.index("retrieve-same ID")  # Table 2 comes first
    full = next(line for line in said.splitlines() if line.startswith("MakeItTalk (full)"))
    assert " 2 " in full and "0.44" in full and full.rstrip().endswith("4.2")
    retrieved = next(line for line in said.splitlines() if line.startswith("retrieve-same ID "))
    assert "21.0" in retrieved and "10.3" in retrieved
    assert "no content" not in said  # it was not measured
    assert table.markdown().count("| --- |") == 2 and table.latex().count(r"\begin{table}") == 2
    assert "weights: landmarks 0123456789ab" in said


def test_cuts_of_a_training_set_are_taken_once():
    clips = training_clips(Clips([4, 5, 4, 6]))
    assert list(clips.retrieval.persons) == ["voxceleb2/a", "voxceleb2/b", "obama/o"]
    assert len(clips.quaternions) == len(clips.voices) == 3
    assert _told(Clips([6])).names == ["obama/clip6@0"]

"""Rows of an ablation measured on cuts made by hand."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from anyonenet.errors import CorpusError, InputError
from datamodules.landmarks import LandmarkDataModule
from evaluation.ablation import Row, TestClips
from evaluation.ablation_table import ablation_table, as_dict, compare, ordered, verdict
from evaluation.landmarks import ERRORS, LIP_ERRORS
from tests.evaluation.test_landmarks import store_of


@pytest.fixture
def clips(tmp_path) -> TestClips:
    store_of(tmp_path / "features", ["train", "test", "validation", "test", "test"])
    return TestClips(LandmarkDataModule(str(tmp_path), str(tmp_path / "features"), shortest_seconds=0.1))


def test_predictions_are_measured_on_the_test_cuts(clips, tmp_path):
    for number, cut in enumerate(clips):
        np.save(tmp_path / f"{number:04d}.npy", cut["landmarks"])
    perfect, still = clips.of_predictions(tmp_path), clips.of_still_face()
    for name in ERRORS:
        assert perfect[name] == pytest.approx(np.zeros(3)) and (still[name] > 0.001).all()


def test_predictions_that_do_not_fit_are_refused(clips, tmp_path):
    with pytest.raises(InputError, match="0000.npy: it is not there; expected 3 files"):
        clips.of_predictions(tmp_path)
    np.save(tmp_path / "0000.npy", np.zeros((5, 68, 2)))
    with pytest.raises(InputError, match=r"holds \(5, 68, 2\); expected finite numbers of shape \(21, 68, 2\)"):
        clips.of_predictions(tmp_path)


def test_exported_weights_are_measured(clips, tiny_weights):
    errors = clips.of_weights(tiny_weights / "landmarks")
    assert {name: values.shape for name, values in errors.items()} == dict.fromkeys([*ERRORS, *LIP_ERRORS], (3,))
    assert all((values > 0).all() for values in errors.values())


def test_cuts_of_a_video_count_as_one_clip(clips):
    still = clips.of_still_face()
    clips.names = ["one", "one", "other"]
    grouped = clips.of_still_face()
    assert grouped["d_ll"] == pytest.approx([still["d_ll"][:2].mean(), still["d_ll"][2]])


def test_clips_are_written_for_others(clips, tmp_path):
    clips.write(tmp_path / "clips")
    rows = list(csv.DictReader((tmp_path / "clips" / "cuts.csv").open()))
    assert [row["number"] for row in rows] == ["0000", "0001", "0002"] and rows[0]["clip"] == "c1"
    arrays = np.load(tmp_path / "clips" / "0000.npz")
    assert arrays["mel"].shape == (int(rows[0]["frames"]), 80) and arrays["base_quaternion"].shape == (4,)


def test_no_test_cut_is_an_error(tmp_path):
    store_of(tmp_path / "features", ["train"])
    with pytest.raises(CorpusError, match="falls into the test split"):
        TestClips(LandmarkDataModule(str(tmp_path), str(tmp_path / "features"), shortest_seconds=0.1))


def made(title: str, mean: float, seeds: tuple[int, ...] = (0, 1, 2), noise: float = 0.001) -> Row:
    """A row whose errors lie about a mean; clips differ alike in every row."""
    rng = np.random.default_rng(len(title))
    clip = np.linspace(0, 0.02, 12)
    return Row(title, {seed: {name: mean + clip + noise * rng.normal(size=12) for name in ERRORS} for seed in seeds})


def test_a_difference_that_is_there_is_found_and_one_that_is_not_is_not():
    rows = {"cnn_blstm": made("CNN-BLSTM", 0.1), "blstm": made("BLSTM", 0.11), "tdlstm": made("TDLSTM", 0.1)}
    tests = compare(rows, "cnn_blstm")
    assert tests["blstm"]["d_ll"].p < 0.001 and tests["blstm"]["d_ll"].difference == pytest.approx(0.01, abs=0.001)
    assert tests["tdlstm"]["d_ll"].p > 0.05
    p = tests["tdlstm"]["d_ll"].p
    assert verdict(rows, "cnn_blstm").startswith(
        f"D-LL: TDLSTM leads (p {p:.3f})"
        if tests["tdlstm"]["d_ll"].difference < 0
        else "D-LL: CNN-BLSTM leads (p < 0.05 over BLSTM)"
    )


def test_it_is_said_plainly_when_another_row_leads():
    rows = {"cnn_blstm": made("CNN-BLSTM", 0.2), "blstm": made("BLSTM", 0.1), "tdlstm": made("TDLSTM", 0.3)}
    assert (
        verdict(rows, "cnn_blstm")
        == "; ".join(f"{name}: BLSTM leads (p < 0.001)" for name in ("D-LL", "D-VL", "D-A")) + "."
    )


def test_the_table_has_mean_spread_test_and_the_papers_figures():
    rows = {
        "blstm": made("BLSTM", 0.2),
        "cnn_blstm": made("CNN-BLSTM", 0.1),
        "makeittalk": made("MakeItTalk", 0.3, (0,)),
    }
    rows["tdlstm"] = Row("TDLSTM", failed={0: "out of memory (log.txt)"})
    table = ablation_table(rows, "cnn_blstm", 12, 20, "obama (test split)")
    lines = {row[0]: row for row in table.rows}
    assert [row[0] for row in table.rows] == ["MakeItTalk", "TDLSTM", "BLSTM", "CNN-BLSTM"]
    assert lines["CNN-BLSTM"][1].startswith("0.1") and " ± 0.000" in lines["CNN-BLSTM"][1]
    assert lines["BLSTM"][1].endswith("(p < 0.001)") and "(p" not in lines["CNN-BLSTM"][1]
    assert lines["BLSTM"][4:] == ["0.101 / 0.027 / 0.115", "3"] and len(lines["BLSTM"][2].split()[0]) == 7
    assert lines["TDLSTM"][1] == "failed" and lines["MakeItTalk"][-1] == "1" and "±" not in lines["MakeItTalk"][1]
    assert table.best == {(3, 1), (3, 2), (3, 3)}
    assert any("TDLSTM, seed 0 failed: out of memory" in note for note in table.notes)
    assert any("D-LL: CNN-BLSTM leads (p < 0.05 over" in note for note in table.notes)
    told = json.loads(json.dumps(as_dict(rows, "cnn_blstm", {"epochs": 3}), allow_nan=False))
    assert told["rows"]["blstm"]["figures"]["d_ll"]["against_reference"]["p_holm"] < 0.001
    assert len(told["rows"]["blstm"]["figures"]["d_ll"]["clips_by_seed"]["1"]) == 12


def test_the_other_points_make_a_table_of_their_own():
    rows = {"cnn_blstm": made("CNN-BLSTM", 0.1), "blstm": made("BLSTM", 0.2)}
    for row, lips in ((rows["cnn_blstm"], 0.4), (rows["blstm"], 0.3)):
        for errors in row.errors.values():
            errors |= dict.fromkeys(LIP_ERRORS, errors["d_ll"] + lips)
    table = ablation_table(rows, "cnn_blstm", 12, 20, "obama", points="lips")
    assert table.columns[1:4] == ["D-LL lips ↓", "D-VL lips ↓", "D-A ↓"]
    lines = {row[0]: row for row in table.rows}
    assert lines["CNN-BLSTM"][1].startswith("0.5") and lines["CNN-BLSTM"][3].startswith("0.1")
    assert any(note.startswith("D-LL and D-VL over the lips without the jaw") for note in table.notes)
    told = json.loads(json.dumps(as_dict(rows, "cnn_blstm", {}), allow_nan=False))
    assert set(told["rows"]["blstm"]["figures"]) == {*ERRORS, *LIP_ERRORS}
    assert set(told["rows"]["blstm"]["paper"]) == set(ERRORS)


def test_seeds_are_paired_and_a_row_without_seeds_stands_beside_each():
    ours = made("CNN-BLSTM", 0.1)
    other = Row("other", {seed: ours.errors[seed] for seed in (1, 2)})  # the same where both are there
    tests = compare({"cnn_blstm": ours, "other": other}, "cnn_blstm")["other"]["d_ll"]
    assert tests.difference == 0 and tests.seeds == 2
    fixed = Row("fixed", {0: made("fixed", 0.2).errors[0]}, seeded=False)
    assert compare({"cnn_blstm": ours, "fixed": fixed}, "cnn_blstm")["fixed"]["d_ll"].seeds == 3
    apart = Row("apart", {7: ours.errors[0]})
    assert compare({"cnn_blstm": ours, "apart": apart}, "cnn_blstm") == {}
    assert "Nothing to compare" in verdict({"cnn_blstm": ours, "apart": apart}, "cnn_blstm")
    alone = {"cnn_blstm": made("CNN-BLSTM", 0.1, (0,)), "blstm": made("BLSTM", 0.2, (0,))}
    assert ablation_table(alone, "cnn_blstm", 12, 12, "x").notes[0].startswith("One seed: p is of a paired t-test")


def test_rows_that_the_paper_does_not_have_come_first():
    assert ordered({"cnn_blstm": made("a", 1), "mine": made("b", 1), "tdlstm": made("c", 1)}) == [
        "mine", "tdlstm", "cnn_blstm",
    ]  # fmt: skip


def test_nothing_measured_is_said():
    assert "Nothing to compare" in verdict({"cnn_blstm": Row("CNN-BLSTM")}, "cnn_blstm")

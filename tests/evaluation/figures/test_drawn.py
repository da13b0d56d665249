"""Figures as files: both kinds are written, and what they show is what was given."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from anyonenet.errors import CorpusError, InputError, WeightsError
from anyonenet.render.video import VideoWriter
from evaluation.figures.attention import align, attention_figure
from evaluation.figures.curves import curves_figure, read_log
from evaluation.figures.frames import Strip, frames_figure, tiles_of
from evaluation.figures.maps import Points, flat_map, map_figure, motion_features, speaker_map
from evaluation.figures.saving import printable, save_figure
from evaluation.figures.voices import voice_figure


def both(path: Path) -> bool:
    picture = cv2.imread(str(path.with_suffix(".png")))
    return picture is not None and picture.std() > 1 and path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def tone(hertz: np.ndarray, rate: int = 16000) -> np.ndarray:
    """A voice-like sound: harmonics falling 6 dB an octave, at a pitch that may move."""
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    return 0.1 * sum(np.sin(k * phase) / k for k in range(1, 20))


def test_a_figure_is_written_twice_or_refused(tmp_path):
    figure = Figure()
    figure.subplots().plot([0, 1])
    assert save_figure(figure, tmp_path / "f.pdf") == [tmp_path / "f.png", tmp_path / "f.pdf"] and both(tmp_path / "f")
    first = (tmp_path / "f.pdf").read_bytes()
    save_figure(figure, tmp_path / "f.png")
    assert (tmp_path / "f.pdf").read_bytes() == first and len(list(tmp_path.iterdir())) == 2
    with pytest.raises(InputError, match="end the name in .png"):
        save_figure(figure, tmp_path / "f.jpg")
    with pytest.raises(InputError, match="does not exist; make it first"):
        save_figure(figure, tmp_path / "none" / "f.png")


def test_chinese_without_letters_is_pinyin(monkeypatch):
    monkeypatch.setattr("evaluation.figures.saving.chinese_font", lambda: None)
    assert printable("你好 x") == "ni hao  x" and printable("abc") == "abc"


def test_figure_says_the_mean_pitch(tmp_path):
    mel = np.zeros((80, 80), dtype=np.float32)
    voices = [("low", mel, tone(np.full(16000, 100.0))), ("silent", mel, np.zeros(16000))]
    means = voice_figure(voices, tmp_path / "v.png")
    assert abs(means[0] - 100) < 2 and np.isnan(means[1])
    pictures = [np.full((20, 20, 3), 200, np.uint8)] * 2
    assert np.allclose(voice_figure(voices, tmp_path / "p.png", pictures=pictures), means, equal_nan=True)
    assert both(tmp_path / "v") and both(tmp_path / "p")


def test_attention_of_each_sentence(tiny_weights, tmp_path):
    found = align(tiny_weights, "One. Two.", "en")
    assert [item.text for item in found] == ["One.", "Two."]
    assert all(item.weights.shape[1] == len(item.symbols) and item.symbols[-1] == "end" for item in found)
    attention_figure(found, tmp_path / "a.png")
    assert both(tmp_path / "a")
    with pytest.raises(WeightsError, match="no weights in"):
        align(tmp_path, "One.")


def grey_video(path: Path, frames: int = 30, fps: int = 10) -> Path:
    with VideoWriter(path, 64, 32, fps, sample_rate=None) as writer:
        for number in range(frames):
            writer.write_frame(np.full((32, 64, 3), 8 * number, dtype=np.uint8))
    return path


def test_frames_are_those_of_the_asked_times(tmp_path):
    tiles = tiles_of(grey_video(tmp_path / "v.mp4"), fps=2.0, begin=1.0, most=3)
    assert [round(float(tile.mean()) / 8) for tile in tiles] == [10, 15, 20]
    assert len(tiles_of(tmp_path / "v.mp4", fps=2.0, begin=0.0, most=99)) == 6  # no frame after the end
    assert tiles_of(tmp_path / "v.mp4", 20.0, 0.0, 3)[0].shape == (128, 256, 3)  # each shown twice, in proportion
    with pytest.raises(InputError, match="3.0 s; nothing to show from 7 s"):
        tiles_of(tmp_path / "v.mp4", 2.0, 7.0, 3)


def test_rows_of_frames_beside_their_inputs(tmp_path):
    cv2.imwrite(str(tmp_path / "photo.png"), np.full((32, 64, 3), 250, np.uint8))
    strips = [
        Strip("ours", grey_video(tmp_path / "a.mp4"), tmp_path / "photo.png"),
        Strip("其他", grey_video(tmp_path / "b.mp4", 8)),
    ]
    frames_figure(strips, tmp_path / "f.png", fps=5.0, most=4, text="Hello")
    assert both(tmp_path / "f")


def test_logs_of_a_resumed_run_are_one(tmp_path):
    for version, steps in ((0, [0, 10, 20, 30]), (1, [20, 30, 40])):
        folder = tmp_path / "run" / f"version_{version}"
        folder.mkdir(parents=True)
        values = {"step": steps, "epoch": 0, "train/loss": [step + 100.0 * version for step in steps]}
        pd.DataFrame(values).to_csv(folder / "metrics.csv", index=False)
    log = read_log(tmp_path / "run")
    assert log["step"].tolist() == [0, 10, 20, 30, 40]
    assert log["train/loss"].tolist() == [0, 10, 120, 130, 140]


def test_curves_of_runs(tmp_path):
    table = {"step": [0, 1, 1], "train/loss": [9.0, 5.0, None], "validation/loss": [None, None, 6.0], "lr": [1, 2, 3]}
    pd.DataFrame(table).to_csv(tmp_path / "metrics.csv", index=False)
    assert curves_figure([("a", tmp_path), ("b", tmp_path)], tmp_path / "c.png") == ["loss", "lr"]
    assert curves_figure([("a", tmp_path)], tmp_path / "c.png", ["loss"]) == ["loss"] and both(tmp_path / "c")
    with pytest.raises(InputError, match="have no accuracy; they have loss, lr"):
        curves_figure([("a", tmp_path)], tmp_path / "c.png", ["accuracy"])
    with pytest.raises(InputError, match="no metrics.csv in"):
        read_log(tmp_path / "none")
    (tmp_path / "metrics.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no column 'step'"):
        read_log(tmp_path)


def test_the_legend_names_every_run_though_they_share_no_quantity(tmp_path, monkeypatch):
    drawn: list[Figure] = []
    monkeypatch.setattr("evaluation.figures.curves.save_figure", lambda figure, out: drawn.append(figure))
    for name, column in (("one", "train/accuracy"), ("other", "validation/loss")):
        (tmp_path / name).mkdir()
        pd.DataFrame({"step": [0, 1], column: [1.0, 2.0]}).to_csv(tmp_path / name / "metrics.csv", index=False)
    curves_figure([(name, tmp_path / name) for name in ("one", "other")], tmp_path / "c.png")
    (legend,) = drawn[0].legends
    assert [text.get_text() for text in legend.get_texts()] == ["one train", "other validation"]


def test_groups_apart_stay_apart_on_a_map(tmp_path):
    rng = np.random.default_rng(0)
    groups = ["a"] * 15 + ["b"] * 15
    vectors = rng.normal(size=(30, 20)) + 20 * (np.arange(30) >= 15)[:, None]
    places = map_figure(
        [Points(vectors, groups, ["red"] * 15 + ["blue"] * 15)], "two", {"red": "a", "blue": "b"}, tmp_path / "m.png"
    )
    first, second = places[:15], places[15:]
    gap = np.linalg.norm(first.mean(0) - second.mean(0))
    assert gap > 2 * max(np.linalg.norm(part - part.mean(0), axis=1).mean() for part in (first, second))
    assert both(tmp_path / "m")
    with pytest.raises(CorpusError, match="4 items are too few"):
        flat_map(vectors[:4])


def test_motion_features_tell_how_much_and_how_fast():
    times = np.arange(240) / 80

    def nodding(degrees: float, hertz: float) -> np.ndarray:
        half = np.deg2rad(degrees) / 2 * np.sin(2 * np.pi * hertz * times)
        return np.stack([np.cos(half), np.sin(half), 0 * half, 0 * half], axis=1)

    slow, wide, quick = (motion_features(nodding(*how), 80.0) for how in ((3, 0.5), (6, 0.5), (3, 2.0)))
    assert wide[0] - slow[0] == pytest.approx(np.log(2), abs=0.02)  # spread about x
    assert quick[3] - slow[3] == pytest.approx(np.log(4), abs=0.1)  # speed about x
    assert quick[6] > slow[6] + 1  # share of quick movement
    assert np.allclose(slow[[1, 2]], np.log(1e-4), atol=0.1)


def test_no_corpus_is_told(tiny_weights, tmp_path):
    with pytest.raises(CorpusError, match="none of aidatatang, vctk, aishell3"):
        speaker_map(tiny_weights, tmp_path, tmp_path / "s.png")

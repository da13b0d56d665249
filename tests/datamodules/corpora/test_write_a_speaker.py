"""Recordings of facial motion that users bring: aligners' phones, and what is wrong with their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from anyonenet.errors import CorpusError
from anyonenet.face.blendshapes import BLENDSHAPES, HEAD
from datamodules.corpora.textgrid import read_text_grid
from datamodules.corpora.write_a_speaker import read, read_alignment, read_motion
from datamodules.mini.timed_text import Interval
from datamodules.mini.write_a_speaker import motion_table, text_grid


def grid(folder: Path, phones: list[tuple[str, float, float]]) -> Path:
    intervals = [Interval(*phone) for phone in phones]
    path = folder / "a.TextGrid"
    path.write_text(text_grid({"words": [Interval("Cat", 0.0, phones[-1][2])], "phones": intervals}), encoding="utf-8")
    return path


def test_phones_of_the_montreal_aligner_become_symbols(tmp_path):
    path = grid(tmp_path, [("sil", 0, 0.1), ("K", 0.1, 0.2), ("AE1", 0.2, 0.3), ("AH0", 0.3, 0.4), ("spn", 0.4, 0.5)])
    symbols, words = read_alignment(path)
    assert [(symbol.label, symbol.start) for symbol in symbols] == [
        ("", 0.0), ("k", 0.1), ("ˈæ", 0.2), ("ə", 0.3), ("", 0.4),
    ]  # fmt: skip
    assert [word.label for word in words] == ["cat"]


def test_broken_alignments_are_told(tmp_path):
    with pytest.raises(CorpusError, match="the phone 'QQ' is neither ARPAbet nor"):
        read_alignment(grid(tmp_path, [("QQ", 0, 1)]))
    with pytest.raises(CorpusError, match="'phones' goes back in time at 0.2 s"):
        read_alignment(grid(tmp_path, [("K", 0, 0.5), ("S", 0.2, 0.7)]))
    (tmp_path / "b.TextGrid").write_text("0 1 cat\n")
    with pytest.raises(CorpusError, match="is no TextGrid in the long text form"):
        read_text_grid(tmp_path / "b.TextGrid")
    (tmp_path / "c.TextGrid").write_text(text_grid({"phones": [Interval("K", 0, 1)]}))
    with pytest.raises(CorpusError, match="no intervals in a tier 'words'; its tiers are phones"):
        read_alignment(tmp_path / "c.TextGrid")


def test_columns_of_motion_go_by_name(tmp_path):
    rng = np.random.default_rng(0)
    parameters, head = rng.random((3, 51)), rng.normal(size=(3, 6)) / 10
    lines = motion_table(parameters, head).splitlines()
    swapped = [",".join(reversed(line.split(","))) for line in lines]
    path = tmp_path / "a.csv"
    path.write_text("\n".join([swapped[0].upper(), *swapped[1:]]) + "\n")
    found, found_head = read_motion(path)
    np.testing.assert_allclose(found, parameters, atol=1e-3)
    np.testing.assert_allclose(found_head, head, atol=1e-3)
    path.write_text("\n".join(",".join(line.split(",")[: len(BLENDSHAPES)]) for line in lines))
    assert not read_motion(path)[1].any() and read_motion(path)[1].shape == (3, len(HEAD))


def test_broken_motion_is_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("time,jawOpen\n0,1\n")
    with pytest.raises(CorpusError, match="lacks the columns eyeBlinkLeft, eyeLookDownLeft"):
        read_motion(path)
    table = motion_table(np.zeros((2, 51)), np.zeros((2, 6)))
    path.write_text(table.replace("\n0,", "\nx,", 1))
    with pytest.raises(CorpusError, match="is not a table of numbers"):
        read_motion(path)
    path.write_text(table.replace("\n0,", "\nnan,", 1))
    with pytest.raises(CorpusError, match="values that are no numbers"):
        read_motion(path)


def test_broken_folders_are_told(tmp_path):
    (tmp_path / "mini.json").write_text("{}")
    with pytest.raises(CorpusError, match="have no folder WriteASpeaker; `anyonenet mini --out"):
        read(tmp_path)
    (tmp_path / "WriteASpeaker" / "en").mkdir(parents=True)
    with pytest.raises(CorpusError, match="no recordings of facial motion"):
        read(tmp_path)
    table = tmp_path / "WriteASpeaker" / "en" / "utterances.csv"
    table.write_text("id,emotion,text\na,gloomy,Hello.\n,anger,Hello.\n")
    with pytest.raises(CorpusError, match="line 2 has the emotion 'gloomy'; known are surprise") as caught:
        read(tmp_path)
    assert "line 3 names no utterance" in str(caught.value)
    table.write_text("id,emotion,text\na,happy,Hello.\n")
    (only,) = read(tmp_path)
    assert (only.emotion, only.language, only.alignment.name) == ("happiness", "en", "a.TextGrid")

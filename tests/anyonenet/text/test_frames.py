"""What is said at each frame of a track."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from anyonenet.text.frames import SILENCE, SILENT_WORD, UNKNOWN_WORD, at_frames, symbol_ids, vocabulary_of, word_ids
from anyonenet.text.symbols import INDEX


@dataclass
class Interval:
    label: str
    start: float
    end: float


def test_frames_take_what_is_said_when_they_stand():
    intervals = [Interval("", 0, 0.1), Interval("a", 0.1, 0.2), Interval("b", 0.2, 0.24), Interval("", 0.24, 1)]
    # frames at 0, 0.04, 0.08, 0.12, 0.16, 0.20, 0.24
    assert at_frames(intervals, 7, 25.0).tolist() == [-1, -1, -1, 1, 1, 2, -1]


def test_pauses_and_silence_are_one_symbol():
    ids = symbol_ids(np.array([-1, 0, 1, 2]), ["m", "?", ","])
    assert ids.tolist() == [SILENCE, INDEX["m"], SILENCE, SILENCE]


def test_words_of_no_vocabulary_are_unknown_and_silence_is_not():
    vocabulary = vocabulary_of(["the", "cat"])
    ids = word_ids(np.array([-1, 0, 1, 1, 2]), ["the", "dog", "cat"], vocabulary)
    assert ids.tolist() == [SILENT_WORD, vocabulary["the"], UNKNOWN_WORD, UNKNOWN_WORD, vocabulary["cat"]]
    assert len({SILENT_WORD, UNKNOWN_WORD, *vocabulary.values()}) == 4
    assert word_ids(np.array([-1]), [], vocabulary).tolist() == [SILENT_WORD]

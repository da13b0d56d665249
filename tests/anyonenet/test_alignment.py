"""Where symbols and words of a known text are found in a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from anyonenet.alignment import Aligner, spans, word_times
from anyonenet.errors import InputError
from anyonenet.text.symbols import PAUSES
from datamodules.mini.identity import Voice
from datamodules.mini.timed_text import timed
from datamodules.mini.voices import speak

WEIGHTS = Path(__file__).resolve().parents[2] / "weights"
VOICE = Voice(180.0, 1.1, 1.0, 1.0, 0.0, 0.1)


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    return Aligner(WEIGHTS)


def test_the_most_probable_path_keeps_the_order_and_all_symbols():
    scores = np.full((9, 4), np.log(0.01))
    for frame, symbol in enumerate([0, 1, 1, 0, 2, 2, 0, 1, 0]):
        scores[frame, symbol] = np.log(0.97)
    firsts, lasts = spans(scores, [1, 2, 1])
    assert firsts.tolist() == [1, 4, 7] and lasts.tolist() == [2, 5, 7]
    # the same symbol twice needs a blank between
    firsts, lasts = spans(scores, [1, 2, 2, 1])
    assert (np.diff(firsts) > 0).all() and lasts[1] + 1 < firsts[2]
    with pytest.raises(InputError, match="6 symbols do not fit"):
        spans(scores[:4], [1, 2, 1, 2, 1, 2])


@pytest.mark.parametrize(
    ("text", "language", "seconds"),
    [("The old doctor will never find my blue ladder.", "en", 0.03), ("木匠正在挖土豆呢。", "zh", 0.045)],
)
def test_symbols_and_words_are_found_where_they_are_said(aligner, text, language, seconds):
    speech = speak(text, language, VOICE)
    symbols, words = timed(speech, language)
    before = 0.6  # silence, as in recordings
    rng = np.random.default_rng(0)
    waveform = np.concatenate([np.zeros(int(before * 16000), np.float32), speech.waveform])
    waveform += (1e-4 * rng.standard_normal(len(waveform))).astype(np.float32)
    spoken = aligner.align(waveform, text, language)
    assert len(spoken.symbol_of_frame) == len(spoken.mel)
    said = [place for place, symbol in enumerate(spoken.symbols) if symbol not in PAUSES]
    begins = [np.flatnonzero(spoken.symbol_of_frame == place)[0] / 80 for place in said]
    true = [interval.start + before for interval in symbols if interval.label]
    assert np.abs(np.subtract(begins, true)).mean() < seconds
    found = word_times(spoken, language)
    assert [word.text for word in found] == [word.label for word in words if word.label]
    true_words = [(word.start + before, word.end + before) for word in words if word.label]
    assert np.abs(np.subtract([(word.start, word.end) for word in found], true_words)).mean() < 0.05
    assert (spoken.symbol_of_frame[:40] == -1).all()


def test_a_pause_belongs_to_no_word(aligner):
    one, two = (speak(text, "en", VOICE).waveform for text in ("The dog sleeps", "my cat runs"))
    waveform = np.concatenate([one, np.zeros(8000, np.float32), two])
    found = word_times(aligner.align(waveform, "The dog sleeps, my cat runs.", "en"), "en")
    sleeps, my = found[2], found[3]
    assert my.start - sleeps.end > 0.35


def test_errors(aligner):
    with pytest.raises(InputError, match="silent"):
        aligner.align(np.zeros(16000, np.float32), "Hello.", "en")
    with pytest.raises(InputError, match="do not fit into the recording"):
        aligner.align(speak("Yes.", "en", VOICE).waveform[:6000], "A very long sentence about many things. " * 4, "en")

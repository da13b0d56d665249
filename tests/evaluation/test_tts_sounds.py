"""What waveforms tell beside recordings, on tones of known pitch and recordings written by hand."""

from __future__ import annotations

import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from anyonenet.audio.files import write_wav
from anyonenet.audio.mel import MelSettings
from anyonenet.errors import CorpusError
from anyonenet.metrics.alignment import AttentionReport
from datamodules.corpora.manifest import Utterance
from evaluation import tts_sounds

SETTINGS = MelSettings()


def tone(hertz: float, seconds: float = 0.5) -> np.ndarray:
    """A voice without words: harmonics at one pitch."""
    time = np.arange(round(seconds * SETTINGS.sample_rate)) / SETTINGS.sample_rate
    return sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 12)).astype(np.float32) * 0.1


def hiss(seconds: float = 0.5) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.05, round(seconds * SETTINGS.sample_rate)).astype(np.float32)


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Three recordings of a corpus, and the stores that were made of them (in another order)."""
    utterances = []
    for name, sound in (("a", tone(200)), ("b", tone(120)), ("c", tone(150))):
        silence = np.zeros(4800, np.float32)
        write_wav(tmp_path / f"{name}.wav", np.concatenate([silence, sound, silence]), SETTINGS.sample_rate)
        utterances.append(Utterance(name, "vctk", "s", tmp_path / f"{name}.wav"))
    monkeypatch.setattr(tts_sounds, "speech_reader", lambda corpus, root: lambda: list(utterances))
    manifest = pd.DataFrame(
        {
            "id": ["c", "a", "b"],
            "corpus": "vctk",
            "text": ["Fine day.", "A fine day!", "你好"],
            "language": ["en", "en", "zh"],
            "sex": ["f", "f", "m"],
        }
    )
    mels = np.zeros((40, SETTINGS.bands), np.float16)
    return types.SimpleNamespace(manifest=manifest, array=lambda name, row: mels, utterances=utterances)


def test_recordings_are_found_by_name_and_cut_as_the_mels_were(corpus):
    one, other = tts_sounds.recordings(corpus, [2, 1], Path("root"), SETTINGS)
    assert 0.5 < len(one) / SETTINGS.sample_rate < 0.7  # without most of the 0.6 s of silence
    for sound, hertz in ((one, 120), (other, 200)):
        assert np.nanmedian(tts_sounds.melodies(sound, tone(hertz), SETTINGS)[0]) == pytest.approx(hertz, abs=2)
    del corpus.utterances[1]
    with pytest.raises(CorpusError, match="root lacks 1 recordings, such as b of vctk"):
        tts_sounds.recordings(corpus, [2, 1], Path("root"), SETTINGS)


def test_pitch_voicing_and_sex_by_hand():
    made, true = [tone(240), tone(120), hiss()], [tone(120), tone(120), tone(120)]
    values = tts_sounds.melody_values(made, true, ["f", "f", None], SETTINGS)
    assert values["f0_cents"][:2] == pytest.approx([1200, 0], abs=5) and np.isnan(values["f0_cents"][2])
    assert values["voicing_error"][:2] == pytest.approx([0, 0], abs=0.06) and values["voicing_error"][2] > 0.8
    assert values["sex_by_pitch"][:2].tolist() == [1, 0] and np.isnan(values["sex_by_pitch"][2])
    figures = tts_sounds.melody_figures(values, "_copy")
    assert figures["f0_cents_copy"].items == 2 and figures["f0_cents_copy"].of == "sentences"
    nothing = tts_sounds.melody_values([hiss()], [hiss()], [None], SETTINGS)
    assert set(tts_sounds.melody_figures(nothing)) == {"voicing_error"}


def test_errors_of_a_recogniser_are_summed_over_sentences():
    def listener(wavs, languages):
        assert all(path.stat().st_size > 8000 for path in wavs) and languages == ["en", "zh"]
        return ["a fine days", "您好"]

    sounds = [tone(100), tone(100)]
    found = tts_sounds.understood(listener, sounds, ["A fine day!", "你好"], ["en", "zh"], 16000, "_true")
    assert found["wer_true"].value == pytest.approx(2 / 5) and found["cer_true"].value == pytest.approx(2 / 10)
    assert found["wer_true"].items == 2


def said(row: int, hertz: float) -> tts_sounds.Spoken:
    return tts_sounds.Spoken(row, tone(hertz), np.zeros((40, 80)), AttentionReport(False, (), False, False), 40)


def test_what_is_measured_with_and_without_recordings(corpus):
    def listener(wavs, languages):
        return ["nothing"] * len(wavs)

    sentences = [said(1, 220), said(2, 110)]
    figures, notes = tts_sounds.sound_figures(sentences, corpus, Path("root"), SETTINGS, listener)
    names = {"f0_cents", "voicing_error", "sex_by_pitch"}
    assert set(figures) >= names | {"cer", "wer", "cer_true", "wer_true", "voicing_error_copy"} and notes == []
    wanted = 1200 * np.log2([220 / 200, 120 / 110]).mean()
    assert figures["f0_cents"].value == pytest.approx(wanted, abs=40)  # where a tone begins and ends, it is not one
    assert figures["sex_by_pitch"].value == 1
    quiet, _ = tts_sounds.sound_figures(sentences, corpus, Path("root"), SETTINGS, None)
    assert "cer" not in quiet and "f0_cents" in quiet
    corpus.utterances.clear()
    figures, (note,) = tts_sounds.sound_figures(sentences, corpus, Path("root"), SETTINGS, listener)
    assert set(figures) == {"cer", "wer"}
    assert note.startswith("f0_cents, voicing_error, cer_true and wer_true not measured: root lacks 2 recordings")

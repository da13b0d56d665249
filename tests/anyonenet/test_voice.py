from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from anyonenet.errors import InputError, WeightsError
from anyonenet.voice import Voice, decode_embeddings, encode_embeddings

TEXT = "Good morning. How are you?"


@pytest.fixture(scope="module")
def voice(tiny_weights) -> Voice:
    return Voice(tiny_weights)


def unit(index: int = 0) -> np.ndarray:
    return np.eye(1, 1024, index, dtype=np.float32)[0]


def test_sentences_come_one_by_one_with_sound_as_long_as_their_mel(voice):
    spoken = list(voice.speak(TEXT, unit(), "en"))
    assert [sentence.text for sentence in spoken] == ["Good morning.", "How are you?"]
    for sentence in spoken:
        assert sentence.mel.dtype == np.float32 and sentence.mel.shape[1] == 80
        assert sentence.waveform.shape == (len(sentence.mel) * 200,)
        assert sentence.symbol_of_frame.shape == (len(sentence.mel),)
        assert sentence.symbol_of_frame.max() < len(sentence.symbols)
        assert np.abs(sentence.waveform).max() <= 0.96


def test_silence_before_the_first_and_after_each(voice):
    first, second = voice.speak(TEXT, unit(), "en")
    assert np.abs(first.waveform[:3200]).max() == 0 and np.abs(first.waveform[3200:4000]).max() > 0
    assert np.abs(first.waveform[-5600:]).max() == 0 and (first.symbol_of_frame[-28:] == -1).all()
    assert np.abs(second.waveform[:400]).max() > 0
    assert np.allclose(first.mel[:16], voice.settings.silence)


def test_same_seed_same_bytes(voice):
    first, again, other = (next(voice.speak("Hello.", unit(), seed=seed)) for seed in (1, 1, 2))
    assert first.mel.tobytes() == again.mel.tobytes() and first.waveform.tobytes() == again.waveform.tobytes()
    assert first.mel.tobytes() != other.mel.tobytes()


def test_fewer_bits_say_nearly_the_same(voice, tiny_weights):
    rough = Voice(tiny_weights, precision="int8")
    assert (voice.precision, rough.precision) == ("fp32", "int8")
    exact, near = (next(each.speak("Hello.", unit(), seed=1)).mel for each in (voice, rough))
    assert 0 < np.abs(exact - near).max() < 0.1
    with pytest.raises(ValueError, match="precision is 'int3'"):
        Voice(tiny_weights, precision="int3")


def test_the_speaker_matters(voice):
    assert not np.array_equal(next(voice.speak("Hello.", unit(0))).mel, next(voice.speak("Hello.", unit(1))).mel)


def test_a_sentence_that_never_ends_is_said_so_and_bounded(voice, monkeypatch):
    generate, limits = voice._tts.generate, []

    def endless(symbols, lengths, speaker, limit, *others):
        limits.append(limit)
        result = generate(symbols, lengths, speaker, limit, *others)
        result.stopped[:] = False
        return result

    monkeypatch.setattr(voice._tts, "generate", endless)
    spoken = next(voice.speak("Hello.", unit()))
    assert not spoken.complete
    assert len(limits) == 3 and limits[0] == 80 + 16 * (len(spoken.symbols) + 1)


@pytest.mark.parametrize("text", ["", "  ", "🙂🙂", "…!?"])
def test_nothing_to_say_is_an_input_error(voice, text):
    with pytest.raises(InputError):
        list(voice.speak(text, unit()))


def test_speaker_of_speech_is_unit_and_needs_half_a_second(voice):
    wave = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    speaker = voice.speaker_of_speech(wave)
    assert speaker.shape == (1024,) and np.isclose(np.linalg.norm(speaker), 1, atol=1e-5)
    for bad in (wave[:4000], np.zeros(16000, dtype=np.float32)):
        with pytest.raises(InputError, match="half a second or silent"):
            voice.speaker_of_speech(bad)


def test_nearest_speakers_are_ranked(voice):
    speaker = unit(2) * 0.8 + unit(0) * 0.6
    nearest = voice.nearest_speakers(speaker, 2)
    assert [name for name, _ in nearest] == ["p2", "p0"]
    assert np.allclose([cosine for _, cosine in nearest], [0.8, 0.6], atol=1e-3)


def test_embeddings_survive_the_card():
    table = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    assert np.allclose(decode_embeddings(encode_embeddings(table)).reshape(3, 8), table, atol=1e-3)


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(WeightsError, match="no weights in .*tts.*make weights"):
        Voice(tmp_path)


def test_weights_of_another_symbol_table_are_refused(tiny_weights, tmp_path):
    shutil.copytree(tiny_weights / "tts", tmp_path / "tts")
    config = json.loads((tmp_path / "tts" / "config.json").read_text())
    config["symbols"] = config["symbols"][:-1]
    (tmp_path / "tts" / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError, match="was trained with .* symbols"):
        Voice(tmp_path)


def test_getting_a_text_ready_reads_its_first_sentence_and_raises_nothing(voice, monkeypatch):
    read = []
    monkeypatch.setattr("anyonenet.voice.phonemise", lambda sentence, language: read.append((sentence, language)))
    voice.prepare_text(TEXT, "en")
    assert read == [("Good morning.", "en")]
    voice.prepare_text("...", None)  # nothing to be spoken: `speak` says so
    assert len(read) == 1

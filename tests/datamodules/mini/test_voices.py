import dataclasses

import librosa
import numpy as np
import pytest

from anyonenet.errors import InputError
from anyonenet.text.english import symbols_of_espeak
from anyonenet.text.phonemes import phonemise
from anyonenet.text.symbols import PAUSES
from datamodules.mini.identity import Voice, draw_identity, draw_voice
from datamodules.mini.voices import EDGE_SECONDS, LOUDNESS_DB, speak

MAN = Voice(f0_hz=110, tract_scale=0.97, pitch_range=1.0, rate=1.0, tilt_db=0.0, breath=0.0)
WOMAN = Voice(f0_hz=210, tract_scale=1.17, pitch_range=1.0, rate=1.0, tilt_db=0.0, breath=0.0)
SENTENCES = (
    "We were all away a year ago, and you know why.",
    "The old man owned a yellow rose and a lemon tree.",
    "Nine women will run along the narrow river in the morning.",
)
VOWELS = "Ah, ah, ah, ah, ah, ah."


def median_f0(voice: Voice) -> float:
    tracks = []
    for sentence in SENTENCES:
        speech = speak(sentence, "en", voice)
        f0, voiced, _ = librosa.pyin(
            speech.waveform, fmin=60, fmax=420, sr=16000, frame_length=1024, hop_length=400, resolution=0.2
        )
        tracks.append(f0[voiced])
    return float(np.nanmedian(np.concatenate(tracks)))


def band_db(waveform: np.ndarray, low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(waveform)) ** 2
    frequencies = np.fft.rfftfreq(len(waveform), 1 / 16000)
    return 10 * np.log10(spectrum[(frequencies >= low) & (frequencies < high)].sum())


@pytest.mark.parametrize("voice", [MAN, WOMAN])
def test_median_f0_is_what_was_asked_for(voice):
    assert median_f0(voice) == pytest.approx(voice.f0_hz, rel=0.05)


def test_formants_scale_with_the_tract():
    """The whispered-like envelope of the same vowels moves by the ratio of the tracts on a logarithmic axis."""
    grid = np.geomspace(400, 6000, 600)

    def envelope(scale: float) -> np.ndarray:
        waveform = speak(VOWELS, "en", dataclasses.replace(MAN, tract_scale=scale)).waveform
        power = np.log(np.mean(np.abs(librosa.stft(waveform, n_fft=256, win_length=256)) ** 2, axis=1) + 1e-9)
        curve = np.interp(grid, np.linspace(0, 8000, len(power)), power)
        return (curve - curve.mean()) / curve.std()

    low, high = envelope(0.95), envelope(1.15)
    shifts = np.arange(0, 120)
    best = max(shifts, key=lambda shift: float((low[: len(grid) - shift] * high[shift:]).mean()))
    assert (6000 / 400) ** (best / 599) == pytest.approx(1.15 / 0.95, rel=0.05)


def test_rate_shortens():
    slow, fast = (speak(SENTENCES[0], "en", dataclasses.replace(MAN, rate=rate)) for rate in (0.85, 1.2))
    edges = 2 * EDGE_SECONDS
    assert (slow.seconds - edges) / (fast.seconds - edges) == pytest.approx(1.2 / 0.85, rel=0.08)


def test_tract_leaves_the_rate_alone():
    small, large = (speak(SENTENCES[0], "en", dataclasses.replace(MAN, tract_scale=scale)) for scale in (1.2, 0.95))
    assert small.seconds == pytest.approx(large.seconds, rel=0.04)


def test_tilt_turns_the_spectrum():
    plain, bright = (speak(SENTENCES[1], "en", dataclasses.replace(MAN, tilt_db=tilt)).waveform for tilt in (0.0, 3.0))
    balance = [band_db(wave, 2000, 4000) - band_db(wave, 300, 500) for wave in (plain, bright)]
    assert balance[1] - balance[0] == pytest.approx(3 * np.log2(2828 / 500), abs=2.5)


def test_breath_is_noise_that_follows_the_voice():
    clear, little, much = (
        speak(SENTENCES[1], "en", dataclasses.replace(MAN, breath=breath)).waveform for breath in (0.0, 0.4, 0.9)
    )

    def noise_db(waveform: np.ndarray, low: float, high: float) -> float:
        gain = waveform @ clear / (clear @ clear)
        return band_db(waveform - gain * clear, low, high) - band_db(gain * clear, low, high)

    assert -16 < noise_db(much, 2000, 4000) < -8
    assert noise_db(much, 2000, 4000) - noise_db(little, 2000, 4000) == pytest.approx(13, abs=2)
    assert noise_db(much, 2000, 4000) > noise_db(much, 200, 800) + 4


def test_levels_and_edges():
    speech = speak(SENTENCES[0], "en", WOMAN)
    assert speech.waveform.dtype == np.float32
    assert np.abs(speech.waveform).max() <= 0.951
    edge = int(0.8 * EDGE_SECONDS * 16000)
    assert np.abs(speech.waveform[:edge]).max() < 1e-3
    assert np.abs(speech.waveform[-edge:]).max() < 1e-2
    frames = speech.waveform[: len(speech.waveform) // 320 * 320].reshape(-1, 320)
    loud = (frames**2).mean(1)
    level = 10 * np.log10(loud[loud > loud.max() * 1e-3].mean())
    assert level == pytest.approx(LOUDNESS_DB, abs=0.5)


def test_times_tile_the_utterance():
    speech = speak("My brother bought eight apples, and ate them.", "en", WOMAN)
    assert speech.phonemes[0].start == 0 and speech.phonemes[-1].end == pytest.approx(speech.seconds)
    assert speech.phonemes[0].phoneme == "" and speech.phonemes[-1].phoneme == ""
    for one, following in zip(speech.phonemes, speech.phonemes[1:]):
        assert one.start < one.end and one.end == pytest.approx(following.start)
    pauses = [one for one in speech.phonemes[1:-1] if one.phoneme == "" and one.end - one.start > 0.1]
    assert len(pauses) == 1


def test_closure_of_a_stop_is_no_pause():
    speech = speak("他不怕大土豆。", "zh", MAN)
    assert all(one.phoneme for one in speech.phonemes[1:-1])


def test_times_hit_the_sound():
    """The fricative of `sea` is loud above 4 kHz, its vowel is not."""
    speech = speak("A sea.", "en", MAN)
    levels = {}
    for one in speech.phonemes:
        piece = speech.waveform[int(one.start * 16000) : int(one.end * 16000)]
        levels[one.phoneme] = band_db(piece, 4000, 8000) - band_db(piece, 100, 1000)
    assert levels["s"] > levels["iː"] + 20


def test_english_sound_and_phonemes_agree():
    for sentence in (*SENTENCES, "Water in a bottle, better butter.", "Did the usual teacher catch three thin fish?"):
        events = [("", "ˌ", "ˈ")[one.stress] + one.phoneme for one in speak(sentence, "en", MAN).phonemes]
        spoken = symbols_of_espeak([event for event in events if event])
        assert list(spoken) == [symbol for symbol in phonemise(sentence, "en").symbols if symbol not in PAUSES]


def test_mandarin_tones_are_heard():
    def slope(syllable: str) -> float:
        """F0 at the end of the vowel over that at its start."""
        speech = speak("妈", "zh", WOMAN, pinyin=[syllable, "."])
        vowel = next(one for one in speech.phonemes if one.phoneme == "ɑ")
        piece = speech.waveform[int((vowel.start + 0.01) * 16000) : int((vowel.end - 0.02) * 16000)]
        track = librosa.yin(piece, fmin=100, fmax=400, sr=16000, frame_length=480, hop_length=80, center=False)
        return float(np.median(track[-3:]) / np.median(track[:3]))

    assert slope("ma2") > 1.1
    assert slope("ma4") < 0.9


@pytest.mark.parametrize("syllable", ["jiong3", "qiong2", "xiong1", "lv4", "huar1", "er2", "weng1", "n2", "yo5"])
def test_every_spelling_is_spoken_as_mandarin(syllable):
    names = [one.phoneme for one in speak("好", "zh", MAN, pinyin=[syllable, "hao3", "."]).phonemes]
    assert names[-3:-1] == ["χ", "ɑu"]
    assert len(names) <= 10  # read letter by letter it would be far longer


def test_same_arguments_same_samples_whatever_was_said_before():
    first = speak(SENTENCES[0], "en", WOMAN).waveform
    speak("你好。", "zh", MAN)
    assert np.array_equal(first, speak(SENTENCES[0], "en", WOMAN).waveform)


def test_drawn_voices_of_both_sexes_can_be_spoken_at_all_rates():
    rng = np.random.default_rng(0)
    for index, rate in enumerate((16000, 24000, 44100, 48000)):
        voice = draw_voice(draw_identity(str(index), rng), rng)
        speech = speak("Hello.", "en", voice, rate)
        assert speech.sample_rate == rate and 0.4 < speech.seconds < 1.5


def test_unspeakable_is_refused():
    with pytest.raises(InputError, match="cannot speak 'fr'"):
        speak("bonjour", "fr", MAN)
    with pytest.raises(InputError, match="nothing to say"):
        speak("...", "en", MAN)

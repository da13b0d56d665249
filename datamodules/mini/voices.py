"""Synthetic speech in a person's voice: espeak-ng shaped by `Voice`, with the time of every phoneme.

Formants scale by resampling espeak's signal (its pitch and rate are asked for in advance so that they come out
right); single formants, F0 and its range go into espeak's voice file; tilt and breath are laid on afterwards.
Mandarin is given to espeak as the very pinyin of the text front end, so sound and phonemes agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.ndimage
import scipy.signal
import soxr
from numpy.typing import NDArray

from anyonenet.errors import InputError
from anyonenet.text.mandarin import canonical_syllables, pinyin_of, third_tone_sandhi
from anyonenet.text.normalise import normalise
from anyonenet.text.symbols import PAUSES
from datamodules.mini.espeak import SAMPLE_RATE as RAW_RATE
from datamodules.mini.espeak import synthesise
from datamodules.mini.identity import Voice

EDGE_SECONDS = 0.1
"""silence before the first and after the last sound"""
LOUDNESS_DB = -24.0
"""root mean square of the sounding part, relative to full scale"""
WORDS_A_MINUTE = 160
"""espeak's rate for `Voice.rate` 1"""

_LANGUAGES = {
    "en": (
        "language en-us\nphonemes en-us\ndictrules 3 6\n"
        "stressLength 140 120 190 170 0 0 255 300\nstressAmp 17 16 19 19 19 19 21 19\n"
        "replace 03 I i\nreplace 03 I2 i\n"
    ),
    "zh": "language zh-cmn\nphonemes cmn\ndictionary cmn\nwords 1\ndict_min 100000\n",
}
_OCTAVES = {"en": 0.7, "zh": 0.95}
"""from the lowest to the highest of espeak's pitch, for `Voice.pitch_range` 1"""
_MEDIAN = {"en": 0.65, "zh": 0.38}
"""where the median F0 of sentences falls between espeak's lowest and highest pitch (measured)"""
_SHORTEST_PAUSE = 0.06
"""seconds; what is shorter is the closure of the stop that follows"""
_IONG = {"jiong": "tS;", "qiong": "tS;h", "xiong": "S;"}
"""syllables that espeak's pinyin does not know, by their initial in espeak's own phoneme names"""
_ESPEAK_TONES = {"1": "55", "2": "35", "3": "214", "4": "51", "5": "11"}


@dataclass(frozen=True)
class PhonemeTime:
    """One sound of an utterance."""

    phoneme: str
    """espeak's IPA without stress; '' is a pause"""
    start: float
    """seconds from the start of the waveform"""
    end: float
    stress: int = 0
    """2 primary, 1 secondary, 0 none (Mandarin: every full syllable is 2)"""


@dataclass(frozen=True)
class Speech:
    """A spoken text."""

    waveform: NDArray[np.float32]
    """`(samples,)` in [-1, 1]"""
    sample_rate: int
    phonemes: tuple[PhonemeTime, ...]
    """from the first to the last sample without gaps: begins and ends with a pause"""
    text: str
    """what was spoken, normalised"""

    @property
    def seconds(self) -> float:
        """Length of the waveform."""
        return len(self.waveform) / self.sample_rate


def speak(
    text: str,
    language: str,
    voice: Voice,
    sample_rate: int = 16000,
    pinyin: Sequence[str] | None = None,
    noise_db: float | None = None,
) -> Speech:
    """Speak a text in a voice; the same arguments give the same samples.

    Args:
        text: one or a few sentences.
        language: 'en' or 'zh'.
        voice: how it sounds; see `Voice` for units.
        sample_rate: Hz, 16000 to 48000.
        pinyin: Mandarin only: the syllables (with tone digits) and pauses to say instead of the text's own reading.
        noise_db: level of a quiet room's noise relative to full scale, e.g. -70; none when None.

    Raises:
        InputError: an unsupported language, or nothing to say.
    """
    return coloured(articulate(text, language, voice, sample_rate, pinyin), voice, noise_db)


def articulate(
    text: str, language: str, voice: Voice, sample_rate: int = 16000, pinyin: Sequence[str] | None = None
) -> Speech:
    """The first half of `speak`, and the quicker: the sounds at their times, before `coloured` makes them a person's.

    Length, phonemes and text are those of the finished speech. Arguments and errors as `speak`.
    """
    if language not in _LANGUAGES:
        raise InputError(f"cannot speak '{language}'; supported languages are {', '.join(_LANGUAGES)}")
    spoken = normalise(text, language)
    script = spoken if language == "en" else _espeak_pinyin(pinyin if pinyin is not None else pinyin_of(spoken))
    if not any(character.isalnum() for character in script):
        raise InputError(f"nothing to say in '{text[:60]}'")
    raw = synthesise(script, _voice_file(language, voice), round(WORDS_A_MINUTE * voice.rate / voice.tract_scale))
    raw_rate = RAW_RATE * voice.tract_scale  # the signal is taken to run this fast: all its frequencies scale
    times = _phoneme_times(raw.phonemes, raw_rate, len(raw.waveform) / raw_rate)
    waveform = soxr.resample(raw.waveform, raw_rate, sample_rate, quality="HQ").astype(np.float32)
    waveform, times = _trimmed(waveform, times, sample_rate)
    return Speech(waveform, sample_rate, times, spoken)


def coloured(speech: Speech, voice: Voice, noise_db: float | None = None) -> Speech:
    """The second half of `speak`: articulated speech with the voice's tilt and breath, level, and the room's noise."""
    rng = np.random.default_rng(len(speech.waveform))
    waveform = _tilted(speech.waveform, speech.sample_rate, voice, rng)
    waveform = _levelled(waveform, speech.sample_rate)
    if noise_db is not None:
        waveform += (10 ** (noise_db / 20) * rng.standard_normal(len(waveform))).astype(np.float32)
    return replace(speech, waveform=waveform)


def _voice_file(language: str, voice: Voice) -> str:
    """espeak's voice file; pitches are asked for before the resampling that multiplies them by the tract's scale."""
    ratio = 2 ** (_OCTAVES[language] * voice.pitch_range)
    lowest = voice.f0_hz / voice.tract_scale / (1 + _MEDIAN[language] * (ratio - 1))
    lines = [f"pitch {round(lowest)} {round(lowest * ratio)}"]
    lines += [f"formant {number} {round(100 * factor)}" for number, factor in enumerate(voice.formants, start=1)]
    # espeak keeps what it knows of a voice by name, so equal names must mean equal voices
    name = "-".join(line.replace(" ", "_") for line in lines)
    return f"name {name}\n{_LANGUAGES[language]}" + "\n".join(lines) + "\n"


def _espeak_pinyin(tokens: Sequence[str]) -> str:
    """Pinyin as espeak's Mandarin voice reads it."""
    words: list[str] = []
    for token in third_tone_sandhi(tokens):  # espeak does this too: said here, it is the same for every reader
        if token in PAUSES:
            if words:
                words[-1] += token
            continue
        for syllable in canonical_syllables(token):
            initial = _IONG.get(syllable[:-1])
            words.append(f"[[{initial}j'ong{_ESPEAK_TONES[syllable[-1]]}]]" if initial else syllable)
    return " ".join(words)


def _phoneme_times(phonemes: Sequence[tuple[str, int]], rate: float, seconds: float) -> tuple[PhonemeTime, ...]:
    """Events as intervals; tones and language marks are no sounds, pauses in a row are one, short ones none."""
    starts = [
        (name, sample / rate)
        for name, sample in phonemes
        if not name.startswith("(")  # the mark of a switch to another language's reading
    ]
    intervals: list[PhonemeTime] = []
    for (name, start), end in zip(starts, [start for _, start in starts[1:]] + [seconds]):
        if end <= start:
            continue
        phoneme = name.strip("ˈˌ")
        stress = 2 if "ˈ" in name else 1 if "ˌ" in name else 0
        last = intervals[-1] if intervals else None
        if last is not None and last.phoneme == "" and phoneme == "":
            intervals[-1] = PhonemeTime("", last.start, end)
        elif last is not None and last.phoneme == "" and last.end - last.start < _SHORTEST_PAUSE:
            intervals[-1] = PhonemeTime(phoneme, last.start, end, stress)
        else:
            intervals.append(PhonemeTime(phoneme, start, end, stress))
    return tuple(intervals)


def _trimmed(
    waveform: NDArray[np.float32], times: tuple[PhonemeTime, ...], rate: int
) -> tuple[NDArray[np.float32], tuple[PhonemeTime, ...]]:
    """Cut to `EDGE_SECONDS` of silence around the sounding part, times moved along."""
    sounds = [time for time in times if time.phoneme]
    loud = np.flatnonzero(np.abs(waveform) > 10 ** (-50 / 20))
    first = min(sounds[0].start, loud[0] / rate)
    last = max(sounds[-1].end, (loud[-1] + 1) / rate)
    lead, tail = round((EDGE_SECONDS - first) * rate), round(last * rate)
    samples = tail + lead + round(EDGE_SECONDS * rate)
    placed = np.zeros(samples, np.float32)
    begin = max(0, -lead)
    piece = waveform[begin : samples - lead]
    placed[begin + lead : begin + lead + len(piece)] = piece
    moved = [
        PhonemeTime(time.phoneme, time.start + lead / rate, time.end + lead / rate, time.stress)
        for time in times
        if sounds[0].start <= time.start <= sounds[-1].start
    ]
    end = samples / rate
    return placed, (PhonemeTime("", 0.0, moved[0].start), *moved, PhonemeTime("", moved[-1].end, end))


def _tilted(waveform: NDArray[np.float32], rate: int, voice: Voice, rng: np.random.Generator) -> NDArray[np.float32]:
    """Spectral tilt above 500 Hz, and breath: noise that follows the voice's own spectral envelope, stronger up."""
    window = 1 << round(np.log2(0.03 * rate))
    frequencies, _, spectrum = scipy.signal.stft(waveform, rate, nperseg=window)
    octaves = np.log2(np.maximum(frequencies, 500.0) / 500.0)[:, None].astype(np.float32)
    gain = 10 ** (voice.tilt_db * octaves / 20)
    if voice.breath > 0:
        width = max(3, round(2.5 * voice.f0_hz / (rate / window)))  # smooths the harmonics away
        envelope = scipy.ndimage.uniform_filter1d(np.abs(spectrum), width, axis=0)
        strength = 10 ** ((-38 + 26 * voice.breath + 3.0 * np.minimum(octaves, 4)) / 20)
        phases = rng.random(spectrum.shape, dtype=np.float32) * np.float32(2 * np.pi)
        spectrum = spectrum + np.minimum(strength, 1.0) * envelope * np.exp(1j * phases)
    _, shaped = scipy.signal.istft(spectrum * gain, rate, nperseg=window)
    result = np.zeros(len(waveform), np.float32)
    count = min(len(waveform), len(shaped))
    result[:count] = shaped[:count]
    return result


def _levelled(waveform: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """`LOUDNESS_DB` over the frames within 30 dB of the loudest; peaks stay below 0.95."""
    frame = rate // 50
    power = np.square(waveform[: len(waveform) // frame * frame]).reshape(-1, frame).mean(1)
    level = np.sqrt(power[power > power.max() * 1e-3].mean())
    gain = 10 ** (LOUDNESS_DB / 20) / level
    return waveform * np.float32(min(gain, 0.95 / np.abs(waveform).max()))

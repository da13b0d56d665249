"""Drawn persons: who they are, how that sounds, and how much of it a face can tell.

Face and voice of a person come from one `Identity`. The voice adds noise of its own (`VOICE_NOISE`), so a face says
something about a voice but not all: someone who knew the identity parameters would match 80 to 90 % of voices in
ten-way trials, and that is the ceiling for any face encoder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

VOICE_NOISE = 1.0
"""scale of the part of a voice that no face shows (1 = the corpus's default)"""


@dataclass(frozen=True)
class Identity:
    """What is shared by face and voice. The face's own details (hair style, clothes …) come from `seed`."""

    name: str
    sex: str
    """'f' or 'm'"""
    age: float
    """years, 18 to 75"""
    size: float
    """-1 (slight, narrow jaw, small nose) to 1 (heavy, broad jaw, large nose)"""
    skin: float
    """0 (very light) to 1 (very dark); says nothing about the voice"""
    seed: int


@dataclass(frozen=True)
class Voice:
    """How a person sounds; what the speech synthesiser is asked for."""

    f0_hz: float
    """median fundamental frequency: about 90-155 (men), 145-285 (women)"""
    tract_scale: float
    """formant frequencies relative to an average man's: about 0.88-1.09 (men), 1.05-1.27 (women)"""
    pitch_range: float
    """spread of the intonation, 1 = usual"""
    rate: float
    """speaking rate, 1 = usual"""
    tilt_db: float
    """spectral tilt: dB an octave added above 500 Hz, -4 (dark, aged) to 3 (bright)"""
    breath: float
    """0 (clear) to 1 (breathy)"""
    formants: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    """F1 to F4 relative to where `tract_scale` puts them, 0.9 to 1.1: what makes a voice its owner's alone"""


def draw_identity(name: str, rng: np.random.Generator) -> Identity:
    """One person at random; sexes equally likely."""
    return Identity(
        name=name,
        sex="f" if rng.random() < 0.5 else "m",
        age=float(rng.uniform(18, 75)),
        size=float(np.clip(rng.normal(0, 0.5), -1, 1)),
        skin=float(rng.random()),
        seed=int(rng.integers(2**31)),
    )


def draw_voice(identity: Identity, rng: np.random.Generator, noise: float = VOICE_NOISE) -> Voice:
    """The voice that goes with a person: sex, age and size decide most of it, noise the rest."""
    woman = identity.sex == "f"
    age = (identity.age - 45) / 30  # about -0.9 to 1
    f0 = 205.0 if woman else 115.0
    # women's voices fall with age, men's rise a little in old age; the heavier the lower
    semitones = (-2.2 * age if woman else 1.6 * max(age, 0.0) - 0.6 * age) - 3.0 * identity.size
    tract = (1.16 if woman else 0.98) - 0.08 * identity.size
    return Voice(
        f0_hz=float(f0 * 2 ** ((semitones + noise * rng.normal(0, 0.7)) / 12)),
        tract_scale=float(np.clip(tract + noise * rng.normal(0, 0.012), 0.88, 1.28)),
        pitch_range=float(np.clip(1.0 + noise * rng.normal(0, 0.15), 0.6, 1.5)),
        rate=float(np.clip(1.05 - 0.14 * age + noise * rng.normal(0, 0.04), 0.8, 1.25)),
        tilt_db=float(np.clip(-2.2 * age + noise * rng.normal(0, 0.5), -4, 3)),
        breath=float(np.clip(0.28 + 0.25 * age + (0.1 if woman else 0.0) + noise * rng.normal(0, 0.08), 0, 1)),
        formants=_formants(rng, noise),
    )


def _formants(rng: np.random.Generator, noise: float) -> tuple[float, float, float, float]:
    """The owner's deviations, half as wide at F1, which tells vowels apart; small, since no face shows them."""
    first, second, third, fourth = np.clip(1 + noise * rng.normal(0, [0.007, 0.014, 0.014, 0.014]), 0.9, 1.1)
    return float(first), float(second), float(third), float(fourth)


def identity_features(identity: Identity) -> np.ndarray:
    """What a face can tell of a voice, for a linear fit: `(8,)` constant, sex, and age, its rise and size by sex."""
    woman, age = float(identity.sex == "f"), (identity.age - 45) / 30
    shown = np.array([age, max(age, 0.0), identity.size])
    return np.concatenate([[1.0, woman], shown * woman, shown * (1 - woman)])


def voice_features(voice: Voice) -> np.ndarray:
    """A voice as `(10,)` numbers that listeners and encoders tell apart; logarithms of frequencies and rate."""
    frequencies = np.log([voice.f0_hz, voice.tract_scale, voice.pitch_range, voice.rate])
    return np.concatenate([frequencies, [voice.tilt_db, voice.breath], np.log(voice.formants)])

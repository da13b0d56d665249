"""How a drawn person's mouth moves while it speaks: co-articulation by dominance functions.

Every sound asks for a mouth shape with some insistence that dies away before and after it; at any time the mouth is
the average of what all sounds ask for, weighted by their insistence (after Cohen and Massaro, "Modeling coarticulation
in synthetic visual speech", 1993). Lip closure (p, b, m) and lip-to-teeth contact (f, v) are not left to averages:
they are reached in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from datamodules.mini.faces_controls import CONTROLS


class TimedPhoneme(Protocol):
    """What is needed of a sound: `phoneme` in espeak's IPA ('' is a pause) and its times in seconds."""

    @property
    def phoneme(self) -> str: ...

    @property
    def start(self) -> float: ...

    @property
    def end(self) -> float: ...


@dataclass(frozen=True)
class Viseme:
    """A mouth shape (values of the controls of the same names) and how strongly a sound insists on it."""

    jaw: float
    part: float
    wide: float = 0.0
    round: float = 0.0
    lift: float = 0.0
    insistence: float = 1.0
    closed: bool = False
    tucked: bool = False


_VOWELS = {
    "a": Viseme(0.85, 0.45, 0.10), "ɑ": Viseme(0.85, 0.40), "ɐ": Viseme(0.70, 0.40), "æ": Viseme(0.72, 0.50, 0.40),
    "ʌ": Viseme(0.55, 0.40), "ɛ": Viseme(0.52, 0.45, 0.35), "e": Viseme(0.42, 0.45, 0.50), "ə": Viseme(0.36, 0.36),
    "ɜ": Viseme(0.38, 0.40, 0, 0.25), "ɚ": Viseme(0.32, 0.38, 0, 0.35), "ɪ": Viseme(0.24, 0.42, 0.45),
    "ᵻ": Viseme(0.24, 0.40, 0.35), "i": Viseme(0.16, 0.45, 0.75), "ɨ": Viseme(0.16, 0.42, 0.5),
    "ɔ": Viseme(0.62, 0.35, 0, 0.55), "ɒ": Viseme(0.70, 0.35, 0, 0.40), "o": Viseme(0.42, 0.30, 0, 0.80),
    "ʊ": Viseme(0.24, 0.30, 0, 0.70), "u": Viseme(0.14, 0.28, 0, 1.0), "y": Viseme(0.12, 0.28, 0, 0.95),
}  # fmt: skip
_CONSONANTS = {
    "p": Viseme(0.0, 0.0, closed=True), "b": Viseme(0.0, 0.0, closed=True), "m": Viseme(0.0, 0.0, closed=True),
    "f": Viseme(0.10, 0.12, 0.1, 0, 0.25, tucked=True), "v": Viseme(0.10, 0.12, 0.1, 0, 0.25, tucked=True),
    "w": Viseme(0.12, 0.20, 0, 1.0), "ɥ": Viseme(0.12, 0.20, 0, 0.95), "j": Viseme(0.15, 0.40, 0.55, insistence=0.8),
    "ɹ": Viseme(0.20, 0.34, 0, 0.50), "r": Viseme(0.20, 0.34, 0, 0.45), "ʃ": Viseme(0.12, 0.55, 0, 0.50, 0.30),
    "ʒ": Viseme(0.12, 0.50, 0, 0.50, 0.30),
    "ɕ": Viseme(0.10, 0.50, 0.45, 0, 0.15), "ʂ": Viseme(0.14, 0.50, 0, 0.35, 0.25),
    "s": Viseme(0.06, 0.45, 0.35), "z": Viseme(0.06, 0.45, 0.35), "θ": Viseme(0.18, 0.42, 0.15),
    "ð": Viseme(0.18, 0.42, 0.15), "t": Viseme(0.12, 0.38, 0.2, insistence=0.6),
    "d": Viseme(0.14, 0.38, 0.2, insistence=0.6),
    "n": Viseme(0.16, 0.38, 0.15, insistence=0.6), "ɾ": Viseme(0.18, 0.36, 0.1, insistence=0.4),
    "l": Viseme(0.26, 0.40, 0.1, insistence=0.6), "k": Viseme(0.28, 0.34, insistence=0.35),
    "ɡ": Viseme(0.28, 0.34, insistence=0.35), "g": Viseme(0.28, 0.34, insistence=0.35),
    "ŋ": Viseme(0.26, 0.32, insistence=0.4), "x": Viseme(0.28, 0.34, insistence=0.3),
    "χ": Viseme(0.28, 0.34, insistence=0.3), "h": Viseme(0.30, 0.34, insistence=0.15),
}  # fmt: skip
_REST = Viseme(0.02, 0.0, insistence=0.55)
_MIDDLE = Viseme(0.25, 0.34, insistence=0.3)
"""sounds this table does not know"""
_SHORT_PAUSE = 0.14
"""seconds: gaps shorter than this (between Mandarin syllables) do not let the mouth rest"""


def visemes_of(phoneme: str) -> list[Viseme]:
    """The shapes that one of espeak's sounds goes through: one for most, two or three for diphthongs.

    Mandarin's aspirates (`ph`) and retroflexes (`s.`, `ts.h`) are written with letters after the sound.
    """
    if phoneme.startswith(("ts.", "s.", "z.")):
        return [_CONSONANTS["ʂ"]]
    if phoneme.startswith(("tɕ", "ɕ")):
        return [_CONSONANTS["ɕ"]]
    if phoneme.startswith(("tʃ", "dʒ")):
        return [_CONSONANTS["ʃ"]]
    if phoneme == "i.":
        return [Viseme(0.14, 0.42, 0.15, 0.1)]
    found = []
    for place, letter in enumerate(phoneme):
        if letter == "h" and place > 0:
            continue
        viseme = _VOWELS.get(letter) or _CONSONANTS.get(letter)
        if viseme is not None:
            found.append(viseme)
    return found or [_MIDDLE]


@dataclass(frozen=True)
class _Target:
    viseme: Viseme
    start: float
    end: float


def _targets(phonemes: Sequence[TimedPhoneme]) -> list[_Target]:
    targets = []
    for number, sound in enumerate(phonemes):
        if sound.phoneme == "":
            edge = number in (0, len(phonemes) - 1)
            if edge or sound.end - sound.start >= _SHORT_PAUSE:
                targets.append(_Target(_REST, sound.start, sound.end))
            continue
        shapes = visemes_of(sound.phoneme)
        edges = np.linspace(sound.start, sound.end, len(shapes) + 1)
        targets += [_Target(v, a, b) for v, a, b in zip(shapes, edges, edges[1:], strict=False)]
    return targets


def mouth_controls(phonemes: Sequence[TimedPhoneme], times: np.ndarray, liveliness: float = 1.0) -> np.ndarray:
    """Mouth shapes at given times.

    Args:
        phonemes: the sounds in order.
        times: `(F,)` seconds.
        liveliness: how far this person opens the mouth, about 0.75 (mumbles) to 1.2.

    Returns:
        `(F, 12)` float32, columns as `faces_mesh.CONTROLS`; zero where the mouth has no say.
    """
    times = np.asarray(times, float)
    controls = np.zeros((len(times), len(CONTROLS)), np.float32)
    targets = _targets(phonemes)
    if not targets:
        return controls
    starts, ends = np.array([t.start for t in targets]), np.array([t.end for t in targets])
    # distance outside the sound's core (its middle half): the shape leads the sound by 20 ms
    at = times[:, None] + 0.02
    quarter = (ends - starts) / 4
    outside = np.maximum(np.maximum(starts + quarter - at, at - (ends - quarter)), 0)
    before = at < starts + quarter
    rate = np.where(before, 17.0, 15.0)
    weight = np.array([t.viseme.insistence for t in targets]) * np.exp(-rate * outside)
    weight = weight / (weight.sum(1, keepdims=True) + 1e-12)
    values = np.array([(t.viseme.jaw, t.viseme.part, t.viseme.wide, t.viseme.round, t.viseme.lift) for t in targets])
    # closure and lip-to-teeth are laid on afterwards, so their shapes must not blur their neighbours'
    shape = weight @ values
    shape[:, :2] *= liveliness
    shape[:, 2:4] *= 0.5 + 0.5 * liveliness
    closed = _reached(targets, times, "closed")
    tucked = _reached(targets, times, "tucked")
    jaw, part, wide, rounded, lift = shape.T
    column = {name: k for k, name in enumerate(CONTROLS)}
    contact = np.maximum(closed, 0.85 * tucked)
    controls[:, column["jaw"]] = np.maximum(jaw * (1 - contact), 0.10 * tucked)
    controls[:, column["part"]] = part * (1 - contact)
    controls[:, column["wide"]] = np.clip(wide - rounded, 0, 1)
    controls[:, column["round"]] = np.clip(rounded - 0.4 * wide, 0, 1)
    controls[:, column["raise"]] = np.maximum(lift * (1 - closed), 0.35 * tucked)
    controls[:, column["tuck"]] = 0.9 * tucked
    controls[:, column["press"]] = 0.8 * closed
    return controls


def _reached(targets: Sequence[_Target], times: np.ndarray, kind: str) -> np.ndarray:
    """0 to 1 over time: 1 while the lips touch (at least 70 ms, so that 25 frames a second show it), smooth ramps."""
    reached = np.zeros(len(times))
    for target in targets:
        if not getattr(target.viseme, kind):
            continue
        half = max((target.end - target.start) / 2, 0.035)
        outside = np.maximum(np.abs(times - (target.start + target.end) / 2) - half, 0)
        ramp = np.clip(1 - outside / 0.07, 0, 1)
        reached = np.maximum(reached, ramp * ramp * (3 - 2 * ramp))
    return reached

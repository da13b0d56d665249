"""How the drawn actress moves her whole face: blendshapes and head pose of a spoken sentence in one of four emotions.

The mouth follows the sounds (`talking.mouth_controls`); brows, lids, mouth corners and head follow the emotion, the
stressed words and the pauses. What no text can tell (drift, gaze, some of the blinks) is drawn at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from anyonenet.face.blendshapes import BLENDSHAPES, HEAD, RATE, column, columns
from datamodules.mini.faces_controls import CONTROLS
from datamodules.mini.talking import TimedPhoneme, mouth_controls
from datamodules.mini.talking_motion import beats, slow_drift

_PAUSE_SECONDS = 0.12
"""pauses from this length on invite a blink and a look aside"""
_MOUTH = {
    "jaw": {"jawOpen": 0.82},
    "part": {"mouthLowerDown": 0.75, "mouthUpperUp": 0.65},
    "wide": {"mouthStretch": 0.75, "mouthDimple": 0.4},
    "round": {"mouthPucker": 0.75, "mouthFunnel": 0.35},
    "raise": {"mouthUpperUp": 0.8, "mouthShrugUpper": 0.15},
    "tuck": {"mouthRollLower": 0.9},
    "press": {"mouthPress": 0.7, "mouthRollLower": 0.25, "mouthRollUpper": 0.2, "mouthShrugLower": 0.1},
}
"""what each control of the drawn faces is in blendshapes"""
_STRESS_GAIN, _NOD_GAIN = 5.0, 2.0
"""what brings the loudest words of a sentence to about 1"""
_CLOSED_JAW = 0.10
"""how far the jaw stays open behind closed lips"""


@dataclass(frozen=True)
class Emotion:
    """What an emotion does, besides the words."""

    held: dict[str, float]
    """blendshapes while the emotion lasts"""
    stressed: dict[str, float]
    """what stressed words add"""
    nod_degrees: float
    nod_seconds: float
    """width of a nod"""
    sway_degrees: tuple[float, float, float]
    """spread of the slow sway: nod, shake, tilt"""
    pose_degrees: tuple[float, float, float]
    """how the head is held"""
    blink_seconds: float
    """mean time between blinks that no pause calls for"""
    opening: float = 1.0
    """of the mouth, relative to neutral speech"""


MANNERS = {
    "surprise": Emotion(
        {"browInnerUp": 0.50, "browOuterUp": 0.45, "eyeWide": 0.45, "mouthFunnel": 0.05},
        {"browInnerUp": 0.40, "browOuterUp": 0.40, "eyeWide": 0.35},
        -3.0, 0.20, (1.2, 1.5, 1.2), (-4.0, 0.0, 0.0), 5.0, 1.15,
    ),
    "anger": Emotion(
        {"browDown": 0.60, "eyeSquint": 0.30, "noseSneer": 0.15, "mouthFrown": 0.22, "mouthUpperUp": 0.06},
        {"browDown": 0.30, "noseSneer": 0.35, "eyeWide": 0.15},
        6.0, 0.10, (1.2, 2.2, 0.8), (4.0, 0.0, 0.0), 4.5, 1.15,
    ),
    "neutral": Emotion(
        {"browInnerUp": 0.03},
        {"browInnerUp": 0.16, "browOuterUp": 0.12},
        3.0, 0.14, (1.0, 1.6, 0.8), (0.0, 0.0, 0.0), 3.5,
    ),
    "happiness": Emotion(
        {"mouthSmile": 0.42, "cheekSquint": 0.35, "browOuterUp": 0.10, "mouthDimple": 0.10},
        {"mouthSmile": 0.14, "cheekSquint": 0.18, "browInnerUp": 0.20, "browOuterUp": 0.15},
        3.5, 0.17, (1.2, 2.0, 2.6), (-1.0, 0.0, 3.0), 2.8,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Acted:
    """A sentence as it is acted: `parameters` (F, 51) in [0, 1], `head` (F, 6), as `anyonenet.face.blendshapes` names
    them, float32; frame k stands at k / RATE seconds."""

    parameters: np.ndarray
    head: np.ndarray


def act(
    waveform: np.ndarray,
    sample_rate: int,
    phonemes: Sequence[TimedPhoneme],
    emotion: str,
    rng: np.random.Generator,
) -> Acted:
    """Turn speech into the motion of a face.

    Args:
        waveform: `(samples,)` float32.
        phonemes: its sounds with their times ('' is a pause).
        emotion: of `anyonenet.face.blendshapes.EMOTIONS`.
        rng: for what the text does not say.

    Returns:
        `round(seconds * RATE)` frames, at least one.
    """
    manner = MANNERS[emotion]
    frames = max(round(len(waveform) / sample_rate * RATE), 1)
    times = np.arange(frames) / RATE
    nods, stress = beats(waveform, sample_rate, times)
    nods, stress = _NOD_GAIN * nods, np.clip(_STRESS_GAIN * stress, 0, 1)
    strength = np.clip(0.85 + 0.15 * slow_drift(rng, frames, RATE, 3.0)[:, 0], 0.5, 1.15) * rng.uniform(0.85, 1.1)
    tracks = np.zeros((frames, len(BLENDSHAPES)))
    _articulate(tracks, phonemes, times, manner)
    for name, amount in manner.held.items():
        tracks[:, columns(name)] += (amount * strength)[:, None]
    for name, amount in manner.stressed.items():
        tracks[:, columns(name)] += (amount * stress * strength)[:, None]
    rounded = tracks[:, column("mouthPucker"), None]
    tracks[:, columns("mouthSmile", "mouthDimple")] *= 1 - 0.5 * rounded
    pauses = [(sound.start, sound.end) for sound in phonemes if sound.phoneme == ""]
    _look(tracks, times, pauses, manner, rng)
    return Acted(np.clip(tracks, 0, 1).astype(np.float32), _head(nods, times, manner, rng).astype(np.float32))


def _articulate(tracks: np.ndarray, phonemes: Sequence[TimedPhoneme], times: np.ndarray, manner: Emotion) -> None:
    """Lips and jaw; behind closed lips the jaw is a little open and `mouthClose` holds them together."""
    controls = np.clip(mouth_controls(phonemes, times, manner.opening), 0, 1).astype(np.float64)
    for name, shapes in _MOUTH.items():
        for shape, amount in shapes.items():
            tracks[:, columns(shape)] += amount * controls[:, [CONTROLS.index(name)]]
    closed = _CLOSED_JAW * controls[:, CONTROLS.index("press")]
    tracks[:, column("jawOpen")] += closed
    tracks[:, column("mouthClose")] += closed


def _look(
    tracks: np.ndarray,
    times: np.ndarray,
    pauses: Sequence[tuple[float, float]],
    manner: Emotion,
    rng: np.random.Generator,
) -> None:
    """Blinks and looks: in pauses, and now and then."""
    blinks, at = [], rng.uniform(0.5, 1.0) * manner.blink_seconds
    for begin, end in pauses:
        if end - begin >= _PAUSE_SECONDS and begin > 0 and rng.random() < 0.8:
            blinks.append(begin + 0.08)
    while at < times[-1]:
        if all(abs(at - other) > 0.8 for other in blinks):
            blinks.append(at)
        at += manner.blink_seconds * rng.uniform(0.6, 1.5)
    lids = np.zeros(len(times))
    for blink in blinks:
        since = times - blink
        down = np.clip(1 + since / 0.09, 0, 1) * (since <= 0)
        up = np.clip(1 - since / 0.17, 0, 1) * (since > 0)
        lids = np.maximum(lids, np.maximum(down, up) ** 0.8)
    tracks[:, columns("eyeBlink")] += lids[:, None]
    tracks[:, columns("eyeWide", "eyeSquint")] *= 1 - lids[:, None]
    turns = np.zeros((len(times), 2))  # across, up; held between saccades
    for start in sorted([0.0, *(begin for begin, _ in pauses), *rng.uniform(0, times[-1] + 0.1, 1)]):
        turns[times >= start] = np.clip(rng.normal(0, (0.12, 0.08)), -0.3, 0.3)
    turns = gaussian_filter1d(turns, 0.6, axis=0)
    across, up = turns.T
    sides = {"eyeLookInLeft": -across, "eyeLookOutLeft": across, "eyeLookInRight": across, "eyeLookOutRight": -across}
    for name, amount in sides.items():
        tracks[:, column(name)] += np.maximum(amount, 0)
    tracks[:, columns("eyeLookUp")] += np.maximum(up, 0)[:, None]
    tracks[:, columns("eyeLookDown")] += np.maximum(-up, 0)[:, None]


def _head(nods: np.ndarray, times: np.ndarray, manner: Emotion, rng: np.random.Generator) -> np.ndarray:
    """`(F, 6)` as `HEAD`."""
    frames = len(times)
    drift = slow_drift(rng, frames, RATE, 3.5) * manner.sway_degrees
    nods = gaussian_filter1d(nods, manner.nod_seconds * RATE / 4)
    degrees = np.array(manner.pose_degrees) + drift
    degrees[:, 0] += manner.nod_degrees * nods
    degrees[:, 1] += 0.3 * manner.nod_degrees * np.gradient(nods) * RATE * 0.1
    head = np.zeros((frames, len(HEAD)))
    head[:, :3] = np.radians(15) * np.tanh(np.radians(degrees) / np.radians(15))
    head[:, 3:5] = slow_drift(rng, frames, RATE, 3.0)[:, :2] * 0.015
    head[:, 4] += 0.010 * nods * np.sign(manner.nod_degrees)
    head[:, 5] = -0.012 * manner.pose_degrees[0] / 4 + slow_drift(rng, frames, RATE, 4.0)[:, 0] * 0.008
    return head

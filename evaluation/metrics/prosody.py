"""How near the melody of synthesised speech comes to a recording: F0 and voicing along the best warping.

Frames are paired by `warping_path` over mel-cepstra, as in the mel-cepstral distance; F0 is compared where both frames
of a pair are voiced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from anyonenet.audio.mel import MelSettings, log_mel
from evaluation.metrics.aggregates import ItemMean
from evaluation.metrics.pitch import track_f0
from evaluation.metrics.speech import cepstral_distances, warping_path

UNITS = ("cents", "hertz")


def f0_error(f0: np.ndarray, reference: np.ndarray, path: np.ndarray | None = None, unit: str = "cents") -> float:
    """Root mean square difference of F0 over the pairs of frames that are voiced in both.

    Args:
        f0, reference: `(T,)` and `(T',)` Hz, nan where unvoiced.
        path: `(L, 2)` pairs of frames; None pairs frame t with frame t, and then T = T'.
        unit: 'cents' (1200 an octave: what is heard) or 'hertz'.

    Returns:
        nan where no pair is voiced in both.

    Raises:
        ValueError: shapes do not fit, the path leaves the frames, or an unknown unit.
    """
    _check_unit(unit)
    one, other = _pairs(f0, reference, path)
    both = np.isfinite(one) & np.isfinite(other)
    if not both.any():
        return float("nan")
    one, other = one[both], other[both]
    differences = 1200 * np.log2(one / other) if unit == "cents" else one - other
    return float(np.sqrt(np.square(differences).mean()))


def voicing_error(f0: np.ndarray, reference: np.ndarray, path: np.ndarray | None = None) -> float:
    """Share of pairs of frames of which one is voiced and the other is not; arguments and errors as of `f0_error`."""
    one, other = _pairs(f0, reference, path)
    return float((np.isfinite(one) != np.isfinite(other)).mean())


def melodies(
    made: np.ndarray, reference: np.ndarray, settings: MelSettings | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What `f0_error` and `voicing_error` take, of two waveforms.

    Args:
        made, reference: `(samples,)` in [-1, 1] at `settings.sample_rate`.
        settings: of the mels that pair the frames; F0 is tracked at their hop.

    Returns:
        F0 of both, `(T,)` and `(T',)` Hz, and the path `(L, 2)`.

    Raises:
        ValueError: a waveform is empty or has more than one axis.
    """
    settings = settings or MelSettings()
    mels, tracks = [], []
    for waveform in (made, reference):
        samples = np.asarray(waveform, dtype=np.float32)
        if samples.ndim != 1 or not len(samples):
            raise ValueError(f"a waveform is {samples.shape}; expected (samples,), not empty")
        mels.append(log_mel(torch.from_numpy(samples), settings).numpy())
        tracks.append(track_f0(samples, settings.sample_rate, settings.hop_samples / settings.sample_rate))
    return tracks[0], tracks[1], warping_path(cepstral_distances(mels[0], mels[1], settings))


class VoicingError(ItemMean):
    """Mean of `voicing_error` over utterances.

    Args:
        settings: of the mels that pair the frames; the project's numbers when None.
    """

    higher_is_better = False

    def __init__(self, settings: MelSettings | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.settings = settings

    def update(self, made: Sequence[Tensor | np.ndarray], reference: Sequence[Tensor | np.ndarray]) -> None:
        """One waveform `(samples,)` an utterance, twice; their lengths may differ."""
        if len(made) != len(reference):
            raise ValueError(f"{len(made)} made and {len(reference)} reference waveforms; expected equally many")
        pairs = [melodies(np.asarray(one), np.asarray(other), self.settings) for one, other in zip(made, reference)]
        self.add(torch.tensor([self.of(*pair) for pair in pairs], dtype=torch.float64))

    def of(self, f0: np.ndarray, reference: np.ndarray, path: np.ndarray) -> float:
        """The figure of one utterance."""
        return voicing_error(f0, reference, path)


class F0Error(VoicingError):
    """Mean of `f0_error` over utterances; `undefined` counts those with no pair of voiced frames.

    Args:
        settings: of the mels that pair the frames; the project's numbers when None.
        unit: 'cents' or 'hertz'.
    """

    def __init__(self, settings: MelSettings | None = None, unit: str = "cents", **kwargs: Any):
        super().__init__(settings, **kwargs)
        _check_unit(unit)
        self.unit = unit

    def of(self, f0: np.ndarray, reference: np.ndarray, path: np.ndarray) -> float:
        return f0_error(f0, reference, path, self.unit)


def _pairs(f0: np.ndarray, reference: np.ndarray, path: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    one, other = np.asarray(f0, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if one.ndim != 1 or other.ndim != 1 or not len(one) or not len(other):
        raise ValueError(f"F0 is {one.shape} and {other.shape}; expected (T,) and (T',), none empty")
    if path is None:
        if len(one) != len(other):
            raise ValueError(f"F0 has {len(one)} and {len(other)} frames; without a path both need the same number")
        return one, other
    path = np.asarray(path)
    if path.ndim != 2 or path.shape[1] != 2 or path.min() < 0 or (path.max(0) >= (len(one), len(other))).any():
        raise ValueError(
            f"path is {path.shape}; expected (L, 2) pairs of frames within {len(one)} and {len(other)} frames"
        )
    return one[path[:, 0]], other[path[:, 1]]


def _check_unit(unit: str) -> None:
    if unit not in UNITS:
        raise ValueError(f"unit is '{unit}'; choose 'cents' or 'hertz'")

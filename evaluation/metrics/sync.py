"""Whether mouth and speech go together, without learned weights: lag and correlation of mouth opening and loudness.

A mouth opens in vowels, which are loud, and closes in stops, which are not. Both curves are taken at one rate, their
correlation is computed at every lag of up to 0.3 s either way, and its maximum is where they fit best: further away
the next syllable fits as well. Real speech correlates imperfectly (a hummed m is loud and closed): compare figures
with those of true videos. SyncNet, which has learned what mouths do, is in `evaluation.metrics.lip_sync`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

LONGEST_LAG_SECONDS = 0.3
FLOOR_DECIBELS = 30.0
"""speech this far below the clip's loudest frame counts as silence"""


def speech_mouth_sync(
    opening: np.ndarray, loudness: np.ndarray, rate: float, longest_lag: float = LONGEST_LAG_SECONDS
) -> tuple[float, float]:
    """Where mouth opening and loudness fit best, and how well.

    Args:
        opening, loudness: `(T,)` of the same frames, any units (`anyonenet.face.mouth.mouth_opening`,
            `speech_loudness`).
        rate: frames a second.
        longest_lag: seconds; the clip must be at least four times as long.

    Returns:
        lag in seconds, positive where the mouth is late, to a fraction of a frame; and the correlation at that lag.
        Both nan where a curve does not move.

    Raises:
        ValueError: the shapes differ, a value is not finite, or the clip is too short.
    """
    mouth, sound = np.asarray(opening, dtype=np.float64), np.asarray(loudness, dtype=np.float64)
    if mouth.shape != sound.shape or mouth.ndim != 1:
        raise ValueError(f"opening is {mouth.shape}, loudness {sound.shape}; expected (T,) twice")
    if not (np.isfinite(mouth).all() and np.isfinite(sound).all()):
        raise ValueError("opening or loudness holds values that are not finite")
    reach = round(longest_lag * rate)
    if len(mouth) < 4 * reach or reach < 1:
        raise ValueError(
            f"the clip has {len(mouth)} frames; lags of up to {longest_lag} s at {rate:g} Hz need {max(4 * reach, 4)}"
        )
    correlations = np.array([_correlation(mouth, sound, lag) for lag in range(-reach, reach + 1)])
    if np.isnan(correlations).any():
        return float("nan"), float("nan")
    best = int(correlations.argmax())
    shift, height = 0.0, float(correlations[best])
    if 0 < best < 2 * reach:  # the top of the parabola through three points
        before, top, after = correlations[best - 1 : best + 2]
        curve = before - 2 * top + after
        if curve < 0:
            shift = 0.5 * (before - after) / curve
            height = float(top - 0.25 * (before - after) * shift)
    return float(best - reach + shift) / rate, min(height, 1.0)


def speech_loudness(waveform: np.ndarray, sample_rate: int, rate: float, frames: int) -> np.ndarray:
    """Level of speech at the times of video frames.

    Args:
        waveform: `(samples,)`.
        sample_rate: Hz.
        rate: frames a second; frame t is shown at t / rate, and its level is of the 50 ms around that.
        frames: how many.

    Returns:
        `(frames,)` dB below the loudest frame, not lower than `-FLOOR_DECIBELS`; all zero for digital silence.

    Raises:
        ValueError: the waveform is empty or has more than one axis.
    """
    samples = np.asarray(waveform, dtype=np.float64)
    if samples.ndim != 1 or not len(samples):
        raise ValueError(f"the waveform is {samples.shape}; expected (samples,), not empty")
    half = round(0.025 * sample_rate)
    energy = np.concatenate([[0.0], np.cumsum(samples**2)])
    centres = np.round(np.arange(frames) / rate * sample_rate).astype(int)
    begins, ends = (np.clip(centres + step, 0, len(samples)) for step in (-half, half))
    power = (energy[ends] - energy[begins]) / (2 * half)
    if power.max() <= 0:
        return np.zeros(frames)
    return np.maximum(10 * np.log10(np.maximum(power / power.max(), 1e-12)), -FLOOR_DECIBELS)


class SpeechMouthSync(Metric):
    """Means of `speech_mouth_sync` over clips, on any number of processes.

    `compute` gives `lag` (seconds, positive: the mouth is late), `absolute_lag` (mean of the lags without their signs),
    `correlation` (the higher, the better) and `undefined`, clips in which mouth or sound does not move.

    Args:
        rate: frames a second of the clips.
        longest_lag: seconds searched to either side.
    """

    is_differentiable = False
    full_state_update = False
    sums: Tensor
    clips: Tensor

    def __init__(self, rate: float, longest_lag: float = LONGEST_LAG_SECONDS, **kwargs: Any):
        super().__init__(**kwargs)
        self.rate, self.longest_lag = rate, longest_lag
        self.add_state("sums", torch.zeros(3, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("clips", torch.zeros(2, dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, opening: Tensor, loudness: Tensor, lengths: Tensor | None = None) -> None:
        """`(batch, frames)` twice; `lengths` `(batch,)` frames that count, all when None."""
        if opening.shape != loudness.shape or opening.dim() != 2:
            raise ValueError(
                f"opening is {tuple(opening.shape)}, loudness {tuple(loudness.shape)}; expected (batch, frames) twice"
            )
        counts = [opening.shape[1]] * len(opening) if lengths is None else lengths.tolist()
        for mouth, sound, count in zip(opening.cpu().numpy(), loudness.cpu().numpy(), counts):
            lag, correlation = speech_mouth_sync(mouth[:count], sound[:count], self.rate, self.longest_lag)
            defined = lag == lag
            if defined:
                self.sums += self.sums.new_tensor([lag, abs(lag), correlation])
            self.clips += self.clips.new_tensor([int(defined), int(not defined)])

    def compute(self) -> dict[str, Tensor]:
        lag, absolute_lag, correlation = (self.sums / self.clips[0]).float()
        return {
            "lag": lag,
            "absolute_lag": absolute_lag,
            "correlation": correlation,
            "undefined": self.clips[1].float(),
        }


def _correlation(mouth: np.ndarray, sound: np.ndarray, lag: int) -> float:
    """Pearson's, of the mouth at t + lag and the sound at t, over the frames that both have."""
    one = mouth[max(lag, 0) : len(mouth) + min(lag, 0)]
    other = sound[max(-lag, 0) : len(sound) - max(lag, 0)]
    one, other = one - one.mean(), other - other.mean()
    scale = np.sqrt((one @ one) * (other @ other))
    return float(one @ other / scale) if scale > 1e-12 else float("nan")

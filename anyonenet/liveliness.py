"""What a speaking face does beside speaking: it blinks, sways a little, and shuts its mouth when it is silent.

A predictor trained on squared errors gives the mean of all that could happen, and the mean of blinks is a squint; so
these are drawn from seeded random numbers instead. Times are seconds from the start of the video: everything here can
be asked for piece by piece and is the same as asked for at once.
"""

from __future__ import annotations

import numpy as np

UPPER_LIDS = ((37, 41), (38, 40), (43, 47), (44, 46))
"""upper-lid point and the lower-lid point below it, iBUG's 68 points"""
INNER_LIPS = ((61, 67), (62, 66), (63, 65))
"""upper and lower inner-lip points that meet in a closed mouth"""
OUTER_UPPER = {61: (49, 50), 62: (51,), 63: (52, 53)}
OUTER_LOWER = {67: (59, 58), 66: (57,), 65: (56, 55)}
JAW = {6: 0.5, 7: 0.9, 8: 1.0, 9: 0.9, 10: 0.5}
UPPER_SHARE = 0.25
"""of the way of a closing mouth, the part that the upper lip goes; the jaw brings the rest"""


class Blinks:
    """Eye closure over time: short, asymmetric, at irregular intervals.

    Args:
        seed: the same seed blinks at the same times.
        mean_interval_seconds: between blinks; people who speak blink 15 to 25 times a minute.
    """

    CLOSING, CLOSED, OPENING = 0.09, 0.04, 0.17
    """seconds of the three phases"""

    def __init__(self, seed: int, mean_interval_seconds: float = 3.2):
        self._random = np.random.default_rng([seed, 1])
        self._mean = mean_interval_seconds
        self._starts = [float(self._random.uniform(0.8, 2.5))]

    def closure(self, times: np.ndarray) -> np.ndarray:
        """`(F,)` seconds -> `(F,)` from 0 (as in the photo) to 1 (shut)."""
        while self._starts[-1] < times.max(initial=0) + 1:
            gap = 0.5 + self._random.gamma(4.0, (self._mean - 0.5) / 4.0)
            self._starts.append(self._starts[-1] + max(float(gap), 0.6))
        knots = np.cumsum([0, self.CLOSING, self.CLOSED, self.OPENING])
        since = times[:, None] - np.asarray(self._starts)[None]
        shut = np.interp(since, knots, [0.0, 1.0, 1.0, 0.0], left=0.0, right=0.0).max(axis=1)
        return shut * shut * (3 - 2 * shut)


class Sway:
    """Slow small head motion that never stops: sums of sinusoids with seeded phases.

    Args:
        seed: the same seed sways the same way.
        degrees: root mean square about the axes x (nod), y (turn), z (tilt).
    """

    def __init__(self, seed: int, degrees: tuple[float, float, float] = (1.0, 1.5, 0.8)):
        random = np.random.default_rng([seed, 2])
        self._hertz = random.uniform(0.07, 0.45, (4, 3))
        self._phases = random.uniform(0, 2 * np.pi, (4, 3))
        weights = 1 / self._hertz  # the slower the larger
        self._weights = weights / np.sqrt((weights**2).sum(axis=0) / 2) * np.radians(degrees)

    def rotation_vectors(self, times: np.ndarray) -> np.ndarray:
        """`(F,)` seconds -> `(F, 3)` radians, zero at time 0 so that the video begins with the photo's pose."""
        angles = 2 * np.pi * times[:, None, None] * self._hertz + self._phases
        start = (np.sin(self._phases) * self._weights).sum(axis=0)
        begin = np.minimum(times / 1.5, 1.0)[:, None]
        return ((np.sin(angles) * self._weights).sum(axis=1) - start) * begin**2 * (3 - 2 * begin)


def close_lids(landmarks: np.ndarray, closure: np.ndarray) -> np.ndarray:
    """Bring the upper lids down to the lower ones: `(F, 68, 2 or 3)`, `(F,)` in [0, 1] -> a changed copy."""
    shut = landmarks.copy()
    for upper, lower in UPPER_LIDS:
        way = landmarks[:, lower] - landmarks[:, upper]
        shut[:, upper] += closure[:, None] * 0.95 * way
        shut[:, lower] -= closure[:, None] * 0.05 * way
    return shut


def close_lips(landmarks: np.ndarray, closure: np.ndarray) -> np.ndarray:
    """Bring the lips together: `(F, 68, 2 or 3)` frontal, `(F,)` in [0, 1] -> a changed copy.

    Outer lip points go with the inner ones and the chin with the lower lip. At 1 the inner points meet.
    """
    shut = landmarks.copy()
    gaps = []
    for upper, lower in INNER_LIPS:
        gap = closure * np.maximum(landmarks[:, lower, 1] - landmarks[:, upper, 1], 0)
        gaps.append(gap)
        for point in (upper, *OUTER_UPPER[upper]):
            shut[:, point, 1] += UPPER_SHARE * gap
        for point in (lower, *OUTER_LOWER[lower]):
            shut[:, point, 1] -= (1 - UPPER_SHARE) * gap
    for point, share in JAW.items():
        shut[:, point, 1] -= share * (1 - UPPER_SHARE) * gaps[1]
    return shut


def uncross_lips(landmarks: np.ndarray) -> np.ndarray:
    """Part inner-lip points that passed each other: they meet halfway. `(F, 68, 2 or 3)` -> a changed copy."""
    parted = landmarks.copy()
    for upper, lower in INNER_LIPS:
        crossed = np.maximum(landmarks[:, upper, 1] - landmarks[:, lower, 1], 0) / 2
        parted[:, upper, 1] -= crossed
        parted[:, lower, 1] += crossed
    return parted


def speech_activity(mels: np.ndarray, silence: float) -> np.ndarray:
    """`(T, 80)` mel -> `(T,)` from 0 (silent for 0.15 s and more) to 1 (speech), smooth.

    Args:
        mels: standardised log-mel at 80 Hz.
        silence: the value of digital silence.
    """
    if not len(mels):
        return np.zeros(0)
    level = mels.mean(axis=1) - silence
    loud = np.clip((level - 0.3) / 0.4, 0, 1)
    reach = 6
    around = np.pad(loud, reach, mode="edge")
    held = np.max(np.lib.stride_tricks.sliding_window_view(around, 2 * reach + 1), axis=1)  # stop gaps do not count
    return smooth(held[:, None], 3.0)[:, 0]


def resting_level(mels: np.ndarray, silence: float) -> float:
    """The level at which nobody speaks: digital silence where there is some, else the quietest moment of a recording.

    Args:
        mels: (T, 80) standardised log-mel of a stretch.
        silence: the value of digital silence.
    """
    if len(mels) < _MOMENT:
        return silence
    levels = np.convolve(mels.mean(axis=1, dtype=np.float64), np.full(_MOMENT, 1 / _MOMENT), "valid")
    quietest = float(levels.min())
    return quietest if quietest > silence + 0.1 else silence


_MOMENT = 5
"""mel frames"""


def smooth(values: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian smoothing along the first axis, without delay, ends repeated; `sigma` in frames."""
    if sigma <= 0 or not len(values):
        return values
    reach = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(values, [(reach, reach)] + [(0, 0)] * (values.ndim - 1), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=0)
    return windows @ (kernel / kernel.sum())

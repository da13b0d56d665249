"""How loud people hear a sound: integrated loudness after ITU-R BS.1770-4, for one channel at any sample rate."""

from __future__ import annotations

import numpy as np
import scipy.signal

from anyonenet.errors import InputError

BLOCK_SECONDS = 0.4
STEP_SECONDS = 0.1
ABSOLUTE_GATE = -70.0
"""LUFS; quieter blocks are silence"""
RELATIVE_GATE = -10.0
"""LU below the mean of the rest; quieter blocks are pauses"""
_OFFSET = -0.691
"""dB; makes a full-scale sine of 997 Hz in one channel read -3.01 LUFS"""


def loudness(samples: np.ndarray, sample_rate: int) -> float:
    """Integrated loudness in LUFS.

    Args:
        samples: (samples,) in [-1, 1].
        sample_rate: Hz.

    Raises:
        InputError: shorter than a block of 0.4 s, or silent.
    """
    block, step = round(BLOCK_SECONDS * sample_rate), round(STEP_SECONDS * sample_rate)
    if len(samples) < block:
        raise InputError(f"the sound has {len(samples) / sample_rate:.2f} s; its loudness needs {BLOCK_SECONDS} s")
    weighted = np.asarray(samples, np.float64)
    for numerator, denominator in (_shelf(sample_rate), _high_pass(sample_rate)):
        weighted = scipy.signal.lfilter(numerator, denominator, weighted)
    sums = np.concatenate([[0.0], np.cumsum(np.square(weighted))])
    starts = np.arange(0, len(samples) - block + 1, step)
    power = (sums[starts + block] - sums[starts]) / block
    heard = power[power > 10 ** ((ABSOLUTE_GATE - _OFFSET) / 10)]
    if not len(heard):
        raise InputError("the sound is silent")
    heard = heard[heard > heard.mean() * 10 ** (RELATIVE_GATE / 10)]
    return float(_OFFSET + 10 * np.log10(heard.mean()))


def _shelf(sample_rate: int) -> tuple[list[float], list[float]]:
    """The head: about 4 dB more above 1.7 kHz. The standard's coefficients are this filter at 48 kHz."""
    gain, quality = 10 ** (3.999843853973347 / 20), 0.7071752369554196
    k = np.tan(np.pi * 1681.974450955533 / sample_rate)
    middle, base = gain**0.4996667741545416, 1 + k / quality + k * k
    numerator = [gain + middle * k / quality + k * k, 2 * (k * k - gain), gain - middle * k / quality + k * k]
    return [value / base for value in numerator], [1.0, 2 * (k * k - 1) / base, (1 - k / quality + k * k) / base]


def _high_pass(sample_rate: int) -> tuple[list[float], list[float]]:
    """Less below 40 Hz; the standard leaves the numerator as (1, -2, 1)."""
    quality, k = 0.5003270373238773, np.tan(np.pi * 38.13547087602444 / sample_rate)
    base = 1 + k / quality + k * k
    return [1.0, -2.0, 1.0], [1.0, 2 * (k * k - 1) / base, (1 - k / quality + k * k) / base]

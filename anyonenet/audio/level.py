"""Where speech begins and ends in a recording, and how loud it is."""

from __future__ import annotations

import numpy as np

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import InputError

LEVEL_DB = -24.0
"""mean level that `levelled` gives to the active frames, dB of full scale"""
QUIET_DB = -40.0
"""frames this far below the loudest count as silence"""
LEAD_SECONDS, TAIL_SECONDS = 0.05, 0.1
"""silence kept before and after the speech"""
_NOTHING = 1e-9
"""mean square of a frame of digital silence, about: -90 dB of full scale"""


def trimmed(samples: np.ndarray, settings: MelSettings) -> np.ndarray:
    """`(samples,)` float32 without the silence at both ends but a little.

    Raises:
        InputError: nothing but silence.
    """
    active = np.flatnonzero(active_hops(samples, settings))
    if len(active) == 0:
        raise InputError("the recording is silent")
    hop, rate = settings.hop_samples, settings.sample_rate
    begin = active[0] * hop - round(LEAD_SECONDS * rate)
    end = (active[-1] + 1) * hop + round(TAIL_SECONDS * rate)
    before, after = max(0, -begin), max(0, end - len(samples))
    return np.pad(samples[max(0, begin) : end], (before, after))


def levelled(samples: np.ndarray, settings: MelSettings) -> np.ndarray:
    """`(samples,)` float32 scaled so that its active frames have the mean power of `LEVEL_DB`."""
    hop = settings.hop_samples
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    power = float(np.square(frames[active_hops(samples, settings)[: len(frames)]]).mean())
    return (samples * np.float32(10 ** (LEVEL_DB / 20) / np.sqrt(power))).astype(np.float32)


def active_hops(samples: np.ndarray, settings: MelSettings) -> np.ndarray:
    """`(hops,)` bool: which started hops are within `QUIET_DB` of the loudest."""
    together = _HOPS_TOGETHER * settings.hop_samples
    powers = [_powers(samples[begin : begin + together], settings) for begin in range(0, len(samples), together)]
    power = np.concatenate(powers) if powers else np.zeros(0, samples.dtype)
    loudest = power.max(initial=0.0)
    return (power > loudest * 10 ** (QUIET_DB / 10)) & (power > _NOTHING)


def _powers(samples: np.ndarray, settings: MelSettings) -> np.ndarray:
    """Mean square of each started hop; `(samples,)` -> `(hops,)`."""
    hop = settings.hop_samples
    padded = np.pad(samples, (0, -len(samples) % hop))
    return np.asarray(np.square(padded.reshape(-1, hop)).mean(axis=1))


_HOPS_TOGETHER = 4800
"""a minute: the squares of an hour would take as much memory as its sound"""

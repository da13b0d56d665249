"""A recording as a voice speaks: stretch by stretch, each with its mel, so that systems hear it as they hear a text."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.errors import InputError
from anyonenet.voice import Spoken

LONGEST_SECONDS = 12.0
"""of a stretch: longer ones are cut where they are quietest"""
_SHORTEST_SHARE = 0.4
"""of the longest, that a stretch has at least where another follows"""
_QUIET_FRAMES = 8
"""mel frames that a pause is looked for over"""


def recorded(
    waveform: NDArray[np.float32], settings: MelSettings, longest_seconds: float = LONGEST_SECONDS
) -> Iterator[Spoken]:
    """Stretches of a recording that together are the whole of it.

    Each has whole mel frames; the last one is filled up with silence. Symbols are not known: there are none, and
    `symbol_of_frame` is -1 throughout.

    Args:
        waveform: (samples,) float32 in [-1, 1] at the settings' sample rate.
        settings: of the mel.
        longest_seconds: of a stretch.

    Raises:
        InputError: the recording is silent.
    """
    if not np.abs(waveform).max(initial=0) > 1e-4:
        raise InputError("the recording is silent; give one in which somebody speaks")
    hop = settings.hop_samples
    whole = np.pad(waveform.astype(np.float32), (0, -len(waveform) % hop))
    mel = log_mel(torch.from_numpy(whole), settings).numpy()
    begin = 0
    for end in cuts(mel.mean(1), round(longest_seconds * settings.frame_rate)):
        yield Spoken(
            text="",
            symbols=(),
            mel=mel[begin:end],
            waveform=whole[begin * hop : end * hop],
            symbol_of_frame=np.full(end - begin, -1, np.int64),
            complete=True,
        )
        begin = end


def cuts(level: NDArray[np.floating], longest: int) -> list[int]:
    """Where stretches end: the middle of what is quietest before each gets too long.

    Args:
        level: (T,) loudness of mel frames.
        longest: mel frames of a stretch, at least 1.

    Returns:
        rising, the last one is T.
    """
    ends, begin = [], 0
    around = np.convolve(
        np.pad(level, _QUIET_FRAMES // 2, mode="edge"), np.ones(_QUIET_FRAMES) / _QUIET_FRAMES, "valid"
    )
    while len(level) - begin > longest:
        first = begin + max(int(_SHORTEST_SHARE * longest), 1)
        last = begin + longest
        begin = first + int(around[first : last + 1].argmin())
        ends.append(begin)
    return [*ends, len(level)]

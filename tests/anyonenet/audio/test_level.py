"""Trimming and levelling of recordings."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.audio.level import LEVEL_DB, levelled, trimmed
from anyonenet.audio.mel import MelSettings
from anyonenet.errors import InputError

SETTINGS = MelSettings()


def test_trimming_leaves_a_little_silence_and_levelling_sets_the_level() -> None:
    time = np.arange(16000) / 16000
    tone = (0.3 * np.sin(2 * np.pi * 200 * time)).astype(np.float32)
    samples = np.concatenate([np.zeros(8000, np.float32), tone, np.zeros(4000, np.float32)])
    kept = trimmed(samples, SETTINGS)
    assert len(kept) / 16000 == pytest.approx(1.15, abs=0.03)
    level = levelled(kept, SETTINGS)
    loud = level[1000:16000]
    assert 20 * np.log10(np.sqrt(np.mean(loud**2))) == pytest.approx(LEVEL_DB, abs=0.3)
    assert len(trimmed(tone, SETTINGS)) / 16000 == pytest.approx(1.15, abs=0.03)  # silence is added where it lacks
    with pytest.raises(InputError, match="silent"):
        trimmed(np.zeros(1000, np.float32), SETTINGS)

"""The sound itself of transcribed speech, trimmed and levelled like the TTS's mels: what a vocoder learns from."""

from __future__ import annotations

from typing import Any

import numpy as np

from datamodules.prepare.tts import TTSRecipe


class WaveformRecipe(TTSRecipe):
    """One item an utterance: `samples` `(N,)` int16; fields and splits as of `TTSRecipe`, so that what the TTS never
    heard the vocoder has not heard either.

    Args:
        as of `TTSRecipe`.
    """

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.name = f"vocoder/{self.corpus}"

    @property
    def options(self) -> dict[str, Any]:
        return {**super().options, "kind": "vocoder"}

    def arrays(self, samples: np.ndarray, symbols: tuple[str, ...]) -> dict[str, np.ndarray]:
        return {"samples": np.round(samples.clip(-1, 1) * 32767).astype(np.int16)}

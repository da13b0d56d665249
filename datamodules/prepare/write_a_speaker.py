"""Tracks for Write-a-Speaker's generators: what is said at each frame, and how the face moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from anyonenet.errors import CorpusError
from anyonenet.face.blendshapes import BLENDSHAPES, HEAD, RATE
from anyonenet.text.frames import at_frames, symbol_ids
from anyonenet.text.symbols import SYMBOLS
from datamodules.corpora import write_a_speaker
from datamodules.corpora.manifest import split_of
from datamodules.corpora.write_a_speaker import MotionRecording
from datamodules.prepare.recipe import Item, Recipe, Skip, Source

SHORTEST_SECONDS = 0.5
VALIDATION_SHARE = TEST_SHARE = 0.1
"""of the utterances, by the hash of their ids: of so few, more than the project's usual 5 %"""
_SLACK_SECONDS = 0.2
"""by which the text may be aligned beyond the end of the motion"""

MotionReader = Callable[[], list[MotionRecording]]


class FacialMotionRecipe(Recipe):
    """One item an utterance: `symbols` `(F,)` int16, indices into the symbol table; `words` `(F,)` int16, places in
    the field of that name, -1 in silence; `parameters` `(F, 51)` and `head` `(F, 6)` float32, all at 25 Hz; fields id,
    corpus, language, emotion, text, words (parted by spaces), seconds, split.

    Args:
        corpus: its name.
        read: its reader, see `motion_reader`.
    """

    def __init__(self, corpus: str, read: MotionReader):
        self.name = f"write_a_speaker/{corpus}"
        self.corpus, self.read = corpus, read

    @property
    def options(self) -> dict[str, Any]:
        return {
            "kind": "facial motion",
            "corpus": self.corpus,
            "rate": RATE,
            "symbols": list(SYMBOLS),
            "columns": [*BLENDSHAPES, *HEAD],
            "shares": [VALIDATION_SHARE, TEST_SHARE],
        }

    def sources(self) -> list[Source]:
        return [Source(recording.id, recording.motion, recording) for recording in self.read()]

    def items(self, source: Source, skip: Skip) -> Iterator[Item]:
        recording = source.content
        parameters, head = write_a_speaker.read_motion(recording.motion)
        symbols, words = write_a_speaker.read_alignment(recording.alignment)
        frames = len(parameters)
        if frames < SHORTEST_SECONDS * RATE:
            raise CorpusError(f"{recording.motion}: {frames} frames; expected at least {SHORTEST_SECONDS:g} s")
        if symbols[-1].end > frames / RATE + _SLACK_SECONDS:
            raise CorpusError(
                f"{recording.alignment} ends at {symbols[-1].end:.2f} s, the motion at {frames / RATE:.2f} s; "
                f"they are not of one recording, or the motion is not at {RATE:g} frames a second"
            )
        said = at_frames(words, frames, RATE)
        fields = {
            "id": recording.id,
            "corpus": self.corpus,
            "language": recording.language,
            "emotion": recording.emotion,
            "text": recording.text,
            "words": " ".join(word.label.replace(" ", "_") or "_" for word in words),
            "seconds": frames / RATE,
            "split": split_of(recording.id, VALIDATION_SHARE, TEST_SHARE),
        }
        ids = symbol_ids(at_frames(symbols, frames, RATE), [symbol.label for symbol in symbols])
        arrays = {
            "symbols": ids.astype(np.int16),
            "words": said.astype(np.int16),
            "parameters": parameters,
            "head": head,
        }
        yield fields, arrays


def motion_reader(root: Path) -> MotionReader:
    """Reads the recordings of `root`: the corpus, or the folder that holds it under its usual name."""
    return partial(write_a_speaker.read, Path(root))

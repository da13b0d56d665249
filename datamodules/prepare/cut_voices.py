"""The voice that speaks in each cut of a landmark store: speaker embeddings for MakeItTalk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from anyonenet.audio.mel import MelSettings
from anyonenet.audio.mel_rate import at_frame_rate
from anyonenet.errors import WeightsError
from anyonenet.weights import read_card
from datamodules.prepare.recipe import Item, Recipe, Skip, Source
from datamodules.prepare.voices import SpeakerEmbedder
from datamodules.store import Store


class CutVoicesRecipe(Recipe):
    """One item a cut, in the order of the landmark store: `embedding` `(1, 1024)` float32, field row (of that store).

    Args:
        cuts: what `LandmarkRecipe` made.
        encoder: folder of the exported speaker encoder.

    Raises:
        WeightsError: there is no usable speaker encoder.
    """

    def __init__(self, cuts: Store, encoder: Path):
        self.cuts, self.embedder = cuts, SpeakerEmbedder(encoder)
        self.name = f"cut_voices/{cuts.options['corpus']}/{self.embedder.sha256[:12]}"

    @property
    def options(self) -> dict[str, Any]:
        return {"kind": "cut voices", "encoder": self.embedder.sha256, "cuts": self.cuts.checksum}

    def problems(self) -> list[str]:
        try:
            read_card(self.embedder.folder)
        except WeightsError as error:
            return [str(error)]
        return []

    def sources(self) -> list[Source]:
        manifest = self.cuts.manifest
        groups: dict[str, list[int]] = {}
        for row, clip in enumerate(manifest["clip"]):
            groups.setdefault(str(clip), []).append(row)
        return [Source(clip, self.cuts.folder, tuple(rows)) for clip, rows in groups.items()]

    def items(self, source: Source, skip: Skip) -> Iterator[Item]:
        rate, wanted = MelSettings(**self.cuts.options["mel"]).frame_rate, self.embedder.settings.frame_rate
        mels = [torch.from_numpy(np.array(self.cuts.array("mels", row))) for row in source.content]
        embeddings = self.embedder([at_frame_rate(mel, rate, wanted) for mel in mels])
        for row, embedding in zip(source.content, embeddings, strict=True):
            yield {"row": row}, {"embedding": embedding[None]}

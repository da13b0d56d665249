"""Feature stores made from videos: what cannot be used is listed, counted and left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from anyonenet.errors import CorpusError
from datamodules.corpora.manifest import Clip
from datamodules.store import StoreWriter

Items = Iterable[tuple[Mapping[str, Any], Mapping[str, np.ndarray]]]


def write_clip_store(
    folder: Path,
    options: Mapping[str, Any],
    clips: Sequence[Clip],
    items_of: Callable[[Clip], Items],
    name: str,
) -> None:
    """Write the items of all clips into a store.

    Args:
        folder: the store's.
        options: what it is made with; see `Store`.
        clips: the videos.
        items_of: fields and arrays of a clip's items; raises CorpusError where the clip cannot be used.
        name: what the progress bar says.

    Raises:
        CorpusError: no clip can be used.
    """
    with StoreWriter(folder, options) as writer:
        for clip in tqdm(clips, desc=name, unit="video"):
            try:
                items = list(items_of(clip))  # all or none of a clip
            except CorpusError as error:
                writer.skip(str(clip.video), str(error))
                continue
            for fields, arrays in items:
                writer.add(fields, arrays)
    if writer.skipped:
        print(f"{len(writer.skipped)} of {len(clips)} videos skipped: see {folder / 'skipped.csv'}")

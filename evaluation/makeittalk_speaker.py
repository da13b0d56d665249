"""How well MakeItTalk's exported branches follow heads and faces of unseen clips of known persons (its section 6.3).

The clips are those of VoxCeleb2 that training left out, a fifth of them. Beside both branches stand the speech-content
branch alone, both with another person's voice for the manner, and a face that does not move. Tables 2 and 3 of the
paper, with the baselines that copy another video's head, are measured elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from anyonenet.errors import CorpusError
from anyonenet.face import quaternion
from anyonenet.makeittalk import MakeItTalk
from anyonenet.types import LandmarkMotion, VoicedLandmarkBatch
from datamodules.sampling import Draw
from datamodules.voiced_landmarks import VoicedLandmarkDataModule
from evaluation.bootstrap import Figure, ratio_of
from evaluation.landmarks import ERRORS, HEAD_ERRORS, measure
from evaluation.measurement import Measurement, corpus_in_words

TOLD = (*ERRORS, *HEAD_ERRORS, "d_rot")


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    corpus: str = "voxceleb2",
    shortest_seconds: float = 1.0,
) -> Measurement:
    """Measure `weights/makeittalk_speaker` with the speech-content branch that it was trained with.

    Args:
        weights: folder of the exported stages; the other parts of MakeItTalk and `speaker_encoder` are read too.
        root: folder of the corpora.
        features: folder of the feature stores.
        corpus: of several persons with several clips each.
        shortest_seconds: shorter cuts are left out.

    Returns:
        `d_ll`, `d_vl`, `d_a`, `d_l`, `d_v`, `d_pos`, `d_rot` as `evaluation.landmarks` says, and the same as
        `no_speaker/NAME`, `random_id/NAME` and `still/NAME`; `turning`, the spread of the predicted head rotation over
        that of the true one (1: as lively; 0: a head that does not turn), also `random_id/turning`. Intervals are over
        clips.

    Raises:
        WeightsError: no usable weights.
        CorpusError: the corpus is missing or has no test cut.
    """
    model = MakeItTalk.load(Path(weights), "full")
    data = VoicedLandmarkDataModule(
        root=str(root),
        features=str(features),
        corpora=(corpus,),
        batch_size=16,
        shortest_seconds=shortest_seconds,
        speaker_encoder=str(Path(weights) / "speaker_encoder"),
        split_clips=True,
        hop_seconds=model.codes.mel.hop_seconds,
    )
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no clip of {corpus} in {root} falls into the test part; add clips")
    rows = [data.test.mixture.item(Draw(place, 0, 0)) for place in range(len(data.test))]
    manifest = data.test.cuts.manifest.iloc[rows]
    clips, persons = manifest["clip"].to_list(), manifest["person"].to_list()
    batches: list[VoicedLandmarkBatch] = list(data.test_dataloader())
    bank = torch.cat([batch.speaker_embeddings for batch in batches])
    movers: dict[str, Any] = {
        "": model,
        "no_speaker/": MakeItTalk(model.codes, model.speech, None, model.voices),
        "random_id/": Stranger(model, bank, persons),
    }
    figures: dict[str, Figure] = {}
    for prefix, mover in movers.items():
        measured = measure(mover, batches, clips)  # type: ignore[arg-type]
        figures |= {prefix + name: measured[name] for name in TOLD}
        if not prefix:
            still = {f"still/{name}": measured[f"{name}_still"] for name in TOLD}
        if prefix != "no_speaker/":
            figures[f"{prefix}turning"] = turning(mover, batches, clips)
    about = corpus_in_words(root, [corpus], "unseen clips of the persons of training")
    return Measurement(about, figures | still | {"clips": Figure(len(set(clips)))})


class Stranger:
    """Both branches, each item's head with the manner of another person of the test clips.

    Args:
        model: both branches.
        bank: `(N, 1024)` embeddings of all items in the order in which they will be asked for.
        persons: `(N,)` who speaks in each.
    """

    def __init__(self, model: MakeItTalk, bank: Tensor, persons: Sequence[str]):
        self._model = model
        generator = np.random.default_rng(0)
        names = np.asarray(persons)
        others = [np.flatnonzero(names != name) for name in names]
        self._chosen = [int(generator.choice(rows)) if len(rows) else place for place, rows in enumerate(others)]
        self._bank, self._next = bank, 0

    def __call__(self, mels: Tensor, landmarks: Tensor, quaternions: Tensor, lengths: Tensor) -> LandmarkMotion:
        places = [(self._next + item) % len(self._chosen) for item in range(len(mels))]
        self._next += len(mels)
        identity = self._bank[[self._chosen[place] for place in places]]
        return self._model(mels, landmarks, quaternions, lengths, identity=identity)


def turning(model: Any, batches: Sequence[VoicedLandmarkBatch], clips: Sequence[str]) -> Figure:
    """Spread of the predicted rotation over that of the true one, both about the clip's mean, over clips."""
    said: list[float] = []
    true: list[float] = []
    for batch in batches:
        motion = model(batch.mels, batch.base_landmarks, batch.base_quaternions, batch.lengths)
        for item, frames in enumerate(batch.lengths.tolist()):
            for found, turned in ((said, motion.quaternions), (true, batch.quaternions)):
                found.append(_spread(turned[item, :frames].double().numpy()))
    return ratio_of(said, true, "clips", clips)


def _spread(turned: np.ndarray) -> float:
    """Root mean square of the rotation away from the mean orientation, radians, of `(T, 4)`."""
    mean = quaternion.normalise(turned.mean(0))
    away = quaternion.to_rotation_vector(quaternion.multiply(turned, quaternion.conjugate(mean)[None]))
    return float(np.sqrt((away**2).sum(1).mean()))

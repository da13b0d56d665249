"""How well MakeItTalk's exported speech-content branch follows the unseen part of the Obama addresses.

The cuts, the face that stands for the photograph and the figures are those of `evaluation.landmarks`.
"""

from __future__ import annotations

from pathlib import Path

from anyonenet.errors import CorpusError
from anyonenet.makeittalk import MakeItTalk
from datamodules.sampling import Draw
from datamodules.voiced_landmarks import VoicedLandmarkDataModule
from evaluation.landmarks import ERRORS, LIP_ERRORS, measure
from evaluation.measurement import Measurement, corpus_in_words

TOLD = (*ERRORS, *LIP_ERRORS)


def evaluate(
    weights: Path, root: Path, features: Path = Path("data/features"), shortest_seconds: float = 1.0
) -> Measurement:
    """Measure `weights/makeittalk_speech`.

    Args:
        weights: folder of the exported stages; `makeittalk_content` and `speaker_encoder` are read too.
        root: folder of the corpora.
        features: folder of the feature stores.
        shortest_seconds: shorter cuts are left out.

    Returns:
        `d_ll`, `d_vl`, `d_a`, `d_ll_lips`, `d_vl_lips`, `opening_correlation` and `clips`, as `evaluation.landmarks`
        says, each error also as `NAME_still`, of a face that does not move, and `NAME_of_still`. Intervals are over
        videos.

    Raises:
        WeightsError: no usable weights.
        CorpusError: the corpus is missing or has no test cut.
    """
    model = MakeItTalk.load(Path(weights), "no_speaker")
    data = VoicedLandmarkDataModule(
        root=str(root),
        features=str(features),
        batch_size=16,
        shortest_seconds=shortest_seconds,
        speaker_encoder=str(Path(weights) / "speaker_encoder"),
        hop_seconds=model.codes.mel.hop_seconds,
    )
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no video of {root}/Obama falls into the test split; add videos")
    rows = [data.test.mixture.item(Draw(place, 0, 0)) for place in range(len(data.test))]
    videos = data.test.cuts.manifest["clip"].iloc[rows].to_list()
    figures = measure(model, list(data.test_dataloader()), videos)
    wanted = {name + end for name in TOLD for end in ("", "_still", "_of_still")} | {"opening_correlation", "clips"}
    return Measurement(corpus_in_words(root, ["obama"]), {name: figures[name] for name in figures if name in wanted})

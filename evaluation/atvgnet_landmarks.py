"""How well ATVGnet's AT-net follows unseen videos and persons, and what its PCA could say at best.

Each test cut is predicted from its sound and one face, its own most closed mouth, at 25 frames a second, and compared
with what happened. Beside it stand a face that does not move, a face that always moves as the training faces do on
average, and the truth as the network's own directions can say it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from anyonenet.errors import CorpusError
from anyonenet.face.landmark_basis import LandmarkBasis
from anyonenet.face.mouth import mouth_opening
from anyonenet.metrics.landmarks import landmark_distance
from anyonenet.types import HeardFaceBatch
from anyonenet.weights import load_weights
from datamodules.atvgnet_landmarks import ATVGnetLandmarksDataModule
from datamodules.landmarks import base_frame
from datamodules.mixing import Mixture
from datamodules.sampling import Draw
from evaluation.bootstrap import Figure, mean_of, ratio_of
from evaluation.landmarks import ERRORS, clip_errors, correlation
from evaluation.measurement import Measurement, corpus_in_words

CORPORA = ("obama", "voxceleb2")
COUNTS = (1, 2, 3, 4, 6, 8, 12, 20)
"""directions with which the truth is said again"""


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    validation_share: float = 0.1,
    test_share: float = 0.1,
    shortest_seconds: float = 1.0,
) -> Measurement:
    """Measure `weights/atvgnet_landmarks`.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.
        validation_share, test_share: of VoxCeleb2's persons, as in training.
        shortest_seconds: shorter cuts are left out.

    Returns:
        `d_ll`, `d_vl`, `d_a` (see `anyonenet.metrics.landmarks`; D-VL at 25 frames a second), each also `NAME_still`
        for the face that does not move, `NAME_mean` for the average motion, `NAME_basis` for the truth within the
        network's directions, and `NAME_of_still`, the ratio; `d_ll_lips` and `d_vl_lips`, over the lips;
        `opening_correlation`, of predicted and true mouth opening; `pca_K` and `pca_K_explained`, D-LL of the truth
        within the first K directions of the training data, and the share of its motion that they hold; `clips`.
        Intervals are over videos, whose cuts are drawn together.

    Raises:
        WeightsError: no usable weights.
        CorpusError: a corpus is missing or has no test cut.
    """
    data = ATVGnetLandmarksDataModule(
        root=str(root),
        features=str(features),
        corpora=CORPORA,
        batch_size=8,
        shortest_seconds=shortest_seconds,
        validation_share=validation_share,
        test_share=test_share,
    )
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no video of {root} falls into the test split; add videos")
    network, _ = load_weights(Path(weights) / "atvgnet_landmarks", "atvgnet_landmarks")
    videos = data.cuts.manifest["clip"].iloc[rows_of(data.test.mixture)].to_list()
    trained = [data.cuts.frontal(row) for row in rows_of(data.training.mixture)]
    figures = measure(network, data.test_dataloader(), videos, mean_motion(trained))
    truths = [data.cuts.frontal(row) for row in rows_of(data.test.mixture)]
    figures |= said_again(data.landmark_basis(max(COUNTS)), truths, videos)
    return Measurement(corpus_in_words(root, CORPORA), figures)


def rows_of(mixture: Mixture) -> list[int]:
    """The cuts that one pass takes, in order."""
    return [mixture.item(Draw(place, 0, 0)) for place in range(len(mixture))]


def mean_motion(clips: Iterable[np.ndarray]) -> Tensor:
    """`(68, 2)` how far faces are, on average over clips, from their most closed mouth."""
    means = [(clip - clip[base_frame(clip)]).mean(0) for clip in clips]
    return torch.from_numpy(np.mean(means, axis=0)).float()


@torch.inference_mode()
def measure(network: Any, batches: Iterable[HeardFaceBatch], videos: Sequence[str], mean: Tensor) -> dict[str, Figure]:
    """The figures of one network; see `evaluate`.

    Args:
        network: an `ATNet`.
        batches: of cuts.
        videos: of each cut.
        mean: `(68, 2)` the average motion.
    """
    found: dict[str, dict[str, list[float]]] = {}
    openings = []
    for batch in batches:
        said = network(batch.audio, batch.examples).landmarks
        changes = network.coordinates(batch.landmarks) - network.coordinates(batch.examples).unsqueeze(1)
        within = network.placed(changes, batch.examples)
        for item, frames in enumerate(batch.lengths.tolist()):
            truth = batch.landmarks[item, :frames]
            still = batch.examples[item].expand(frames, -1, -1)
            ways = {"": said[item, :frames], "_still": still, "_mean": still + mean, "_basis": within[item, :frames]}
            for way, face in ways.items():
                for name, value in clip_errors(face, truth).items():
                    found.setdefault(name, {}).setdefault(way, []).append(value)
            openings.append(torch.stack([mouth_opening(ways[""]), mouth_opening(truth)]).double().numpy())
    figures: dict[str, Figure] = {}
    for name, values in found.items():
        figures |= {name + way: mean_of(errors, "videos", videos) for way, errors in values.items()}
        if name in ERRORS:
            figures[f"{name}_of_still"] = ratio_of(values[""], values["_still"], "videos", videos)
    figures["opening_correlation"] = correlation(openings, "videos", videos)
    figures["clips"] = Figure(len(openings))
    return figures


def said_again(basis: LandmarkBasis, truths: Sequence[np.ndarray], videos: Sequence[str]) -> dict[str, Figure]:
    """What is lost where only the motion along the first directions is known; see `evaluate`."""
    figures: dict[str, Figure] = {}
    for count in COUNTS:
        errors = []
        for truth in truths:
            again = basis.rebuilt(truth, truth[base_frame(truth)], count)
            errors.append(float(landmark_distance(torch.from_numpy(again), torch.from_numpy(truth))))
        figures[f"pca_{count}"] = mean_of(errors, "videos", videos)
        figures[f"pca_{count}_explained"] = Figure(float(basis.explained[count - 1]))
    return figures

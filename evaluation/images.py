"""How well the exported image translation draws persons it never saw, against leaving the photo as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from anyonenet.errors import CorpusError, FaceError
from anyonenet.face.detection import detect_faces
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.types import ImageBatch
from anyonenet.weights import load_weights
from datamodules.talking_faces import TalkingFacesDataModule
from evaluation.bootstrap import Figure, mean_of, share_of
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.image import (
    L1Distance,
    PeakSignalToNoiseRatio,
    PerceptualDistance,
    StructuralSimilarity,
    lip_distance,
)
from evaluation.metrics.sharpness import cumulative_blur_probability

SMALLEST_SHARP = 64
"""pixels of the shorter side, below which CPBD is not defined"""


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    validation_share: float = 0.1,
    test_share: float = 0.1,
    perceptual: str = "gabor",
    lip_frames: int = 80,
) -> Measurement:
    """Measure `weights/images` on the persons of the test split.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.
        validation_share, test_share: of the persons, as in training.
        perceptual: features of the perceptual distance: 'gabor', 'vgg19' or 'lpips'.
        lip_frames: made pictures in which lips are detected again, evenly spread.

    Returns:
        `l1` (grey levels of 0 to 1), `ssim`, `psnr` (dB), `perceptual_NAME`, each also `_copy` for the photo as it is;
        `cpbd`, sharpness, and `cpbd_true` of the true pictures;
        `lips`, mean distance of the lips found again in the made picture from those asked for, in eye distances, and
        beside it `lips_detector`, the same on the true picture, which is the detector's own share, and `lips_copy`;
        `faces_found`, the share of made pictures with a face; `pairs`, `persons`. Intervals are over persons, whose
        pictures are drawn together.

    Raises:
        WeightsError: no usable weights.
        CorpusError: the corpus is missing or has no test person.
    """
    data = TalkingFacesDataModule(
        str(root), str(features), batch_size=8, validation_share=validation_share, test_share=test_share
    )
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no person of {root}/VoxCeleb2 falls into the test split; raise test_share")
    network, _ = load_weights(Path(weights) / "images", "images")
    persons = data.test.store.manifest["person"].iloc[data.test.indices].to_list()
    figures = measure(network, data.test_dataloader(), perceptual, lip_frames, persons)
    figures |= {"pairs": Figure(len(data.test)), "persons": Figure(len(set(persons)))}
    return Measurement(corpus_in_words(root, ["voxceleb2"], "test persons"), figures)


@torch.inference_mode()
def measure(
    network: Any,
    batches: Any,
    perceptual: str = "gabor",
    lip_frames: int = 80,
    persons: Sequence[str] | None = None,
) -> dict[str, Figure]:
    """The figures of one network; see `evaluate`. `persons` names that of each pair; None: each is its own."""

    metrics = {
        "l1": L1Distance(),
        "ssim": StructuralSimilarity(),
        "psnr": PeakSignalToNoiseRatio(),
        f"perceptual_{perceptual}": PerceptualDistance(perceptual),
    }
    values: dict[str, list[float]] = {name + kind: [] for kind in ("", "_copy") for name in metrics}
    values |= {"cpbd": [], "cpbd_true": []}
    lips = _Lips()
    pairs = len(batches.dataset)
    wanted = set(np.linspace(0, pairs - 1, min(lip_frames, pairs)).astype(int).tolist())
    seen = 0
    for batch in tqdm(batches, desc="images", unit="batch"):
        made = network(torch.cat([batch.sketches, batch.photos], dim=1))
        values["cpbd"] += sharpness(made)
        values["cpbd_true"] += sharpness(batch.targets)
        for item in range(len(made)):
            target = batch.targets[item : item + 1]
            for name, metric in metrics.items():
                values[name].append(float(metric(made[item : item + 1], target)))
                values[f"{name}_copy"].append(float(metric(batch.photos[item : item + 1], target)))
            if seen + item in wanted:
                lips.add(batch, made, item, str(seen + item) if persons is None else persons[seen + item])
        seen += len(made)
    of = "pairs" if persons is None else "persons"
    return {name: mean_of(of_pairs, of, persons) for name, of_pairs in values.items()} | lips.figures(of)


def sharpness(pictures: Tensor) -> list[float]:
    """CPBD of `(B, 3, H, W)` pictures; nan for those that are too small for it."""
    if min(pictures.shape[2:]) < SMALLEST_SHARP:
        return [float("nan")] * len(pictures)
    return [float(value) for value in cumulative_blur_probability(pictures)]


class _Lips:
    """Lips found again by dlib in made, true and copied pictures."""

    def __init__(self) -> None:
        self._detector = LandmarkDetector("dlib")
        self._distances: dict[str, list[float]] = {"lips": [], "lips_detector": [], "lips_copy": []}
        self._persons: list[str] = []

    def add(self, batch: ImageBatch, made: Tensor, item: int, person: str) -> None:
        self._persons.append(person)
        for name, pictures in (("lips", made), ("lips_detector", batch.targets), ("lips_copy", batch.photos)):
            pixels = ((pictures[item].permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255)
            image = np.ascontiguousarray(pixels.to(torch.uint8).numpy())
            boxes = detect_faces(image)
            try:
                found = self._detector(image, boxes[0])[:, :2] if boxes else None
            except FaceError:  # a box around what the landmarks do not take for a face
                found = None
            distance = float("nan")
            if found is not None:
                distance = float(lip_distance(torch.from_numpy(found), batch.target_landmarks[item]))
            self._distances[name].append(distance)

    def figures(self, of: str) -> dict[str, Figure]:
        means = {name: mean_of(values, of, self._persons) for name, values in self._distances.items()}
        return means | {"faces_found": share_of(np.isfinite(self._distances["lips"]), of, self._persons)}

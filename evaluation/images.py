"""How well the exported image translation draws persons it never saw, against leaving the photo as it is."""

from __future__ import annotations

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
from evaluation.metrics.image import L1Distance, PerceptualDistance, StructuralSimilarity, lip_distance


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    validation_share: float = 0.1,
    test_share: float = 0.1,
    perceptual: str = "gabor",
    lip_frames: int = 80,
) -> dict[str, float]:
    """Measure `weights/images` on the persons of the test split.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.
        validation_share, test_share: of the persons, as in training.
        perceptual: features of the perceptual distance: 'gabor', 'vgg19' or 'lpips'.
        lip_frames: made pictures in which lips are detected again, evenly spread.

    Returns:
        `l1` (grey levels of 0 to 1), `ssim`, `perceptual_NAME`, each also `_copy` for the photo as it is;
        `lips`, mean distance of the lips found again in the made picture from those asked for, in eye distances, and
        beside it `lips_detector`, the same on the true picture, which is the detector's own share, and `lips_copy`;
        `faces_found`, the share of made pictures with a face; `pairs`, `persons`.

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
    figures = measure(network, data.test_dataloader(), perceptual, lip_frames)
    persons = data.test.store.manifest["person"].iloc[data.test.indices]
    return figures | {"pairs": float(len(data.test)), "persons": float(persons.nunique())}


@torch.inference_mode()
def measure(network: Any, batches: Any, perceptual: str = "gabor", lip_frames: int = 80) -> dict[str, float]:
    """The figures of one network; see `evaluate`."""

    def metrics() -> dict[str, Any]:
        return {
            "l1": L1Distance(),
            "ssim": StructuralSimilarity(),
            f"perceptual_{perceptual}": PerceptualDistance(perceptual),
        }

    made_metrics, copy_metrics = metrics(), metrics()
    lips = _Lips()
    pairs = len(batches.dataset)
    wanted = set(np.linspace(0, pairs - 1, min(lip_frames, pairs)).astype(int).tolist())
    seen = 0
    for batch in tqdm(batches, desc="images", unit="batch"):
        made = network(torch.cat([batch.sketches, batch.photos], dim=1))
        for name in made_metrics:
            made_metrics[name].update(made, batch.targets)
            copy_metrics[name].update(batch.photos, batch.targets)
        for item in range(len(made)):
            if seen + item in wanted:
                lips.add(batch, made, item)
        seen += len(made)
    figures = {name: float(metric.compute()) for name, metric in made_metrics.items()}
    figures |= {f"{name}_copy": float(metric.compute()) for name, metric in copy_metrics.items()}
    return figures | lips.figures()


class _Lips:
    """Lips found again by dlib in made, true and copied pictures."""

    def __init__(self) -> None:
        self._detector = LandmarkDetector("dlib")
        self._distances: dict[str, list[float]] = {"lips": [], "lips_detector": [], "lips_copy": []}
        self._asked = 0

    def add(self, batch: ImageBatch, made: Tensor, item: int) -> None:
        self._asked += 1
        for name, pictures in (("lips", made), ("lips_detector", batch.targets), ("lips_copy", batch.photos)):
            pixels = ((pictures[item].permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255)
            image = np.ascontiguousarray(pixels.to(torch.uint8).numpy())
            boxes = detect_faces(image)
            try:
                found = self._detector(image, boxes[0])[:, :2] if boxes else None
            except FaceError:  # a box around what the landmarks do not take for a face
                found = None
            if found is not None:
                distance = lip_distance(torch.from_numpy(found), batch.target_landmarks[item])
                self._distances[name].append(float(distance))

    def figures(self) -> dict[str, float]:
        means = {name: float(np.mean(values)) if values else float("nan") for name, values in self._distances.items()}
        return means | {"faces_found": len(self._distances["lips"]) / max(self._asked, 1)}

"""Pictures drawn from true landmarks: input, target, target landmarks, generated (Fig. 9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from anyonenet.errors import CorpusError, InputError
from anyonenet.weights import load_weights
from datamodules.talking_faces import TalkingFacesDataModule, collate
from evaluation.figures.saving import save_figure
from evaluation.metrics.image import l1_distance

COLUMNS = ("input", "target", "target landmarks", "generated")
CHOICES = ("spread", "worst", "best")


def translation_figure(
    weights: Path,
    root: Path,
    features: Path,
    out: Path,
    rows: int = 4,
    choose: str = "spread",
    shares: tuple[float, float] = (0.1, 0.1),
    most: int = 200,
) -> list[float]:
    """Draw pairs of the test persons as `weights/images` draws them.

    Args:
        weights, root, features: folders, as of the stage's evaluation.
        out: a PNG file; a PDF is written beside it.
        rows: pairs, of different persons as far as there are.
        choose: 'spread' (evenly over the persons), 'worst' (of each person the pair farthest from its target, the
            paper's failure cases) or 'best'.
        shares: of validation and test persons, as in training.
        most: pairs looked through for 'worst' and 'best'.

    Returns:
        the L1 distance of each row, in grey levels of 0 to 1.

    Raises:
        WeightsError: no usable weights.
        CorpusError: no test person.
        InputError: an unknown choice.
    """
    if choose not in CHOICES:
        raise InputError(f"choose is '{choose}'; one of {', '.join(CHOICES)}")
    data = TalkingFacesDataModule(str(root), str(features), validation_share=shares[0], test_share=shares[1])
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no person of {root} falls into the test split; raise the share of test persons")
    network, _ = load_weights(Path(weights) / "images", "images")
    persons = data.test.store.manifest["person"].iloc[data.test.indices].to_numpy()
    candidates = np.unique(np.linspace(0, len(data.test) - 1, most).round().astype(int))
    if choose == "spread":
        candidates = np.array([np.flatnonzero(persons == person)[0] for person in np.unique(persons)])
    drawn = [
        _draw(network, data.test[int(item)]) for item in _of_persons(candidates, persons, choose, rows, network, data)
    ]
    _panels([pictures for pictures, _ in drawn], out)
    return [distance for _, distance in drawn]


def _of_persons(
    candidates: np.ndarray, persons: np.ndarray, choose: str, rows: int, network: Any, data: Any
) -> list[int]:
    """At most `rows` items, one a person."""
    if choose == "spread":
        places = np.unique(np.linspace(0, len(candidates) - 1, rows).round().astype(int))
        return [int(candidates[place]) for place in places]
    distances = {int(item): _draw(network, data.test[int(item)])[1] for item in candidates}
    ordered = sorted(distances, key=lambda item: distances[item], reverse=choose == "worst")
    chosen: list[int] = []
    for item in ordered:
        if persons[item] not in persons[chosen] and len(chosen) < rows:
            chosen.append(item)
    return chosen


@torch.inference_mode()
def _draw(network: Any, item: dict[str, np.ndarray]) -> tuple[list[np.ndarray], float]:
    """The four pictures of a row, uint8 RGB, and how far the made one lies from its target."""
    batch = collate([item])
    made = network(network.join(batch.sketches, batch.photos, batch.motion_fields))
    pixels = ((made[0].permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()
    return [item["photos"], item["targets"], item["sketches"], pixels], float(l1_distance(made, batch.targets)[0])


def _panels(rows: list[list[np.ndarray]], out: Path) -> None:
    figure = Figure(figsize=(2.2 * len(COLUMNS), 2.2 * len(rows) + 0.3), layout="constrained")
    axes = figure.subplots(len(rows), len(COLUMNS), squeeze=False)
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            axes[row, column].imshow(picture)
            axes[row, column].set(xticks=[], yticks=[])
            if row == 0:
                axes[row, column].set_title(COLUMNS[column], fontsize=9)
    save_figure(figure, out)

"""How well the exported deblurring network of Speech2Vid sharpens artificially blurred faces of unseen persons."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import torch

from anyonenet.errors import CorpusError
from anyonenet.weights import load_weights
from datamodules.blurred_faces import BlurredFacesDataModule
from datamodules.sampling import Draw
from evaluation.bootstrap import Figure, mean_of
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.picture_scores import scored, scores_of
from evaluation.seen_video import cpbd


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    validation_share: float = 0.1,
    test_share: float = 0.1,
    frames: int = 10,
    perceptual: str = "gabor",
) -> Measurement:
    """Measure `weights/speech2vid_deblur` on the test persons.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.
        validation_share, test_share: of the persons, as in training.
        frames: of each cut.
        perceptual: features of the perceptual distance: 'gabor' or 'vgg19'.

    Returns:
        `l1`, `ssim`, `psnr`, `perceptual_...` against the true face, and `cpbd`, sharpness; each also as `_blurred`,
        of the face that was given, and `cpbd_true`. Intervals are over persons.

    Raises:
        WeightsError: no usable weights.
        CorpusError: the corpus is missing or has no test person.
    """
    data = BlurredFacesDataModule(
        root=str(root),
        features=str(features),
        frames_per_cut=frames,
        validation_share=validation_share,
        test_share=test_share,
        batch_size=1,
    )
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no person of {root}/VoxCeleb2 falls into the test split; add persons or raise test_share")
    network: Any = load_weights(Path(weights) / "speech2vid_deblur", "speech2vid_deblur")[0]
    scores = scores_of(perceptual)
    values: dict[str, list[float]] = defaultdict(list)
    persons: dict[str, list[str]] = defaultdict(list)
    for place, batch in enumerate(data.test_dataloader()):
        with torch.inference_mode():
            made = network(batch.blurred).clamp(-1, 1)
        person = str(data.cuts.manifest["person"].iloc[data.test.mixture.item(Draw(place, 0, 0))])
        for kind, pictures in (("", made), ("_blurred", batch.blurred), ("_true", batch.sharp)):
            for picture, true in zip(pictures, batch.sharp, strict=True):
                found = {"cpbd": cpbd(picture)}
                if kind != "_true":
                    found |= scored(picture[None], true[None], scores)
                for name, value in found.items():
                    values[name + kind].append(value)
                    persons[name + kind].append(person)
    figures = {name: mean_of(values[name], "persons", persons[name]) for name in sorted(values)}
    figures["frames"] = Figure(len(values["l1"]))
    return Measurement(corpus_in_words(root, ["voxceleb2"]), figures)

"""How well ATVGnet's VG-net draws persons it never saw, and what its attention looks at.

Frames from the middle of each test cut are drawn from their landmarks, one after another; the photo is the first frame
outside of them whose head is held alike, and heads are aligned to the photo's. Beside them stands the photo as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from anyonenet.errors import CorpusError
from anyonenet.face.template import OUTER_LIPS
from anyonenet.types import MovingPhotoBatch
from anyonenet.weights import load_weights
from datamodules.atvgnet_frames import ATVGnetFramesDataModule
from evaluation.atvgnet_landmarks import rows_of
from evaluation.bootstrap import Figure
from evaluation.compared import Compared
from evaluation.frame_judge import FrameJudge, judged
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.picture_scores import scored, scores_of

_SEEN = 256
"""pixels, side at which faces are looked for: a detector wants them larger than they are drawn"""


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    validation_share: float = 0.1,
    test_share: float = 0.1,
    frames: int = 25,
    every: int = 6,
    turn_degrees: float = 4.0,
    perceptual: str = "gabor",
) -> Measurement:
    """Measure `weights/atvgnet_frames`.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.
        validation_share, test_share: of the persons, as in training.
        frames: consecutive frames that are drawn of each cut, at most 25.
        every: of how many frames one is held against the truth by the slower metrics, and landmarks found in it.
        turn_degrees: how far the photo's head is turned from the frames' at most.
        perceptual: features of the perceptual distance: 'gabor' or 'vgg19'.

    Returns:
        `l1` (grey levels of 0 to 1), `ssim`, `psnr` (dB), `perceptual_NAME`; `mouth_l1`, `mouth_ssim`, of the square
        around the mouth; `step_l1`, the difference of the change from frame to frame; `lips`, mean distance of the
        lips found again from those asked for, in eye distances; `landmarks`, of all 68 points; `faces_found`;
        `identity`, distance of dlib's embedding to the photo's. Each also `NAME_copy`, of the photo as it is, and
        `NAME_gain`, the difference on the same frames; `lips_detector`, the same of the true frames. `attention`, its
        mean, `attention_mouth` inside the outer lips and `attention_outside` of them. `clips`, `persons`. Intervals
        are over persons, whose frames are drawn together.

    Raises:
        WeightsError: no usable weights.
        InputError: unknown features, or more frames than cuts have.
        CorpusError: the corpus is missing or has no test person.
    """
    data = ATVGnetFramesDataModule(
        root=str(root),
        features=str(features),
        frames=frames,
        batch_size=1,
        validation_share=validation_share,
        test_share=test_share,
        turn_degrees=turn_degrees,
    )
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no person of {root}/VoxCeleb2 falls into the test split; raise test_share")
    network, _ = load_weights(Path(weights) / "atvgnet_frames", "atvgnet_frames")
    persons = data.cuts.manifest["person"].iloc[rows_of(data.test.mixture)].to_list()
    figures = measure(network, data.test_dataloader(), persons, FrameJudge(), every, perceptual)
    figures |= {"clips": Figure(len(persons)), "persons": Figure(len(set(persons)))}
    return Measurement(corpus_in_words(root, ["voxceleb2"], "test persons"), figures)


@torch.inference_mode()
def measure(
    network: Any,
    batches: Iterable[MovingPhotoBatch],
    persons: Sequence[str],
    judge: FrameJudge,
    every: int = 6,
    perceptual: str = "gabor",
) -> dict[str, Figure]:
    """The figures of one network; see `evaluate`.

    Args:
        network: a `VGNet`.
        batches: of one cut each.
        persons: of each cut.
        judge: finds landmarks and faces again.
        every, perceptual: as of `evaluate`.
    """
    scores = scores_of(perceptual)
    compared = Compared("persons")
    for batch, person in tqdm(zip(batches, persons, strict=True), total=len(persons), desc="frames", unit="clip"):
        drawn = network(batch.photos, batch.photo_landmarks, batch.landmarks)
        made, true, landmarks = drawn.frames[0], batch.frames[0], batch.landmarks[0]
        ways = {"unet": made, "copy": batch.photos.expand_as(true)}
        for name, pictures in ways.items():
            apart = (pictures.diff(dim=0) - true.diff(dim=0)).abs()
            compared.add(person, name, {"step_l1": float(apart.mean()) / 2})
        portrait = judge.see(_larger(batch.photos[0])).embedding
        for frame in range(0, len(true), every):
            asked = (landmarks[frame] + 1) * (_SEEN / 2) - 0.5
            rows, columns = around_the_mouth(landmarks[frame], true.shape[-1])
            for name, pictures in ways.items():
                one, target = pictures[frame : frame + 1], true[frame : frame + 1]
                values = scored(one, target, scores)
                values |= {
                    f"mouth_{score}": float(scores[score](one[..., rows, columns], target[..., rows, columns]))
                    for score in ("l1", "ssim")
                }
                compared.add(person, name, values | judged(judge.see(_larger(one[0])), asked, portrait))
            seen = judged(judge.see(_larger(true[frame])), asked, None)
            compared.add(person, "detector", {name: seen[name] for name in ("lips", "landmarks")})
            compared.add(person, "unet", looked_at(drawn.attention[0, frame, 0], landmarks[frame]))
    figures = compared.figures()
    for name, way in list(compared.values):
        if way == "copy":
            figures[f"{name}_gain"] = compared.difference(name, "copy")
    return figures


def looked_at(attention: Tensor, landmarks: Tensor) -> dict[str, float]:
    """Mean attention `(H, W)` over the picture, inside the outer lips `(68, 2)` from -1 to 1, and outside of them."""
    side = attention.shape[-1]
    outline = ((landmarks[list(OUTER_LIPS)] + 1) * (side / 2) - 0.5).round().int().numpy()
    inside = torch.from_numpy(cv2.fillPoly(np.zeros((side, side), np.uint8), [outline], 1)).bool()
    return {
        "attention": float(attention.mean()),
        "attention_mouth": float(attention[inside].mean()),
        "attention_outside": float(attention[~inside].mean()),
    }


def around_the_mouth(landmarks: Tensor, side: int) -> tuple[slice, slice]:
    """Rows and columns of the square with the mouth in its middle, twice as wide as the mouth."""
    lips = (landmarks[48:68] + 1) * (side / 2) - 0.5
    centre = lips.mean(0)
    half = max(8, round(float(lips[:, 0].max() - lips[:, 0].min())))
    column, row = (int(value.clamp(half, side - half)) for value in centre)
    return slice(row - half, row + half), slice(column - half, column + half)


def _larger(picture: Tensor) -> Tensor:
    """`(3, H, W)` -> `(3, _SEEN, _SEEN)`."""
    return F.interpolate(picture[None], (_SEEN, _SEEN), mode="bilinear", align_corners=False)[0]

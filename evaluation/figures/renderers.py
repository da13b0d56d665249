"""Photo, and the frames of both renderers below each other, with the true ones where they are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from anyonenet.engine_use import WHOLE
from anyonenet.errors import InputError
from anyonenet.render.translate import Translation
from evaluation.figures.saving import save_figure
from evaluation.frame_judge import FrameJudge
from evaluation.unseen_faces import Subject, renderings, subjects_of_clips, subjects_of_pictures

ROWS = {"unet": "U-Net", "warp": "warp", "true": "true"}
MOUTH_PIXELS = 192
"""side of the mouths' cut-outs in the figure"""
_MOUTH_REACH = 0.75
"""half side of a cut-out, in widths of the mouth"""
_TILE_PIXELS = 256


def renderers_figure(
    weights: Path, out: Path, clips: Path | None = None, pictures: Path | None = None, frames: int = 4, most: int = 6
) -> list[str]:
    """Draw real faces with both renderers.

    Args:
        weights: folder of the exported stages.
        out: a PNG file; a PDF is written beside it.
        clips, pictures: folders, as of the evaluation of the images; one of them at least.
        frames: of each face; those whose lips are farthest from the photo's, of three times as many.
        most: faces of each folder.

    Returns:
        the names of the faces, from above.

    Raises:
        InputError: no folder is given, or a file cannot be read.
        CorpusError: a folder shows no face.
        WeightsError: no usable weights.
    """
    if clips is None and pictures is None:
        raise InputError("no faces to draw; give a folder of clips or of pictures")
    judge, subjects = FrameJudge(), list[Subject]()
    if clips is not None:
        subjects += subjects_of_clips(clips, 3 * frames, judge)[0][:most]
    if pictures is not None:
        subjects += subjects_of_pictures(pictures, 3 * frames, judge)[0][:most]
    translation = Translation(weights / "images", engine=WHOLE)
    blocks = []
    for subject in subjects:
        made = list(renderings(subject, translation))
        blocks.append((subject, [(number, made[number]) for number in most_moved(subject, frames)]))
    _draw(blocks, out)
    return [subject.name for subject in subjects]


def most_moved(subject: Subject, count: int) -> list[int]:
    """The frames whose lips are farthest from the photo's, in order of time."""
    lips = [points[48:68, :2] - points[48:68, :2].mean(0) for points in (subject.landmarks, *subject.asked)]
    apart = np.array([np.linalg.norm(one - lips[0], axis=1).mean() for one in lips[1:]])
    return sorted(np.argsort(-apart, kind="stable")[:count].tolist())


def mouth_of(picture: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The mouth and its surroundings, `(MOUTH_PIXELS, MOUTH_PIXELS, 3)`, the edge repeated beyond the picture."""
    lips = landmarks[48:60, :2]
    half = max(float(_MOUTH_REACH * np.ptp(lips[:, 0])), 2.0)
    scale = MOUTH_PIXELS / (2 * half)
    matrix = np.array([[scale, 0, 0], [0, scale, 0]])
    matrix[:, 2] = MOUTH_PIXELS / 2 - scale * lips.mean(0)
    size = (MOUTH_PIXELS, MOUTH_PIXELS)
    cut = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, dtype=np.uint8)


def _draw(blocks: Sequence[tuple[Subject, Sequence[tuple[int, Mapping[str, NDArray[np.uint8]]]]]], out: Path) -> None:
    """A block of rows for each face: its photo, the frames, and their mouths beside."""
    rows = [(block, method) for block in blocks for method in ROWS if method in block[1][0][1]]
    frames = max(len(drawn) for _, drawn in blocks)
    columns = 1 + 2 * frames
    figure = Figure(figsize=(1.5 * columns, 1.55 * len(rows) + 0.3), layout="constrained")
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    for line, ((subject, drawn), method) in zip(axes, rows, strict=True):
        first = method == "unet"
        line[0].imshow(_head(subject, subject.photo) if first else np.full((1, 1, 3), 255, np.uint8))
        line[0].set_ylabel(f"{ROWS[method]}\n{subject.name}" if first else ROWS[method], fontsize=8)
        for place, (number, made) in enumerate(drawn):
            line[1 + place].imshow(_head(subject, made[method]))
            line[1 + frames + place].imshow(mouth_of(made[method], subject.asked[number]))
    axes[0, 0].set_title("photo", fontsize=8)
    axes[0, 1].set_title("frames", fontsize=8)
    axes[0, 1 + frames].set_title("their mouths", fontsize=8)
    save_figure(figure, out)


def _head(subject: Subject, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The square around the head, scaled to a tile."""
    part = picture[subject.square]
    factor = _TILE_PIXELS / max(part.shape[:2])
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, None, fx=factor, fy=factor, interpolation=how), dtype=np.uint8)

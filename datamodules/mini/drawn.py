"""The corpus of drawn persons before all sorts of grounds: short silent clips, in the layout of one's own videos.

Behind half of the persons is a piece of a picture that an installed package carries, sharp or out of focus.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from anyonenet.face.image import load_photo
from datamodules.mini.animated import write_clip
from datamodules.mini.animation import FPS, performed
from datamodules.mini.faces import DrawnPerson, draw_scene
from datamodules.mini.videos import draw_person, render_clip
from datamodules.mini.workers import Workers

COUNTS = {"full": (60, 24), "small": (3, 6)}
"""persons, frames of the one clip of each"""
SIDE = 256
"""pixels of a frame's side"""
GROUNDS = {
    "skimage": tuple(
        f"data/{name}"
        for name in (
            "brick.png", "chelsea.png", "coffee.png", "color.png", "grass.png", "gravel.png", "hubble_deep_field.jpg",
            "ihc.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg",
        )
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}  # fmt: skip
"""package -> pictures inside it without a face"""
_WITH_PICTURE = 0.5


@dataclass(frozen=True)
class _Job:
    root: Path
    number: int
    frames: int
    seed: int


def write_drawn(
    root: Path, size: str = "full", seed: int = 0, workers: Workers | None = None, progress: bool = True
) -> dict[str, float]:
    """Write `PERSON/1.mp4` with `PERSON/1.landmarks.npz`; persons are others than those of the other corpora.

    Args:
        root: the corpus folder.
        size: 'full' or 'small'.
        seed: of persons, grounds and motion.
        workers: processes that do it; None: this one. The bytes do not depend on them.
        progress: show a bar.

    Returns:
        counts of persons and clips, and minutes of video.
    """
    persons, frames = COUNTS[size]
    jobs = [_Job(root, number, frames, seed) for number in range(persons)]
    (workers or Workers(1)).run(_write_person, jobs, progress, "Drawn", "person")
    return {"persons": persons, "clips": persons, "minutes": round(persons * frames / FPS / 60, 2)}


def _write_person(job: _Job) -> None:
    person = draw_person("drawn", job.number, job.seed)
    rng = np.random.default_rng([job.seed, 16, job.number])
    scene = draw_scene(rng, SIDE, SIDE, rng.uniform(0.27, 0.33))
    if rng.random() < _WITH_PICTURE:
        ground = piece_of_picture(SIDE, rng)
        scene = scene if ground is None else replace(scene, background=ground)
    performance = performed(job.frames, rng)
    frames, landmarks = render_clip(DrawnPerson(person.identity), scene, performance)
    folder = job.root / f"person{job.number:03d}"
    folder.mkdir()
    write_clip(folder / "1.mp4", frames, landmarks, performance.quaternions)


def piece_of_picture(side: int, rng: np.random.Generator) -> np.ndarray | None:
    """`(side, side, 3)` float32 linear light: a square cut out of one of the pictures at random; None without any."""
    pictures = _grounds()
    if not pictures:
        return None
    picture = pictures[int(rng.integers(len(pictures)))]
    longest = min(picture.shape[:2])
    width = int(longest * rng.uniform(0.4, 1.0))
    top, left = (int(rng.integers(length - width + 1)) for length in picture.shape[:2])
    piece = picture[top : top + width, left : left + width]
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    piece = cv2.resize(piece, (side, side), interpolation=cv2.INTER_AREA if width > side else cv2.INTER_LINEAR)
    linear = (piece.astype(np.float32) / 255) ** 2 * rng.uniform(0.5, 1.2)
    blur = rng.uniform(-1.0, 0.02 * side)
    return cv2.GaussianBlur(linear, (0, 0), blur) if blur > 0.3 else linear


@lru_cache(maxsize=1)
def _grounds() -> list[np.ndarray]:
    """The pictures of `GROUNDS` that are installed, at most 640 pixels a side; nothing is imported."""
    found = []
    for package, names in GROUNDS.items():
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            paths = [Path(folder) / name for name in names]
            found += [load_photo(path, 640) for path in paths if path.is_file()]
    return found

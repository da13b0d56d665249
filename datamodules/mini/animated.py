"""The corpus of animated pictures: short silent clips of still faces that speak, in the layout of one's own videos.

`PERSON/FACE_N.mp4` with `PERSON/FACE_N.landmarks.npz` beside it; the first frame of each clip is the picture itself.
`pictures.csv` says where each face is from, `skipped.csv` what was not used and why.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anyonenet.errors import CorpusError
from datamodules.mini.animation import FPS, animate, drawn_frames
from datamodules.mini.pictures import Skipped, StillFace, distinct, faces_of
from datamodules.mini.recording import write_video
from datamodules.mini.workers import Workers

COUNTS = {"full": (3, 32), "small": (1, 8)}
"""clips a face, frames a clip"""
_CRF = 12
"""of H.264: hardly to be told from the picture"""


@dataclass(frozen=True)
class _ClipJob:
    path: Path
    face: StillFace
    number: int
    frames: int
    seed: int


def write_animated(
    root: Path,
    pictures: Sequence[Path],
    size: str = "full",
    seed: int = 0,
    workers: Workers | None = None,
    progress: bool = True,
) -> dict[str, float]:
    """Animate all faces of some pictures.

    Args:
        root: the corpus folder.
        pictures: files.
        size: 'full' or 'small'.
        seed: of what the faces say and do.
        workers: processes that do it; None: this one. The bytes do not depend on them.
        progress: show bars.

    Returns:
        counts of pictures, those skipped, persons, faces and clips, and minutes of video.

    Raises:
        CorpusError: no usable face in any of the pictures.
    """
    workers = workers or Workers(1)
    found = workers.run(faces_of, list(pictures), progress, "faces of pictures", "picture")
    skipped = [one for _, left in found for one in left]
    faces, copies = distinct([face for some, _ in found for face in some])
    skipped += copies
    if not faces:
        raise CorpusError(f"no usable face in {len(pictures)} pictures: " + "; ".join(map(_line, skipped[:3])))
    clips, frames = COUNTS[size]
    jobs = []
    for face in faces:
        folder = root / _plain(face.person)
        folder.mkdir(exist_ok=True)
        paths = [folder / f"{_plain(face.name)}_{number}.mp4" for number in range(clips)]
        jobs += [_ClipJob(path, face, number, frames, seed) for number, path in enumerate(paths)]
    workers.run(_write_clip, jobs, progress, "Animated", "clip")
    rows = [(face.name, face.person, face.source, face.sha256) for face in faces]
    _write_table(root / "pictures.csv", ("face", "person", "picture", "sha256"), rows)
    _write_table(root / "skipped.csv", ("picture", "reason"), [(one.source, one.reason) for one in skipped])
    unused = {one.source for one in skipped} - {face.source for face in faces}
    return {
        "pictures": len(pictures),
        "skipped": len(unused),
        "persons": len({face.person for face in faces}),
        "faces": len(faces),
        "clips": len(jobs),
        "minutes": round(len(jobs) * frames / FPS / 60, 2),
    }


def write_clip(path: Path, frames: Iterable[np.ndarray], landmarks: np.ndarray, quaternions: np.ndarray) -> None:
    """Write a clip without sound at `FPS`, and its landmarks beside it."""
    with path.with_suffix(".landmarks.npz").open("wb") as file:
        np.savez(file, landmarks=landmarks, quaternions=quaternions, fps=np.float64(FPS))
    write_video(path, frames, FPS, crf=_CRF)


def _write_clip(job: _ClipJob) -> None:
    # by the picture's content: a face moves the same whatever others are there
    key = int(hashlib.sha256(f"{job.face.sha256}{job.face.name}".encode()).hexdigest()[:8], 16)
    rng = np.random.default_rng([job.seed, 15, key, job.number])
    animation = animate(job.face.landmarks, job.frames, job.number, rng)
    frames = drawn_frames(job.face.picture, job.face.landmarks, animation)
    write_clip(job.path, frames, animation.landmarks, animation.quaternions)


def _write_table(path: Path, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([head, *rows])


def _line(one: Skipped) -> str:
    return f"{one.source}: {one.reason}"


def _plain(name: str) -> str:
    """The name as a file may be called on any system."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._") or "face"

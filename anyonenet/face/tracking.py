"""One person's face through a video: landmarks of every frame, gaps filled, never those of somebody who passes.

Every few frames all faces are looked for and told apart by their embeddings; the person is the one who is seen
longest and largest. Between two such frames that both show the person, the face lies where the two say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from anyonenet.batches import batched
from anyonenet.errors import FaceError
from anyonenet.face.detection import FaceBox, detect_in_frames
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.landmarks import LandmarkDetector, square_of

Frames = Iterable[NDArray[np.uint8]]

SAME_PERSON = 0.6
"""largest distance of two dlib embeddings of one person"""
_DETECTED_TOGETHER = 8
_FRUITLESS, _RARELY = 16, 8
"""after so many searches that found nobody only every so many-th is made: they take the longest, as all is tried"""
_MOVED = 0.5
"""sides of the box: landmarks that far from where they are expected are somebody else's"""


@dataclass(frozen=True)
class Track:
    """Landmarks of one person over time."""

    landmarks: NDArray[np.float32]  # (F, 68, 3) pixels; frames without a face lie between their neighbours
    found: NDArray[np.bool_]  # (F,) where the face was seen


@dataclass(frozen=True)
class _Sighting:
    """A face in a frame that was searched."""

    frame: int
    box: FaceBox  # around the landmarks
    landmarks: NDArray[np.float32]  # (68, 3)
    embedding: NDArray[np.float32]  # (128,)


@dataclass
class _Person:
    sightings: list[_Sighting] = field(default_factory=list)

    @property
    def embedding(self) -> NDArray[np.float32]:
        return np.mean([sighting.embedding for sighting in self.sightings], axis=0)

    @property
    def presence(self) -> float:
        """Sum of the boxes' sides: who is seen long, and large."""
        return sum(sighting.box.side for sighting in self.sightings)


def track_face(
    open_frames: Callable[[], Frames],
    detector: LandmarkDetector,
    embedder: FaceEmbedder,
    search_every: int = 8,
    backend: str = "dlib",
) -> Track:
    """Follow the person who is seen longest and largest.

    Args:
        open_frames: gives the frames, `(H, W, 3)` uint8 RGB each; called twice.
        detector: finds the landmarks.
        embedder: 'dlib', which tells persons apart.
        search_every: frames between two searches for faces.
        backend: the face detector's, 'dlib' or 'mtcnn' (batches, which a GPU needs).

    Raises:
        FaceError: no frame shows a usable face.
    """
    sightings, count = _search(open_frames(), detector, embedder, search_every, backend)
    if not sightings:
        raise FaceError(f"no face found in any of {count} frames; give a video where one looks towards the camera")
    person = max(_persons(sightings), key=lambda one: one.presence)
    seen = {sighting.frame: sighting.landmarks for sighting in person.sightings}
    boxes = _boxes_between(person.sightings, search_every, count)
    wanted = ((frame, boxes[index]) for index, frame in enumerate(open_frames()) if index in boxes)
    for (index, box), found in zip(boxes.items(), detector.each(wanted), strict=False):
        if not isinstance(found, FaceError) and _is_near(found, box):
            seen[index] = found
    known = np.array(sorted(seen))
    points = np.stack([seen[index] for index in known]).reshape(len(known), -1)
    times = np.arange(count)
    filled = np.stack([np.interp(times, known, column) for column in points.T], axis=-1)
    return Track(filled.reshape(-1, 68, 3).astype(np.float32), np.isin(times, known))


def _search(
    frames: Frames, detector: LandmarkDetector, embedder: FaceEmbedder, every: int, backend: str
) -> tuple[list[_Sighting], int]:
    """All faces of every `every`-th frame, in order of time, and the number of all frames."""
    count = due = fruitless = 0

    def searched() -> Iterator[tuple[int, NDArray[np.uint8]]]:
        nonlocal count, due
        for index, frame in enumerate(frames):
            count += 1
            if index == due:
                due += every * (_RARELY if fruitless >= _FRUITLESS else 1)
                yield index, frame

    sightings: list[_Sighting] = []
    for some in batched(searched(), _DETECTED_TOGETHER):
        found = detect_in_frames([frame for _, frame in some], backend)
        faces = [(index, frame, box) for (index, frame), boxes in zip(some, found, strict=True) for box in boxes]
        landmarks = list(detector.each((frame, box) for _, frame, box in faces))
        fruitless = 0 if faces else fruitless + len(some)
        usable = [(face, points) for face, points in zip(faces, landmarks) if not isinstance(points, FaceError)]
        embeddings = embedder.each((frame, points) for (_, frame, _), points in usable)
        for ((index, _, _), points), embedding in zip(usable, embeddings, strict=True):
            sightings.append(_Sighting(index, box_of(points), points, embedding))
    return sightings, count


def _persons(sightings: list[_Sighting]) -> list[_Person]:
    """Sightings grouped by who is seen, nobody twice in one frame."""
    persons: list[_Person] = []
    for sighting in sightings:
        there = [person for person in persons if person.sightings[-1].frame != sighting.frame]
        distances = [float(np.linalg.norm(person.embedding - sighting.embedding)) for person in there]
        if distances and min(distances) < SAME_PERSON:
            there[int(np.argmin(distances))].sightings.append(sighting)
        else:
            persons.append(_Person([sighting]))
    return persons


def _boxes_between(sightings: list[_Sighting], every: int, count: int) -> dict[int, FaceBox]:
    """Frame -> where the face is expected: between two neighbouring searches that both saw it, and after the last."""
    boxes = {}
    for before, after in zip(sightings, sightings[1:]):
        if after.frame - before.frame > every:
            continue
        for frame in range(before.frame + 1, after.frame):
            boxes[frame] = _mixed(before.box, after.box, (frame - before.frame) / (after.frame - before.frame))
    last = sightings[-1]
    if last.frame + every >= count:
        boxes |= dict.fromkeys(range(last.frame + 1, count), last.box)
    return boxes


def _mixed(a: FaceBox, b: FaceBox, share: float) -> FaceBox:
    def mixed(name: str) -> float:
        return float((1 - share) * getattr(a, name) + share * getattr(b, name))

    return FaceBox(*(mixed(name) for name in ("left", "top", "right", "bottom", "confidence", "roll_degrees")))


def box_of(landmarks: NDArray[np.float32]) -> FaceBox:
    """Where a detector would have found the face of some landmarks `(68, 2 or 3)`."""
    (x, y), side, roll = square_of(landmarks[:, :2])
    half = side / 2
    return FaceBox(x - half, y - half, x + half, y + half, 1.0, math.degrees(roll))


def _is_near(landmarks: NDArray[np.float32], box: FaceBox) -> bool:
    found = box_of(landmarks)
    return math.dist(found.centre, box.centre) < _MOVED * box.side and 0.5 < found.side / box.side < 2

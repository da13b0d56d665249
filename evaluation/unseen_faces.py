"""Real faces that no training saw, drawn by both renderers as `generate` uses them, at the photo's own resolution.

Of a clip the first frame with a face is the photo and later frames are the truth: their landmarks, found by dlib, are
asked for. A picture has no truth for other poses: it is made to speak with the motion of a drawn person, and lips,
identity and sharpness are measured; what the network makes of it at rest is compared with it (`rest_...`, on the
network's square, without the blending that would put the photo back).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric
from tqdm import tqdm

from anyonenet.engine_use import WHOLE
from anyonenet.errors import CorpusError, FaceError, InputError
from anyonenet.face.detection import detect_faces
from anyonenet.face.image import load_photo
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.motion_field import motion_field
from anyonenet.face.registration import register
from anyonenet.face.sketch import draw_sketch
from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.render.blend import Square
from anyonenet.render.translate import SIDE, Translation, UNetRenderer
from anyonenet.render.video import read_video
from anyonenet.render.warp import WarpRenderer
from anyonenet.weights import load_weights
from datamodules.corpora.files import PICTURES
from datamodules.mini.animation import animate
from evaluation.compared import Compared
from evaluation.frame_judge import SAME_FACE, FrameJudge, judged
from evaluation.moved_photo import moved_photo
from evaluation.picture_scores import scored
from evaluation.seen_video import as_tensor, cpbd

VIDEOS = frozenset({".mp4", ".mpg", ".mpeg", ".avi", ".mov", ".mkv", ".webm"})
_LONGEST_SIDE = 512
"""pixels of a picture, as `generate` takes it by default"""


@dataclass(frozen=True)
class Subject:
    """One photo and the frames that are to be drawn from it."""

    name: str
    person: str
    photo: NDArray[np.uint8]  # (H, W, 3)
    landmarks: NDArray[np.float32]  # (68, 3) pixels
    portrait: NDArray[np.float32]  # (128,)
    asked: NDArray[np.float32]  # (F, 68, 3) pixels
    quaternions: NDArray[np.float32]  # (F, 4)
    truth: list[NDArray[np.uint8]] = field(default_factory=list)
    """(H, W, 3) each; empty where nobody knows"""

    @property
    def square(self) -> tuple[slice, slice]:
        """Rows and columns of the photo around the head, where renderers draw."""
        return Square.around(self.landmarks).inside(self.photo.shape)


class _Finder:
    """Largest faces, and who is who."""

    def __init__(self, judge: FrameJudge):
        self._detector, self._judge = LandmarkDetector("dlib"), judge
        self._known: list[tuple[str, NDArray[np.float32]]] = []

    def landmarks(self, picture: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        boxes = detect_faces(picture)
        try:
            return self._detector(picture, boxes[0]) if boxes else None
        except FaceError:
            return None

    def person(self, name: str, photo: NDArray[np.uint8], landmarks: NDArray) -> tuple[str, NDArray[np.float32]]:
        """The name of the first photo of the same person, and this one's embedding."""
        portrait = self._judge.embedder(photo, landmarks)
        same = [other for other, known in self._known if np.linalg.norm(known - portrait) < SAME_FACE]
        self._known.append((same[0] if same else name, portrait))
        return self._known[-1]


def subjects_of_clips(folder: Path, frames: int, judge: FrameJudge) -> tuple[list[Subject], list[str]]:
    """Clips of a folder, and a line for each that shows no face.

    Raises:
        CorpusError: no usable clip.
        InputError: one cannot be read.
    """
    finder, subjects, skipped = _Finder(judge), [], []
    for path in tqdm(_files(folder, VIDEOS, "video"), desc="clips", unit="clip"):
        shown = list(read_video(path).frames)
        places = np.unique(np.linspace(0, len(shown) - 1, frames + 1).round().astype(int))
        found = [(shown[place], finder.landmarks(shown[place])) for place in places]
        seen = [(frame, points) for frame, points in found if points is not None]
        if len(seen) < 2:
            skipped.append(f"{path} left out: a face is seen in {len(seen)} of {len(found)} frames")
            continue
        (photo, landmarks), *others = seen
        asked = np.stack([points for _, points in others])
        person, portrait = finder.person(path.stem, photo, landmarks)
        turned = np.stack([register(points).quaternions for points in asked])
        truth = [frame for frame, _ in others]
        subjects.append(Subject(path.stem, person, photo, landmarks, portrait, asked, turned, truth))
    return _some(subjects, folder, "video"), skipped


def subjects_of_pictures(folder: Path, frames: int, judge: FrameJudge) -> tuple[list[Subject], list[str]]:
    """Pictures of a folder, the largest face of each made to speak, and a line for each that shows none.

    Raises:
        CorpusError: no usable picture.
        InputError: one cannot be read.
    """
    finder, subjects, skipped = _Finder(judge), [], []
    for number, path in enumerate(tqdm(_files(folder, PICTURES, "picture"), desc="pictures", unit="picture")):
        photo = load_photo(path, _LONGEST_SIDE)
        landmarks = finder.landmarks(photo)
        if landmarks is None:
            skipped.append(f"{path} left out: no face found")
            continue
        # every second frame: neighbours are much alike
        motion = animate(landmarks, 2 * frames + 1, 0, np.random.default_rng([number, 0xFACE]))
        person, portrait = finder.person(path.stem, photo, landmarks)
        asked, turned = motion.landmarks[2::2], motion.quaternions[2::2]
        subjects.append(Subject(path.stem, person, photo, landmarks, portrait, asked, turned))
    return _some(subjects, folder, "picture"), skipped


def renderings(subject: Subject, translation: Translation) -> Iterator[dict[str, NDArray[np.uint8]]]:
    """Each frame as both renderers draw it, by method, with the photo as it is and what else there is."""
    unet = UNetRenderer(subject.photo, subject.landmarks, translation)
    warp = WarpRenderer(subject.photo, subject.landmarks)
    drawn = unet.render_many(subject.asked, subject.quaternions)
    average = _mean([subject.photo, _mean(subject.truth)]) if subject.truth else subject.photo
    for number, frame in enumerate(drawn):
        made = {"unet": frame, "warp": warp.render(subject.asked[number], subject.quaternions[number])}
        made["copy"] = subject.photo
        if subject.truth:
            true = subject.truth[number]
            made |= {"mean": _mean([subject.photo, true]), "average": average}
            made |= {"moved": moved_photo(subject.photo, true), "true": true}
        yield made


def _mean(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return np.round(np.mean(pictures, axis=0, dtype=np.float32)).astype(np.uint8)


@torch.inference_mode()
def measure_subjects(
    subjects: list[Subject], weights: Path, scores: Mapping[str, Metric], judge: FrameJudge
) -> Compared:
    """Figures of both renderers, the copy and, where the truth is known, the means.

    Scores and sharpness are of the square around the head: around it nobody draws.

    Args:
        subjects: what to draw.
        weights: folder of the image stage.
        scores: of a frame against the true one, by name.
        judge: looks at the frames.
    """
    translation, compared = Translation(weights, engine=WHOLE), Compared()
    network = cast(ImageTranslator, load_weights(weights, "images")[0])
    for subject in tqdm(subjects, desc="real faces", unit="face"):
        copied = judge.see(as_tensor(subject.photo), torch.from_numpy(subject.landmarks[:, :2]))
        for number, made in enumerate(renderings(subject, translation)):
            asked = torch.from_numpy(subject.asked[number, :, :2])
            true = made.pop("true", None)
            for method, frame in made.items():
                square = as_tensor(frame[subject.square])
                sight = copied if method == "copy" else judge.see(as_tensor(frame), asked)
                values = judged(sight, asked, subject.portrait) | {"cpbd": cpbd(square)}
                if true is not None:
                    values |= scored(square[None], as_tensor(true[subject.square])[None], scores)
                compared.add(subject.person, method, values)
            if true is not None:
                compared.add(subject.person, "true", {"cpbd": cpbd(as_tensor(true[subject.square]))})
        if not subject.truth:
            values = scored(*at_rest(subject, network), scores)
            compared.add(subject.person, "unet", {f"rest_{name}": value for name, value in values.items()})
    return compared


def at_rest(subject: Subject, network: ImageTranslator) -> tuple[Tensor, Tensor]:
    """What the network alone makes of a photo with its own sketch, and the photo: `(1, 3, S, S)` in [-1, 1]."""
    square = Square.around(subject.landmarks)
    photo = as_tensor(square.cut(subject.photo, SIDE))[None]
    points = square.points(subject.landmarks[:, :2], SIDE)
    sketch = as_tensor(draw_sketch(points, SIDE))[None]
    field = torch.from_numpy(motion_field(points, points, SIDE)).permute(2, 0, 1)[None]
    return network(network.join(sketch, photo, field)), photo


def _files(folder: Path, endings: frozenset[str], what: str) -> list[Path]:
    if not folder.is_dir():
        raise InputError(f"no folder at {folder}; name one with {what}s of faces")
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in endings)


def _some(subjects: list[Subject], folder: Path, what: str) -> list[Subject]:
    if not subjects:
        raise CorpusError(f"no {what} in {folder} shows a face; give a folder with some that do")
    return subjects

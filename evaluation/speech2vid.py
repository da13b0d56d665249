"""How well exported Speech2Vid weights draw what persons say whom training never saw.

Of each cut of the test persons a frame of its first third, the one with the most closed mouth, is the photo; frames of
the rest are drawn from their window of sound. Beside them stand the photo left as it is, faces that are not sharpened
and, where weights are given, a network that sees five stills.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from anyonenet.errors import CorpusError, FaceError, WeightsError
from anyonenet.face.canonical import SIDE_EYE_DISTANCES, canonical_matrix, moved, registered
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.mouth import mouth_opening
from anyonenet.face.stills import stills_of
from anyonenet.face.tracking import box_of
from anyonenet.render.lower_face import Ground, LowerFace
from anyonenet.systems.speech2vid import Speech2VidSystem, windows_at
from anyonenet.weights import load_weights
from datamodules.prepare.talking_clips import FPS
from datamodules.sampling import Draw
from datamodules.speech2vid import Speech2VidDataModule, apart
from datamodules.talking_clips import Cuts
from evaluation.bootstrap import Figure, mean_of
from evaluation.landmarks import correlation
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.picture_scores import scored, scores_of
from evaluation.seen_video import as_tensor

LIPS = slice(48, 68)
Found = tuple[NDArray[np.float32], NDArray[np.float32]]
"""landmarks `(68, 2)` in pixels of the picture and of the canonical one"""


@dataclass(frozen=True)
class CutToDraw:
    """One cut: what is drawn from what."""

    person: str
    photos: list[NDArray[np.uint8]]  # squares, the one that is the photo first
    photo_landmarks: NDArray[np.float32]  # (stills, 68, 2) pixels of them
    truth: list[NDArray[np.uint8]]  # (F) squares
    truth_landmarks: NDArray[np.float32]  # (F, 68, 2) pixels of them
    heard: NDArray[np.float32]  # (F, 35, 12)


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    validation_share: float = 0.1,
    test_share: float = 0.1,
    frames: int = 15,
    perceptual: str = "gabor",
    five_stills: Path | None = None,
) -> Measurement:
    """Measure `weights/speech2vid`, with and without `weights/speech2vid_deblur`.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.
        validation_share, test_share: of the persons, as in training.
        frames: drawn of each cut.
        perceptual: features of the perceptual distance: 'gabor' or 'vgg19'.
        five_stills: folder of exported weights of a network that takes several stills.

    Returns:
        Of registered faces: `l1`, `ssim`, `psnr`, `perceptual_...` and `l1_mouth`, in the box around the true lips; of
        frames with the face pasted: `lips`, the distance of detected lips from those detected in the true frame, in
        outer-eye distances, both registered by eyes and nose, `opening_correlation`, of the two openings within each
        cut, and `identity`, the distance of the frame's embedding from the photo's. Behind: `_plain` without
        sharpening, `_still` the photo as it is, `_five`. Intervals are over persons.

    Raises:
        WeightsError: no usable weights.
        CorpusError: the corpus is missing or has no test person.
    """
    data = Speech2VidDataModule(
        root=str(root), features=str(features), validation_share=validation_share, test_share=test_share
    )
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no person of {root}/VoxCeleb2 falls into the test split; add persons or raise test_share")
    notes = []
    sharpener: Any = None
    try:
        sharpener, _ = load_weights(Path(weights) / "speech2vid_deblur", "speech2vid_deblur")
    except WeightsError as error:
        notes.append(f"faces are not sharpened: {error}")
    generator: Any = load_weights(Path(weights) / "speech2vid", "speech2vid")[0]
    cpu = torch.device("cpu")
    systems = {"": Speech2VidSystem(generator, sharpener, cpu)}
    if sharpener is not None:
        systems["_plain"] = Speech2VidSystem(generator, None, cpu)
    if five_stills is not None:
        more: Any = load_weights(five_stills, "speech2vid")[0]
        systems["_five"] = Speech2VidSystem(more, sharpener, cpu)
    most = max(system.stills for system in systems.values())
    cuts = [data.test.mixture.item(Draw(place, 0, 0)) for place in range(len(data.test))]
    judged = _Judged(perceptual)
    for cut in tqdm(cuts_to_draw(data.cuts, cuts, frames, most), total=len(cuts), desc="cuts", unit="cut"):
        judged.add(cut, systems)
    return Measurement(corpus_in_words(root, ["voxceleb2"]), judged.figures(), tuple(notes))


def cuts_to_draw(cuts: Cuts, items: list[int], frames: int, stills: int) -> Iterator[CutToDraw]:
    """The cuts as they are measured; none of the stills is among the frames that are drawn."""
    for item in items:
        known, numbers = apart(int(cuts.frame_counts[item]), frames)
        landmarks = cuts.landmarks(item)
        frontal = cuts.frontal(item)[known]
        order = [*stills_of(frontal, 1).tolist(), *stills_of(frontal, stills).tolist()[1:]]
        yield CutToDraw(
            person=str(cuts.manifest["person"].iloc[item]),
            photos=[cuts.picture(item, still) for still in order],
            photo_landmarks=landmarks[order],
            truth=[cuts.picture(item, number) for number in numbers.tolist()],
            truth_landmarks=landmarks[numbers],
            heard=windows_at(cuts.sound(item), numbers / FPS),
        )


class _Judged:
    """Values of all frames, by figure; see `evaluate`."""

    def __init__(self, perceptual: str):
        self._scores = scores_of(perceptual)
        self._detector, self._embedder = LandmarkDetector("dlib"), FaceEmbedder("dlib")
        self._values: dict[str, list[float]] = defaultdict(list)
        self._persons: dict[str, list[str]] = defaultdict(list)
        self._openings: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
        self._of_opening: list[str] = []

    def add(self, cut: CutToDraw, systems: dict[str, Speech2VidSystem]) -> None:
        """Measure a cut's frames as each system draws them, the photo, and the true frames."""
        side = next(iter(systems.values())).side
        matrix = canonical_matrix(cut.photo_landmarks, side)
        there = moved(cut.truth_landmarks, canonical_matrix(cut.truth_landmarks, side))
        true = [
            registered(picture, canonical_matrix(points, side), side)
            for picture, points in zip(cut.truth, cut.truth_landmarks, strict=True)
        ]
        photo = cut.photos[0]
        ground = Ground(photo, matrix[0], LowerFace(moved(cut.photo_landmarks[0], matrix[0]), side))
        portrait = self._embedder(photo, cut.photo_landmarks[0])
        drawn: dict[str, tuple[list[Any], list[Any]]] = {}
        for name, system in systems.items():
            stills = [registered(*each, side) for each in zip(cut.photos, matrix, strict=True)]
            generated = system.faces(cut.heard, system.identify(stills[: system.stills]))
            drawn[name] = list(generated), [ground.frame(face) for face in generated]
        drawn["_still"] = [ground.canonical] * len(true), [photo] * len(true)
        # made and true frames are looked at alike, so that the detector's habits are nobody's error
        wanted = [self._found(*each, side) for each in zip(cut.truth, cut.truth_landmarks, strict=True)]
        for name, (faces, frames) in drawn.items():
            openings = []
            for number, (made, frame) in enumerate(zip(faces, frames, strict=True)):
                found = self._found(frame, cut.photo_landmarks[0], side)
                values = self._compared(made, true[number], there[number]) | _apart(found, wanted[number], side)
                if found is not None:
                    values["identity"] = float(np.linalg.norm(self._embedder(frame, found[0]) - portrait))
                self._note(name, values, cut.person)
                openings.append([opening_of(found), opening_of(wanted[number])])
            pair = np.array(openings).T
            pair = pair[:, np.isfinite(pair).all(0)]
            self._openings[name].append(pair - pair.mean(1, keepdims=True) if pair.shape[1] else pair)
        self._of_opening.append(cut.person)

    def figures(self) -> dict[str, Figure]:
        """Means with intervals; `frames` is how many were drawn."""
        made = {name: mean_of(self._values[name], "persons", self._persons[name]) for name in self._values}
        for name, pairs in self._openings.items():
            if name != "_still":  # which has none
                figure = correlation(pairs, "persons", self._of_opening)
                made[f"opening_correlation{name}"] = figure
        return {**dict(sorted(made.items())), "frames": Figure(len(self._values["l1"]))}

    def _note(self, name: str, values: dict[str, float], person: str) -> None:
        for figure, value in values.items():
            self._values[figure + name].append(value)
            self._persons[figure + name].append(person)

    def _compared(self, made: NDArray[Any], true: NDArray[np.uint8], there: NDArray[np.float32]) -> dict[str, float]:
        """Of registered faces `(S, S, 3)`, grey levels."""
        made = np.clip(np.rint(made), 0, 255).astype(np.uint8)
        values = scored(as_tensor(made)[None], as_tensor(true)[None], self._scores)
        low, high = there[LIPS].min(0), there[LIPS].max(0)
        margin = 0.2 * (high[0] - low[0])
        left, top = np.floor(low - margin).astype(int).clip(0)
        right, bottom = np.ceil(high + margin).astype(int)
        box = (slice(top, bottom + 1), slice(left, right + 1))
        values["l1_mouth"] = float(np.abs(made[box].astype(float) - true[box]).mean() / 255)
        return values

    def _found(self, frame: NDArray[np.uint8], around: NDArray[np.float32], side: int) -> Found | None:
        """The landmarks detected where a face is known to be; None where they make no face."""
        try:
            points = self._detector(frame, box_of(around))[:, :2]
        except FaceError:
            return None
        return points, moved(points, canonical_matrix(points, side))


def _apart(found: Found | None, wanted: Found | None, side: int) -> dict[str, float]:
    """`lips`: how far detected lips are from those wanted, in outer-eye distances; nan where there is no face."""
    if found is None or wanted is None:
        return {"lips": math.nan}
    apart = np.linalg.norm(found[1][LIPS] - wanted[1][LIPS], axis=-1).mean()
    return {"lips": float(apart * SIDE_EYE_DISTANCES / side)}


def opening_of(found: Found | None) -> float:
    """The mouth's opening in pixels of the canonical picture; nan without a face."""
    return math.nan if found is None else float(mouth_opening(found[1]))

"""How speakers move face and head, truly and as MakeItTalk says it, in one map (MakeItTalk, section 6.3, Fig. 11).

The paper describes a clip by the variances of action units, head pose and head position. No detector of action units is
at hand here: distances of landmarks that the units move stand in for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.errors import CorpusError
from anyonenet.face import quaternion
from anyonenet.face.mouth import mouth_opening, mouth_width
from anyonenet.face.template import STABLE
from anyonenet.makeittalk import MakeItTalk
from datamodules.sampling import Draw
from datamodules.voiced_landmarks import VoicedClips, VoicedLandmarkDataModule
from evaluation.figures.maps import Points, map_figure
from evaluation.landmarks import placed

CORPUS = "voxceleb2"
SPEAKERS = 8
WINDOW_SECONDS = 1.5
"""of motion that a point of the map stands for; windows overlap by half"""
_FLOOR = 1e-4
_COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown", "tab:pink", "tab:cyan")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Styles:
    """Points of one person."""

    true: Array  # (N, D)
    said: Array  # (M, D), of clips that training did not see


def style_features(landmarks: Array, quaternions: Array) -> Array:
    """How a face and its head move in a window: `(12,)` logarithms of standard deviations over time.

    Of the brows' heights and their distance, the openings of the eyes, opening and width of the mouth and the lift of
    its corners, the jaw's drop; pitch, yaw and roll; x and y of the head's middle.

    Args:
        landmarks: `(T, 68, 2)` frontal, outer-eye distances.
        quaternions: `(T, 4)`.
    """
    height = landmarks[..., 1]
    brows = height[:, 36:48].mean(1) - height[:, 17:27].mean(1)
    frown = landmarks[:, 22, 0] - landmarks[:, 21, 0]
    eyes = (height[:, [40, 41, 46, 47]] - height[:, [37, 38, 43, 44]]).mean(1)
    corners = height[:, [51, 57]].mean(1) - height[:, [48, 54]].mean(1)
    jaw = height[:, 8] - height[:, 33]
    units = np.stack([brows, frown, eyes, mouth_opening(landmarks), mouth_width(landmarks), corners, jaw], 1)
    angles = np.stack(quaternion.to_euler(quaternions), 1)
    points = placed(torch.from_numpy(landmarks), torch.from_numpy(quaternions)).numpy()
    position = points[:, list(STABLE)].mean(1)
    return np.log(np.concatenate([units.std(0), angles.std(0), position.std(0)]) + _FLOOR)


def furthest(vectors: Array, count: int) -> list[int]:
    """So many of `(N, D)` vectors that lie far apart: first the one farthest from the mean, then each time the one
    farthest from those taken (farthest-point sampling)."""
    taken = [int(np.linalg.norm(vectors - vectors.mean(0), axis=1).argmax())]
    away = np.linalg.norm(vectors - vectors[taken[0]], axis=1)
    while len(taken) < min(count, len(vectors)):
        taken.append(int(away.argmax()))
        away = np.minimum(away, np.linalg.norm(vectors - vectors[taken[-1]], axis=1))
    return taken


def motion_style_map(
    weights: Path, root: Path, features: Path, out: Path, speakers: int = SPEAKERS, seed: int = 0
) -> tuple[int, int, int]:
    """Draw the map: dots are windows of true clips, stars what the full model says for unseen ones of the same persons.

    Args:
        weights: folder of the exported stages.
        root, features: of the corpora and feature stores.
        out: a PNG file; a PDF is written beside it.
        speakers: that differ most, 2 to 8.
        seed: of the map.

    Returns:
        how many stars lie nearest to the middle of their own speaker's dots (before the map, in all dimensions), how
        many there are, and the number of speakers.

    Raises:
        WeightsError: no usable weights.
        CorpusError: the corpus is missing, or has too few persons.
    """
    model = MakeItTalk.load(Path(weights), "full")
    data = VoicedLandmarkDataModule(
        str(root),
        str(features),
        [CORPUS],
        shortest_seconds=WINDOW_SECONDS,
        augment=False,
        speaker_encoder=str(Path(weights) / "speaker_encoder"),
        split_clips=True,
        hop_seconds=model.codes.mel.hop_seconds,
    )
    data.prepare_data()
    data.setup()
    persons = _styles(data, model)
    if len(persons) < 2:
        raise CorpusError(
            f"{len(persons)} persons of {CORPUS} have both clips to learn from and unseen ones; two needed"
        )
    everything = np.concatenate([style.true for style in persons.values()])
    middle, spread = everything.mean(0), np.maximum(everything.std(0), 1e-9)
    names = sorted(persons)
    centres = np.stack([((persons[name].true - middle) / spread).mean(0) for name in names])
    chosen = [names[number] for number in furthest(centres, min(speakers, len(_COLOURS)))]
    colours = dict(zip(chosen, _COLOURS))
    points = []
    for kind, marker, label in (("true", "o", "true clips"), ("said", "*", "MakeItTalk")):
        parts = {name: (getattr(persons[name], kind) - middle) / spread for name in chosen}
        groups = [name for name in chosen for _ in parts[name]]
        shades = [colours[name] for name in groups]
        points.append(Points(np.concatenate([parts[name] for name in chosen]), groups, shades, marker, label))
    legend = {colours[name]: name for name in chosen}
    map_figure(points, f"How {len(chosen)} speakers move face and head", legend, out, seed)
    near = np.stack([points[0].vectors[np.array(points[0].groups) == name].mean(0) for name in chosen])
    distances = np.linalg.norm(points[1].vectors[:, None] - near[None], axis=-1)
    own = np.array([chosen.index(name) for name in points[1].groups])
    return int((distances.argmin(1) == own).sum()), len(own), len(chosen)


def _styles(data: VoicedLandmarkDataModule, model: MakeItTalk) -> dict[str, Styles]:
    """Person -> points, of those who have true windows and predicted ones."""
    rate = data.mel_settings.frame_rate
    true: dict[str, list[Array]] = {}
    said: dict[str, list[Array]] = {}
    for clips, unseen in ((data.training, False), (data.validation, True), (data.test, True)):
        assert isinstance(clips, VoicedClips)
        for row in _rows(clips):
            person = str(clips.cuts.manifest["person"].iloc[row])
            mel, landmarks, turned = (
                np.array(clips.cuts.array(name, row)) for name in ("mels", "landmarks", "quaternions")
            )
            true.setdefault(person, []).extend(_windows(landmarks, turned, rate))
            if unseen:
                voice = np.array(clips.voices[row], np.float32)
                heard, face, pose, who = (
                    torch.from_numpy(array)[None] for array in (mel, landmarks[0], turned[0], voice)
                )
                with torch.inference_mode():
                    motion = model(heard, face, pose, speakers=who)
                faces = landmarks[0] + motion.displacements[0].numpy()
                said.setdefault(person, []).extend(_windows(faces, motion.quaternions[0].numpy(), rate))
    return {name: Styles(np.stack(true[name]), np.stack(said[name])) for name in true if true[name] and said.get(name)}


def _rows(clips: VoicedClips) -> list[int]:
    return list(dict.fromkeys(clips.mixture.item(Draw(place, 0, 0)) for place in range(len(clips))))


def _windows(landmarks: NDArray[np.floating], quaternions: NDArray[np.floating], rate: float) -> Iterator[Array]:
    long = round(WINDOW_SECONDS * rate)
    for begin in range(0, len(landmarks) - long + 1, long // 2):
        window = slice(begin, begin + long)
        yield style_features(landmarks[window].astype(np.float64), quaternions[window].astype(np.float64))

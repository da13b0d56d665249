"""How well Write-a-Speaker's video generator draws persons it never saw, its flicker, and the fit of faces.

Of each test cut the first frame is the photo; consecutive frames from its middle are drawn from their landmarks. Beside
them stand the photo as it is, and the same network with a window in which nothing moves: the middle sketch in the place
of all its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric
from tqdm import tqdm

from anyonenet.errors import CorpusError, FaceError
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.face_fit import FaceFit
from anyonenet.face.face_model import face_model
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.template import LIPS
from anyonenet.face.tracking import track_face
from anyonenet.face.video_fit import fit_video
from anyonenet.render.blend import Square
from anyonenet.render.space_time import STAGE, SpaceTimeRenderer, VideoGenerator
from anyonenet.render.video import read_video
from anyonenet.types import SpaceTimeBatch
from anyonenet.weights import load_weights
from datamodules.sampling import Draw
from datamodules.write_a_speaker_frames import SpaceTimeDataModule, SpaceTimeFrames, collate
from evaluation.bootstrap import Figure
from evaluation.compared import Compared
from evaluation.frame_judge import FrameJudge, judged
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.picture_scores import scored, scores_of
from evaluation.seen_video import as_tensor
from evaluation.unseen_faces import VIDEOS

_TOGETHER = 5
_SEEN = 256
"""pixels, side at which faces are looked for: a detector wants them larger than they are drawn"""


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    validation_share: float = 0.1,
    test_share: float = 0.1,
    frames: int = 10,
    every: int = 5,
    perceptual: str = "gabor",
    clips: Path | None = None,
) -> Measurement:
    """Measure `weights/write_a_speaker_frames`.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.
        validation_share, test_share: of the persons, as in training.
        frames: consecutive frames that are drawn of each cut.
        every: of how many frames landmarks are found in one.
        perceptual: features of the perceptual distance: 'gabor' or 'vgg19'.
        clips: folder of videos of real persons, whose faces are found, fitted and drawn from their first frame.

    Returns:
        `l1` (grey levels of 0 to 1), `ssim`, `psnr` (dB), `perceptual_NAME`; `mouth_l1`, in the square around the lips;
        `step_l1`, the difference of the change from frame to frame to the true change; `jitter`, mean second difference
        over time (a change of the change), and `jitter_true`; `lips` and `landmarks`, mean distance of the points found
        again from those asked for, in eye distances; `faces_found`; `identity`, distance of dlib's embedding to the
        photo's. Each also `NAME_copy`, of the photo as it is, and `NAME_gain`, the difference on the same frames;
        `still_NAME` with a window that does not move; `lips_detector`, the same of the true frames. `mask`, its mean,
        `mask_mouth` in the square around the lips. `fit`, distance of the fitted 3-D face's landmarks from those it was
        fitted to, in outer-eye distances, and `fit_lips`. `clips_...`: the same of real videos with detected
        landmarks, drawn at their own resolution. `cuts`, `persons`. Intervals are over persons (of clips: clips).

    Raises:
        WeightsError: no usable weights.
        InputError: unknown features.
        CorpusError: the corpus is missing or has no test person, or no clip can be used.
    """
    network, card = load_weights(Path(weights) / STAGE, STAGE)
    data = unseen_persons(root, features, validation_share, test_share, int(card.extra.get("side", 256)), network)
    scores = scores_of(perceptual)
    compared, fits = Compared("persons"), Compared("persons")
    judge = FrameJudge()
    rows = [data.test.mixture.item(Draw(place, 0, 0)) for place in range(len(data.test))]
    assert isinstance(data.test, SpaceTimeFrames)
    for row in tqdm(rows, desc="frames", unit="cut"):
        person = str(data.cuts.manifest["person"].iloc[row])
        measure_cut(compared, network, data.test, row, person, scores, judge, frames, every)
        landmarks = data.cuts.landmarks(row)
        fits.add(person, "unet", reprojection(fit_video(landmarks), landmarks))
    figures = compared.figures() | fits.figures()
    for name, way in list(compared.values):
        if way == "copy":
            figures[f"{name}_gain"] = compared.difference(name, "copy")
    persons = set(data.cuts.manifest["person"].iloc[rows])
    figures |= {"cuts": Figure(len(rows)), "persons": Figure(len(persons))}
    corpus = corpus_in_words(root, ["voxceleb2"], "test persons")
    notes: list[str] = []
    if clips is not None:
        figures |= real_clips(clips, VideoGenerator(Path(weights) / STAGE), scores, frames, notes)
        corpus += f"; clips in {clips}"
    return Measurement(corpus, figures, tuple(notes))


def unseen_persons(
    root: Path, features: Path, validation_share: float, test_share: float, side: int, network: Any
) -> SpaceTimeDataModule:
    """The cuts that training never saw.

    Raises:
        CorpusError: the corpus is missing or has no test person.
    """
    data = SpaceTimeDataModule(
        str(root),
        str(features),
        size=side,
        frames=network.frames,
        validation_share=validation_share,
        test_share=test_share,
    )
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no person of {root}/VoxCeleb2 falls into the test split; raise test_share")
    return data


@torch.inference_mode()
def measure_cut(
    compared: Compared,
    network: Any,
    cuts: SpaceTimeFrames,
    row: int,
    person: str,
    scores: Mapping[str, Metric],
    judge: FrameJudge,
    frames: int,
    every: int,
) -> None:
    """Values of one cut, added to `compared`; see `evaluate`."""
    count = int(cuts.cuts.frame_counts[row])
    first = max((count - frames) // 2, 0)
    batch = collate([cuts.frame(row, frame) for frame in range(first, min(first + frames, count))])
    still = batch.sketches.repeat(1, network.frames, 1, 1)
    made, masks = drawn(network, batch, batch.volumes)
    quiet, _ = drawn(network, batch, still)
    ways = {"unet": (made, ""), "copy": (batch.photos, ""), "still": (quiet, "still_")}
    portrait = judge.see(larger(batch.photos[0])).embedding
    compared.add(person, "unet", {"jitter_true": jitter(batch.targets)})
    for name, (pictures, prefix) in ways.items():
        column = "copy" if name == "copy" else "unet"
        values = {"step_l1": step_difference(pictures, batch.targets), "jitter": jitter(pictures)}
        compared.add(person, column, {f"{prefix}{key}": value for key, value in values.items()})
        for place, (one, target) in enumerate(zip(pictures, batch.targets)):
            values = scored(one[None], target[None], scores)
            mouth = around_the_mouth(batch.target_landmarks[place], target.shape[-1])
            values["mouth_l1"] = float((one[:, mouth[0], mouth[1]] - target[:, mouth[0], mouth[1]]).abs().mean()) / 2
            if place % every == 0 and name != "still":
                asked = (batch.target_landmarks[place] + 0.5) * (_SEEN / target.shape[-1]) - 0.5
                values |= judged(judge.see(larger(one)), asked, portrait)
                if name == "unet":
                    seen = judged(judge.see(larger(target)), asked, None)
                    compared.add(person, "detector", {key: seen[key] for key in ("lips", "landmarks")})
            compared.add(person, column, {f"{prefix}{key}": value for key, value in values.items()})
    for place, mask in enumerate(masks):
        mouth = around_the_mouth(batch.target_landmarks[place], mask.shape[-1])
        inside = float(mask[:, mouth[0], mouth[1]].mean())
        compared.add(person, "unet", {"mask": float(mask.mean()), "mask_mouth": inside})


def drawn(network: Any, batch: SpaceTimeBatch, volumes: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures `(F, 3, H, W)` and masks `(F, 1, H, W)`, a few frames at a time."""
    inputs = network.join(volumes, batch.photos, batch.motion_fields)
    raw = torch.cat([network.raw(some) for some in inputs.split(_TOGETHER)])
    return network.compose(raw, batch.photos), raw[:, 3:4]


def step_difference(made: Tensor, true: Tensor) -> float:
    """How differently pictures `(F, 3, H, W)` change from frame to frame: mean of both changes' difference, grey levels
    of 0 to 1."""
    return float((made.diff(dim=0) - true.diff(dim=0)).abs().mean()) / 2


def jitter(pictures: Tensor) -> float:
    """Mean second difference over time of `(F, 3, H, W)`, grey levels of 0 to 1: large where frames flicker."""
    return float(pictures.diff(n=2, dim=0).abs().mean()) / 2


def around_the_mouth(landmarks: Tensor, side: int) -> tuple[slice, slice]:
    """Rows and columns of a square picture around the lips `(68, 2)`, a quarter of the mouth's width beyond them."""
    lips = landmarks[list(LIPS)]
    low, high = lips.amin(0), lips.amax(0)
    margin = 0.25 * (high[0] - low[0])
    left, top = ((low - margin).floor().clamp(0, side - 2)).int().tolist()
    right, bottom = ((high + margin).ceil().clamp(1, side - 1)).int().tolist()
    return slice(top, max(bottom, top + 1) + 1), slice(left, max(right, left + 1) + 1)


def larger(picture: Tensor) -> Tensor:
    """`(3, S, S)` in [-1, 1] at the side at which faces are looked for."""
    enlarged = torch.nn.functional.interpolate(picture[None], size=(_SEEN, _SEEN), mode="bilinear", align_corners=False)
    return enlarged[0]


def reprojection(fit: FaceFit, landmarks: NDArray[np.floating]) -> dict[str, float]:
    """Distance of the fitted face's landmarks from those it was fitted to, in outer-eye distances."""
    apart = fit.reprojection(face_model(), landmarks)
    return {"fit": float(apart.mean()), "fit_lips": float(apart[:, list(LIPS)].mean())}


@torch.inference_mode()
def real_clips(
    folder: Path, generator: VideoGenerator, scores: Mapping[str, Metric], frames: int, notes: list[str]
) -> dict[str, Figure]:
    """Faces found, fitted and drawn in videos of real persons.

    Raises:
        CorpusError: none can be used.
    """
    compared = Compared("clips")
    detector, embedder = LandmarkDetector("dlib"), FaceEmbedder("dlib")
    paths = sorted(path for path in Path(folder).iterdir() if path.suffix.lower() in VIDEOS)
    for path in tqdm(paths, desc="clips", unit="clip"):

        def shown(path: Path = path) -> Iterator[NDArray[np.uint8]]:
            yield from read_video(path).frames

        try:
            track = track_face(shown, detector, embedder)
        except FaceError as error:
            notes.append(f"{path.name}: {error}")
            continue
        compared.add(path.name, "unet", reprojection(fit_video(track.landmarks), track.landmarks))
        pictures = list(shown())
        start = int(np.flatnonzero(track.found)[0])
        first = max((len(pictures) - frames) // 2, start + 1)
        wanted = track.landmarks[start : first + frames]
        renderer = SpaceTimeRenderer(pictures[start], track.landmarks[start], generator)
        made = list(renderer.render_many(wanted, np.zeros((len(wanted), 4))))[first - start :]
        seen = slice_of(track.landmarks[start], pictures[start].shape)
        true = torch.stack([as_tensor(picture[seen]) for picture in pictures[first : first + frames]])
        ours = torch.stack([as_tensor(picture[seen]) for picture in made])
        copy = as_tensor(pictures[start][seen])[None].expand_as(true)
        for column, drawn_frames in (("unet", ours), ("copy", copy)):
            values = {"step_l1": step_difference(drawn_frames, true), "jitter": jitter(drawn_frames)}
            compared.add(path.name, column, values)
            for one, target in zip(drawn_frames, true):
                compared.add(path.name, column, scored(one[None], target[None], scores))
        compared.add(path.name, "unet", {"jitter_true": jitter(true)})
    if not compared.values:
        raise CorpusError(f"no clip in {folder} shows a face")
    return compared.figures("clips_")


def slice_of(landmarks: NDArray[np.floating], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a photo that the generator draws."""
    return Square.around(landmarks).inside(shape)

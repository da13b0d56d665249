"""How well the exported image translation draws persons it never saw: drawn ones, and by option real photographs.

Beside it stand the warp renderer, the photo left as it is, and the pixel mean of photo and target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from tqdm import tqdm

from anyonenet.errors import CorpusError
from anyonenet.face.depth import lift
from anyonenet.face.registration import register
from anyonenet.render.warp import WarpRenderer
from anyonenet.types import ImageBatch
from anyonenet.weights import load_weights
from datamodules.talking_faces import TalkingFacesDataModule
from evaluation.bootstrap import Figure
from evaluation.compared import Bar, Compared, Comparison, named
from evaluation.frame_judge import FrameJudge, judged, pixels_of
from evaluation.measurement import corpus_in_words
from evaluation.metrics.frechet import frechet_inception_distance
from evaluation.picture_scores import Downloaded, Features, likeness, scored, scores_of
from evaluation.seen_video import as_tensor, cpbd
from evaluation.unseen_faces import Subject, measure_subjects, subjects_of_clips, subjects_of_pictures

Draw = Callable[[ImageBatch], Tensor]
"""a batch -> the pictures `(batch, 3, H, W)` in [-1, 1] that should be its targets"""
IDENTITY_BAR = 0.95
"""share of frames that are to keep the photo's identity"""


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    validation_share: float = 0.1,
    test_share: float = 0.1,
    perceptual: str = "gabor",
    lip_frames: int = 80,
    clips: Path | None = None,
    pictures: Path | None = None,
    frames: int = 12,
    lpips_weights: Path | None = None,
    fid_weights: Path | None = None,
) -> Comparison:
    """Measure `weights/images` on the persons of the test split, and on real faces where some are given.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.
        validation_share, test_share: of the persons, as in training.
        perceptual: features of the perceptual distance: 'gabor' or 'vgg19'.
        lip_frames: made pictures in which landmarks are detected again, evenly spread.
        clips: folder of videos of talking faces; of each, other frames are drawn from its first.
        pictures: folder of photographs and paintings; each is made to speak.
        frames: that are drawn of each clip and picture.
        lpips_weights: AlexNet's file, for `lpips`; None: where torchvision keeps it, and without it a note instead.
        fid_weights: InceptionV3's file, for `fid`; None: where PyTorch keeps downloads, and without it a note instead.

    Returns:
        Of the U-Net, and with `_warp`, `_copy` and `_mean` behind of the warp renderer, the photo as it is and the
        pixel mean of photo and target, which is half the target itself (of clips also `_average`, the pixel mean of the
        photo and the average of the clip's frames, which knows none of them, and `_moved`, the photo moved by an
        optical flow that has seen the target): `l1` (grey levels of 0 to 1), `ssim`,
        `psnr` (dB), `perceptual_NAME`, `lpips`; `fid`, of all made pictures against all true ones, without an interval;
        `cpbd`, sharpness, and `cpbd_true` of the true pictures; `lips`, mean distance of the lips found again in the
        made picture from those asked for, in eye distances, and `lips_detector`, the same on the true picture, which is
        the detector's own share; `landmarks`, of all 68 points; `faces_found`, the share of pictures with a face;
        `identity`, the distance of its dlib embedding to the photo's, and `identity_held`, the share under 0.5.
        `clips_...` and `pictures_...`: the same of the whole renderers on real faces, see `evaluation.unseen_faces`.
        `pairs`, `persons`. Intervals are over persons, whose pictures are drawn together. Bars: SSIM, likeness and
        lips better than the copy's and the mean's; on real faces 95 % of the frames under 0.5.

    Raises:
        WeightsError: no usable weights, or files of weights that were named and are not there.
        InputError: unknown features.
        CorpusError: the corpus is missing or has no test person and no real faces are given, or these show none.
    """
    downloaded = Downloaded(lpips_weights, fid_weights)
    scores = scores_of(perceptual) | downloaded.scores
    judge = FrameJudge()
    subjects: dict[str, list[Subject]] = {}
    notes = list(downloaded.notes)
    for kind, folder, read in (("clips", clips, subjects_of_clips), ("pictures", pictures, subjects_of_pictures)):
        if folder is not None:
            subjects[kind], skipped = read(folder, frames, judge)
            notes += skipped
    words: list[str] = []
    figures: dict[str, Figure] = {}
    bars: list[Bar] = []
    try:
        data = unseen_persons(root, features, validation_share, test_share)
    except CorpusError as error:
        if not subjects:
            raise
        notes.append(f"drawn persons not measured: {error}")
    else:
        network, _ = load_weights(Path(weights) / "images", "images")
        persons = data.test.store.manifest["person"].iloc[data.test.indices].to_list()
        methods: dict[str, Draw] = {"unet": drawn_by(network), "warp": warped, "copy": photo_of, "mean": mean_of_both}
        found, fid = measure(methods, data.test_dataloader(), scores, judge, downloaded.features, lip_frames, persons)
        counts = {"pairs": Figure(len(data.test)), "persons": Figure(len(set(persons)))}
        figures |= found.figures() | fid | counts
        bars += bars_of(found, "drawn persons", likeness(scores))
        words.append(corpus_in_words(root, ["voxceleb2"], "test persons"))
    for kind, faces in subjects.items():
        found = measure_subjects(faces, Path(weights) / "images", scores, judge)
        figures |= found.figures(f"{kind}_") | {f"{kind}_persons": Figure(len({face.person for face in faces}))}
        bars += bars_of(found, kind, likeness(scores))
        bars += found.at_least("identity_held", IDENTITY_BAR, f"{kind}: identity kept in {IDENTITY_BAR:.0%} of frames")
        words.append(f"{len(faces)} {kind} in {clips if kind == 'clips' else pictures}")
    return Comparison("; ".join(words), figures, tuple(notes), tuple(bars))


def unseen_persons(root: Path, features: Path, validation_share: float, test_share: float) -> TalkingFacesDataModule:
    """The pairs that training never saw.

    Raises:
        CorpusError: the corpus is missing or has no test person.
    """
    data = TalkingFacesDataModule(
        str(root), str(features), batch_size=8, validation_share=validation_share, test_share=test_share
    )
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no person of {root}/VoxCeleb2 falls into the test split; raise test_share")
    return data


def bars_of(compared: Compared, where: str, likeness: str) -> list[Bar]:
    """Whether the U-Net is better than the baselines on SSIM, on a perceptual distance and on the lips."""
    return [bar for name in ("ssim", likeness, "lips") for bar in compared.better(name, where)]


@torch.inference_mode()
def measure(
    methods: Mapping[str, Draw],
    batches: Any,
    scores: Mapping[str, Metric],
    judge: FrameJudge,
    features: Features | None = None,
    lip_frames: int = 80,
    persons: Sequence[str] | None = None,
) -> tuple[Compared, dict[str, Figure]]:
    """Values of all ways to draw the pairs, and the Frechet distances; see `evaluate`.

    Args:
        methods: name as in `evaluation.compared.METHODS` -> what draws a batch; 'unet' among them.
        batches: of pairs, with the `dataset` they come from.
        scores: of a made picture against its target, by name.
        judge: finds landmarks and faces again.
        features: for FID, of all made pictures against all targets; None: without it.
        lip_frames: pairs in which landmarks are detected again.
        persons: that of each pair; None: each is its own.
    """
    compared = Compared("pairs" if persons is None else "persons")
    sets: dict[str, list[Tensor]] = {}
    pairs = len(batches.dataset)
    wanted = set(np.linspace(0, pairs - 1, min(lip_frames, pairs)).astype(int).tolist())
    seen = 0
    for batch in tqdm(batches, desc="images", unit="batch"):
        drawn = {method: draw(batch) for method, draw in methods.items()}
        if features is not None:
            for method, pictures in {**drawn, "true": batch.targets}.items():
                sets.setdefault(method, []).append(features(pictures).cpu())
        for item in range(len(batch.targets)):
            person = str(seen + item) if persons is None else persons[seen + item]
            target = batch.targets[item : item + 1]
            for method, pictures in drawn.items():
                one = pictures[item : item + 1]
                compared.add(person, method, scored(one, target, scores) | {"cpbd": cpbd(one[0])})
            compared.add(person, "true", {"cpbd": cpbd(target[0])})
            if seen + item in wanted:
                _judge(compared, judge, batch, drawn, item, person)
        seen += len(batch.targets)
    true = torch.cat(sets.pop("true")) if sets else None
    fid = {named("fid", method): _fid(torch.cat(found), true) for method, found in sets.items() if true is not None}
    return compared, fid


def _judge(
    compared: Compared, judge: FrameJudge, batch: ImageBatch, drawn: Mapping[str, Tensor], item: int, person: str
) -> None:
    """Landmarks and face found again in every drawing of one pair, and landmarks in the true picture."""
    asked, portrait = batch.target_landmarks[item], judge.see(batch.photos[item]).embedding
    for method, pictures in drawn.items():
        compared.add(person, method, judged(judge.see(pictures[item]), asked, portrait))
    true = judged(judge.see(batch.targets[item]), asked, None)
    compared.add(person, "detector", {name: true[name] for name in ("lips", "landmarks")})


def _fid(made: Tensor, true: Tensor) -> Figure:
    return Figure(float(frechet_inception_distance(made, true)))


def drawn_by(network: Any) -> Draw:
    """What a network makes of a batch."""

    def draw(batch: ImageBatch) -> Tensor:
        made: Tensor = network(network.join(batch.sketches, batch.photos, batch.motion_fields))
        return made

    return draw


def warped(batch: ImageBatch) -> Tensor:
    """What the warp renderer makes of a batch, the depth of its landmarks fitted."""
    frames = []
    for photo, own, asked in zip(batch.photos, batch.photo_landmarks, batch.target_landmarks):
        (start, _), (end, _) = lift(own.numpy()), lift(asked.numpy())
        frames.append(WarpRenderer(pixels_of(photo), start).render(end, register(end).quaternions))
    return torch.stack([as_tensor(frame) for frame in frames])


def photo_of(batch: ImageBatch) -> Tensor:
    """The photo as it is."""
    return batch.photos


def mean_of_both(batch: ImageBatch) -> Tensor:
    """Photo and target averaged pixel by pixel: near the target, and blurred."""
    return (batch.photos + batch.targets) / 2

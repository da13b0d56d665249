"""How well the own landmark model follows unseen clips, and how real its head moves, beside the other models.

All are measured on the same cuts from the same face (`evaluation.landmarks`): those of the test split of the Obama
addresses, or all cuts of other prepared videos. Differences to the others are paired: a video's cuts are drawn together
for both.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from anyonenet.errors import CorpusError, InputError, WeightsError
from anyonenet.face import quaternion
from anyonenet.liveliness import Sway
from anyonenet.makeittalk import MakeItTalk
from anyonenet.networks.pose_flow import drawn_noise, turned
from anyonenet.types import LandmarkBatch, LandmarkMotion
from anyonenet.weights import load_weights
from datamodules.landmarks import LandmarkClips, LandmarkDataModule, collate
from datamodules.mixing import Mixture
from datamodules.sampling import Draw
from evaluation.bootstrap import Figure, mean_of
from evaluation.head_realism import Heard, distance_of, head_figures, heard_of
from evaluation.landmarks import ERRORS, LIP_ERRORS, clip_errors, measure, rivals_in
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.head import head_rotation_difference
from evaluation.metrics.head_motion import beat_alignment, pose_track

STAGE = "own_landmarks"
Model = Callable[..., LandmarkMotion]


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    shortest_seconds: float = 1.0,
    rivals: Path | None = None,
    corpus: str = "obama",
    draws: int = 8,
) -> Measurement:
    """Measure `weights/own_landmarks`, and beside it what else is there: `weights/landmarks`, MakeItTalk, rivals.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.
        shortest_seconds: shorter cuts are left out.
        rivals: folder with exported predictors in folders named after their decoders ('cnn_blstm', 'blstm', 'tdlstm').
        corpus: 'obama' (its test split), or the name of prepared videos, all of whose cuts are taken: none of them may
            have been trained on.
        draws: tracks that are drawn of each cut's head.

    Returns:
        What `evaluation.landmarks` gives, the head where it is expected to be; `d_rot_drawn`, of drawn tracks;
        `head_distance`, `head_speed`, `head_spread`, `head_beats` and `head_diversity` of drawn tracks (see
        `evaluation.metrics.head_motion`), the first four also as `expected/...`, `still/...`, and of the true tracks:
        `true/head_beats`, `chance/head_beats` (beside the sound of other cuts) and `true/head_distance` (other true
        cuts, which nobody is asked to beat). For each other model `NAME/...` of the lips' errors and the head, and
        `NAME/..._more`, its error less ours: where the interval lies above 0 ours is better. 'landmarks+sway' is the
        paper's predictor with the sway that `generate` lays over it.

    Raises:
        WeightsError: no usable weights of the own model.
        InputError: there are no rivals in their folder.
        CorpusError: the corpus is missing or has no test cut.
    """
    network, _ = load_weights(Path(weights) / STAGE, STAGE)
    others, notes = models_beside(Path(weights), rivals)
    data, clips = cuts_of(corpus, Path(root), Path(features), shortest_seconds)
    rows = [clips.mixture.item(Draw(place, 0, 0)) for place in range(len(clips))]
    videos = clips.cuts.manifest["clip"].iloc[rows].astype(str).to_list()
    items = [clips[place] for place in range(len(clips))]
    rate = data.mel_settings.frame_rate
    # one at a time: some rivals take no lengths
    batches = [collate([item]) for item in items]
    figures = measure(network, batches, videos)
    ours, expected = said_by(network, batches)
    heard = heard_of([item["quaternions"] for item in items], [item["mels"] for item in items], videos, rate)
    made = drawn(network, batches, draws)
    rotations = [
        float(np.mean([float(head_rotation_difference(torch.from_numpy(draw), truth)) for draw in found]))
        for found, truth in zip(made, (batch.quaternions[0] for batch in batches), strict=True)
    ]
    figures["d_rot_drawn"] = mean_of(rotations, "videos", videos)
    figures |= head_figures(made, heard, rate)
    still = [[np.repeat(item["base_quaternions"][None], len(item["mels"]), 0)] for item in items]
    for name, heads in (("expected", expected), ("still", still)):
        figures |= {f"{name}/{key}": value for key, value in head_figures(heads, heard, rate).items()}
    figures |= of_truth(heard, data if corpus == "obama" else None, len(items), rate)
    for name, model in others.items():
        errors, heads = said_by(model, batches)
        figures |= beside(name, errors, ours, videos)
        figures |= {f"{name}/{key}": value for key, value in head_figures(heads, heard, rate).items()}
        if name == "landmarks":
            swayed = [[with_sway(head[0], seed, rate) for seed in range(draws)] for head in heads]
            measured = head_figures(swayed, heard, rate)
            figures |= {f"landmarks+sway/{key}": value for key, value in measured.items()}
    # of the corpora in `root` only the addresses are measured; others are the user's own
    measured_on = corpus_in_words(root, [corpus]) if corpus == "obama" else f"{corpus} (all cuts)"
    return Measurement(measured_on, figures, tuple(notes))


def models_beside(weights: Path, rivals: Path | None) -> tuple[dict[str, Model], list[str]]:
    """The other models that are there, by name, and a line for each that is not."""
    found: dict[str, Model] = {}
    notes = []
    for name, load in (
        ("landmarks", lambda: load_weights(weights / "landmarks", "landmarks")[0]),
        ("makeittalk", lambda: MakeItTalk.load(weights)),
    ):
        try:
            found[name] = load()
        except WeightsError as error:
            notes.append(f"{name} is left out: {error}")
    for decoder, folder in rivals_in(rivals).items():
        found[decoder] = load_weights(folder, "landmarks")[0]
    return found, notes


def cuts_of(corpus: str, root: Path, features: Path, shortest: float) -> tuple[LandmarkDataModule, LandmarkClips]:
    """The cuts to be measured on.

    Raises:
        CorpusError: there are none.
        InputError: videos of that name were not prepared.
    """
    data = LandmarkDataModule(str(root), str(features), [corpus], shortest_seconds=shortest)
    if corpus == "obama":
        data.prepare_data()
    elif not (features / "landmarks" / corpus / "store.json").is_file():
        raise InputError(
            f"no store of '{corpus}' in {features}/landmarks; make it with: anyonenet prepare videos --root DIR "
            f"--out {features} --name {corpus}"
        )
    data.setup()
    clips = data.test
    if corpus != "obama":
        long = data.test.cuts.lengths("mels") >= round(shortest * data.mel_settings.frame_rate)
        clips = LandmarkClips(data.test.cuts, Mixture([(np.flatnonzero(long), 1.0)]), None)
    if not len(clips):
        raise CorpusError(f"no cut of '{corpus}' is to be tested on; add videos")
    return data, clips


def inputs(batch: LandmarkBatch) -> tuple[Tensor, Tensor, Tensor]:
    """What a model hears and sees."""
    return batch.mels, batch.base_landmarks, batch.base_quaternions


@torch.inference_mode()
def said_by(model: Model, batches: list[LandmarkBatch]) -> tuple[dict[str, list[float]], list[list[Any]]]:
    """Errors of the lips of each cut, by name, and its head as one 'draw'."""
    errors: dict[str, list[float]] = {name: [] for name in (*ERRORS, *LIP_ERRORS)}
    heads = []
    for batch in batches:
        motion = model(*inputs(batch))
        for name, value in clip_errors(batch.base_landmarks + motion.displacements[0], batch.landmarks[0]).items():
            errors[name].append(value)
        heads.append([motion.quaternions[0].numpy()])
    return errors, heads


@torch.inference_mode()
def drawn(network: Any, batches: list[LandmarkBatch], draws: int) -> list[list[Any]]:
    """`draws` tracks of each cut's head, `(frames, 4)` each; cut and draw are the seed."""
    found = []
    for number, batch in enumerate(batches):
        mels = batch.mels.expand(draws, -1, -1)
        turns, _ = network.pose.sample(mels, noise=drawn_noise((number,), draws, mels.shape[1]))
        found.append(list(turned(batch.base_quaternions.expand(draws, -1), turns).numpy()))
    return found


def beside(name: str, theirs: dict[str, Any], ours: dict[str, Any], videos: list[str]) -> dict[str, Figure]:
    """A model's errors, and how much more they are than ours on the same cuts."""
    figures = {}
    for key in theirs:
        figures[f"{name}/{key}"] = mean_of(theirs[key], "videos", videos)
        more = np.array(theirs[key]) - np.array(ours[key])
        figures[f"{name}/{key}_more"] = mean_of(more, "videos", videos)
    return figures


def of_truth(heard: Heard, data: LandmarkDataModule | None, count: int, rate: float) -> dict[str, Figure]:
    """What the measures say of true heads; the distance needs a training split, of other videos."""
    figures = {}
    for name, stressed in (("true", heard.stressed), ("chance", [*heard.stressed[1:], *heard.stressed[:1]])):
        beats = [beat_alignment(track, at) for track, at in zip(heard.tracks, stressed, strict=True)]
        figures[f"{name}/head_beats"] = mean_of(beats, "videos", heard.videos)
    if data is not None and len(data.training) >= count:
        others = data.training
        rows = np.linspace(0, len(others) - 1, count).round().astype(int)
        cuts = [others.cuts.array("quaternions", others.mixture.item(Draw(int(row), 0, 0))) for row in rows]
        figures["true/head_distance"] = distance_of([[pose_track(np.array(cut), rate)] for cut in cuts], heard)
    return figures


def with_sway(quaternions: Any, seed: int, rate: float) -> Any:
    """A predicted head `(frames, 4)` with the sway that `generate` adds."""
    sway = Sway(seed).rotation_vectors(np.arange(len(quaternions)) / rate)
    return quaternion.multiply(quaternion.from_rotation_vector(sway), np.asarray(quaternions, dtype=np.float64))

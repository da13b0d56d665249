"""Maps of spaces with many dimensions: voices of speakers, and ways of moving the head (t-SNE, van der Maaten 2008)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from anyonenet.errors import CorpusError
from anyonenet.face import quaternion
from anyonenet.weights import load_weights
from datamodules.corpora.manifest import split_of
from datamodules.landmarks import LandmarkDataModule
from datamodules.prepare.speech import FOLDERS, first_of_each_speaker, speech_reader
from evaluation.figures.saving import save_figure
from evaluation.speaker import SpeechEmbedder

FEWEST_POINTS = 5
SEX_COLOURS = {"f": "tab:red", "m": "tab:blue", "": "tab:gray"}
SEX_NAMES = {"f": "women", "m": "men", "": "unknown"}


@dataclass(frozen=True)
class Points:
    """Items of one sort in a space."""

    vectors: np.ndarray  # (N, D)
    groups: Sequence[str]
    """whose they are: points of a group are joined by thin lines to their middle"""
    colours: Sequence[str]
    marker: str = "o"
    label: str = ""


def flat_map(vectors: np.ndarray, seed: int = 0, metric: str = "euclidean") -> np.ndarray:
    """`(N, D)` -> `(N, 2)` by t-SNE. Raises CorpusError for fewer than five."""
    from sklearn.manifold import TSNE

    if len(vectors) < FEWEST_POINTS:
        raise CorpusError(f"{len(vectors)} items are too few for a map; at least {FEWEST_POINTS} are needed")
    perplexity = min(30.0, (len(vectors) - 1) / 3)
    tsne = TSNE(
        2, perplexity=perplexity, init="pca" if vectors.shape[1] > 1 else "random", metric=metric, random_state=seed
    )
    return np.asarray(tsne.fit_transform(np.asarray(vectors, dtype=np.float64)))


def map_figure(points: Sequence[Points], title: str, legend: dict[str, str], out: Path, seed: int = 0) -> np.ndarray:
    """Draw sorts of points in one map.

    Args:
        points: the sorts, all of one space.
        title: above the map.
        legend: colour -> what it stands for.
        out: a PNG file; a PDF is written beside it.
        seed: of the map.

    Returns:
        `(N, 2)` the places of all points.
    """
    places = flat_map(np.concatenate([part.vectors for part in points]), seed)
    figure = Figure(figsize=(7, 6), layout="constrained")
    axis = figure.subplots()
    begin = 0
    for part in points:
        here = places[begin : begin + len(part.vectors)]
        begin += len(part.vectors)
        groups = np.asarray(part.groups)
        for group in np.unique(groups):
            members = here[groups == group]
            if len(members) > 1:
                colour = part.colours[int(np.flatnonzero(groups == group)[0])]
                for member in members:
                    axis.plot(*np.stack([members.mean(0), member], 1), color=colour, linewidth=0.4, alpha=0.5, zorder=1)
        axis.scatter(here[:, 0], here[:, 1], c=list(part.colours), marker=part.marker, s=26, linewidths=0.8, zorder=2)
        if part.label:
            axis.scatter([], [], c="black", marker=part.marker, label=part.label)
    for colour, name in legend.items():
        axis.scatter([], [], c=colour, label=name)
    axis.set(xticks=[], yticks=[], xlabel="t-SNE: distances between far groups mean nothing")
    axis.set_title(title, fontsize=10)
    axis.legend(fontsize=8)
    save_figure(figure, out)
    return places


def speaker_map(
    weights: Path,
    root: Path,
    out: Path,
    corpora: Sequence[str] = ("aidatatang", "vctk", "aishell3"),
    utterances_a_speaker: int = 5,
    most_speakers: int = 40,
    shares: tuple[float, float] = (0.1, 0.1),
    seed: int = 0,
) -> int:
    """The space of voices: recordings of speakers never trained on, by sex; recordings of one are joined.

    Returns:
        the number of speakers.

    Raises:
        WeightsError: no usable weights.
        CorpusError: none of the corpora is there.
    """
    network, card = load_weights(Path(weights) / "speaker_encoder", "speaker_encoder")
    embed = SpeechEmbedder(network, card.mel, 4.0)
    present = [name for name in corpora if (Path(root) / FOLDERS[name]).is_dir()]
    if not present:
        raise CorpusError(f"none of {', '.join(corpora)} lies in {root}; make them with `anyonenet mini --out {root}`")
    points, total, sexes = [], 0, set()
    for corpus, marker in zip(present, "os^Dv"):
        items = first_of_each_speaker(speech_reader(corpus, root)(), utterances_a_speaker)
        test = [item for item in items if split_of(item.speaker, *shares) == "test"]
        chosen = sorted({item.speaker for item in test})[:most_speakers]
        kept = [item for item in test if item.speaker in chosen]
        if not kept:
            continue
        total += len(chosen)
        sexes |= {item.sex or "" for item in kept}
        colours = [SEX_COLOURS[item.sex or ""] for item in kept]
        points.append(Points(embed(kept, corpus), [item.speaker for item in kept], colours, marker, corpus))
    if not points:
        raise CorpusError(f"no speaker of {', '.join(present)} falls into the test split; there are too few")
    legend = {SEX_COLOURS[sex]: SEX_NAMES[sex] for sex in ("f", "m", "") if sex in sexes}
    map_figure(points, f"Voices of {total} speakers never trained on", legend, out, seed)
    return total


def motion_features(quaternions: np.ndarray, rate: float) -> np.ndarray:
    """How a head moves in a clip: `(frames, 4)` -> `(9,)`.

    For each axis, of the rotation away from the clip's mean pose: logarithms of its spread, of its speed, and of the
    share of its movement that is faster than 1 Hz.
    """
    mean = quaternion.normalise(np.asarray(quaternions, dtype=np.float64).mean(0, keepdims=True))
    away = quaternion.to_rotation_vector(quaternion.multiply(quaternions, quaternion.conjugate(mean)))
    power = np.abs(np.fft.rfft(away - away.mean(0), axis=0)) ** 2
    quick = np.fft.rfftfreq(len(away), 1 / rate) > 1.0
    share = power[quick].sum(0) / np.maximum(power[1:].sum(0), 1e-12)
    speed = np.abs(np.diff(away, axis=0)).mean(0) * rate
    return np.log(np.concatenate([away.std(0), speed, share]) + 1e-4)


def head_motion_map(
    weights: Path,
    root: Path,
    features: Path,
    out: Path,
    corpora: Sequence[str] = ("obama", "voxceleb2"),
    most: int = 300,
    seed: int = 0,
) -> int:
    """Ways of moving the head: true cuts (dots) and what the predictor says for the same speech (crosses).

    Returns:
        the number of cuts.

    Raises:
        WeightsError: no usable weights.
        CorpusError: a corpus is missing.
    """
    network, _ = load_weights(Path(weights) / "landmarks", "landmarks")
    data = LandmarkDataModule(str(root), str(features), list(corpora), shortest_seconds=2.0, augment=False)
    data.prepare_data()
    data.setup()
    cuts, rate = data.test.cuts, data.mel_settings.frame_rate
    long = np.flatnonzero(cuts.lengths("mels") >= 2.0 * rate)
    chosen = long[np.unique(np.linspace(0, len(long) - 1, most).round().astype(int))] if len(long) else long
    truth, said = [], []
    for row in chosen.tolist():
        mel, landmarks, turned = (np.array(cuts.array(name, row)) for name in ("mels", "landmarks", "quaternions"))
        truth.append(motion_features(turned, rate))
        with torch.inference_mode():
            inputs = (torch.from_numpy(array)[None] for array in (mel, landmarks[0], turned[0]))
            said.append(motion_features(network(*inputs).quaternions[0].numpy(), rate))
    if not truth:
        raise CorpusError(f"no cut of {', '.join(corpora)} lasts two seconds")
    vectors = np.stack([*truth, *said])
    vectors = (vectors - vectors.mean(0)) / np.maximum(vectors.std(0), 1e-9)
    names = cuts.manifest["corpus"].iloc[chosen].to_list()
    shades = dict(zip(corpora, ("tab:green", "tab:orange", "tab:purple", "tab:cyan", "tab:brown")))
    colours = [shades[name] for name in names]
    apart = [str(number) for number in range(len(names))]
    points = [
        Points(vectors[: len(truth)], apart, colours, "o", "true"),
        Points(vectors[len(truth) :], apart, colours, "x", "predicted"),
    ]
    legend = {shade: name for name, shade in shades.items() if name in names}
    map_figure(points, f"Head motion of {len(truth)} cuts", legend, out, seed)
    return len(truth)

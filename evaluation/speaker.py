"""How good the exported speaker encoder is: verification on unseen speakers, and what its embeddings carry.

Probes are ridge regressions from the embedding, fitted on training speakers and read on unseen ones: they say whether
sex and pitch, which a face can tell, are laid down linearly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.errors import AnyoneNetError, CorpusError
from anyonenet.weights import load_weights
from datamodules.corpora.manifest import Utterance, split_of
from datamodules.corpora.sounds import read_sounds
from datamodules.prepare.speech import FOLDERS, first_of_each_speaker, speech_reader
from evaluation.bootstrap import Figure, bootstrap, share_of
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.identity import all_pairs
from evaluation.metrics.pitch import median_f0
from evaluation.trials import Trials

SOUND_SUFFIXES = {".flac", ".wav", ".mp3", ".ogg", ".m4a"}


def evaluate(
    weights: Path,
    root: Path,
    features: Path | None = None,
    corpora: Sequence[str] = ("aidatatang", "vctk", "aishell3"),
    speech: Path | None = None,
    shares: tuple[float, float] = (0.1, 0.1),
    trials_a_speaker: int = 10,
    trial_seconds: float = 4.0,
) -> Measurement:
    """Measure `weights/speaker_encoder`.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora; those of `corpora` that are not there are left out, one must be.
        features: not used; every stage's evaluation takes it.
        corpora: 'aidatatang', 'vctk', 'aishell3'; the first one's training speakers fit the probes.
        speech: folder with one folder of recordings a speaker, e.g. of LibriSpeech; measured as 'real'.
        shares: of validation and test speakers, as in training.
        trials_a_speaker: utterances at most.
        trial_seconds: utterances are cut to this.

    Returns:
        For each corpus NAME `eer_NAME`, `eer_within_sex_NAME`, `min_dcf_NAME` over all pairs of its test speakers;
        `sex_accuracy` and `f0_r2` (of the logarithm) of the probes on the first corpus's test speakers. Intervals are
        over speakers.

    Raises:
        WeightsError: no usable weights.
        CorpusError: none of the corpora is there, or one has a single test speaker.
    """
    network, card = load_weights(Path(weights) / "speaker_encoder", "speaker_encoder")
    embed = SpeechEmbedder(network, card.mel, trial_seconds)
    figures: dict[str, Figure] = {}
    present = [name for name in corpora if (Path(root) / FOLDERS[name]).is_dir()]
    if not present and speech is None:
        raise CorpusError(f"none of {', '.join(corpora)} lies in {root}; make them with `anyonenet mini --out {root}`")
    for name in present:
        utterances = first_of_each_speaker(speech_reader(name, root)(), trials_a_speaker)
        test = [item for item in utterances if split_of(item.speaker, *shares) == "test"]
        embeddings = embed(test, f"speakers of {name}")
        figures.update(verification_figures(embeddings, test, name))
        if name == present[0]:
            train = [item for item in utterances if split_of(item.speaker, *shares) == "train"]
            chosen = first_of_each_speaker(train, 3)
            figures.update(probe_figures(embed(chosen, "probe"), chosen, embeddings, test, trial_seconds))
    if speech is not None:
        real = folder_utterances(Path(speech))
        figures.update(verification_figures(embed(real, "real speech"), real, "real"))
    measured = [corpus_in_words(root, present, "test speakers")] if present else []
    return Measurement("; ".join(measured + ([f"recordings in {speech}"] if speech is not None else [])), figures)


class SpeechEmbedder:
    """Recordings -> speaker embeddings, one at a time, no padding."""

    def __init__(self, network: Any, settings: MelSettings, longest_seconds: float):
        self.network, self.settings, self.longest_seconds = network, settings, longest_seconds

    def __call__(self, utterances: Sequence[Utterance], title: str) -> np.ndarray:
        """`(N, 1024)` float32 unit vectors."""
        sounds = _sounds(utterances, self.settings.sample_rate)
        bar = tqdm(sounds, desc=title, total=len(utterances), unit="utterance", leave=False)
        return np.stack([self._one(samples) for samples in bar])

    def _one(self, samples: np.ndarray) -> np.ndarray:
        """`(1024,)` float32 unit vector of one recording."""
        mel = log_mel(torch.from_numpy(samples[: int(self.longest_seconds * self.settings.sample_rate)]), self.settings)
        with torch.inference_mode():
            embedding: np.ndarray = self.network(mel[None], torch.tensor([len(mel)]))[0].numpy()
        return embedding


def verification_figures(embeddings: np.ndarray, utterances: Sequence[Utterance], name: str) -> dict[str, Figure]:
    """EER over all pairs, EER over the pairs within a sex (where sexes are known), and minDCF."""
    speakers = np.array([item.speaker for item in utterances])
    if len(np.unique(speakers)) < 2:
        raise CorpusError(f"{name} has {len(np.unique(speakers))} test speakers; verification needs at least 2")
    scores, same, first, second = all_pairs(embeddings, speakers)
    trials = Trials(scores, same, speakers[first], speakers[second])
    figures = {f"eer_{name}": trials.equal_error_rate(), f"min_dcf_{name}": trials.minimum_detection_cost()}
    sexes = np.array([item.sex or "" for item in utterances])
    alike = (sexes[first] == sexes[second]) & (sexes[first] != "")
    if (alike & ~same).any() and (alike & same).any():
        within = Trials(scores[alike], same[alike], speakers[first][alike], speakers[second][alike])
        figures[f"eer_within_sex_{name}"] = within.equal_error_rate()
    return figures


def probe_figures(
    train: np.ndarray,
    train_items: Sequence[Utterance],
    test: np.ndarray,
    test_items: Sequence[Utterance],
    seconds: float,
    settings: MelSettings | None = None,
) -> dict[str, Figure]:
    """Linear probes for sex and for the logarithm of F0, fitted on `train` (items, 1024), read on `test`."""
    rate = (settings or MelSettings()).sample_rate

    def pitches(items: Sequence[Utterance]) -> np.ndarray:
        return np.array([np.log2(median_f0(samples[: int(seconds * rate)], rate)) for samples in _sounds(items, rate)])

    def sexes(items: Sequence[Utterance]) -> np.ndarray:
        return np.array([{"m": 1.0, "f": -1.0}.get(item.sex or "", np.nan) for item in items])

    figures = {}
    speakers = np.array([item.speaker for item in test_items])
    target, truth = sexes(train_items), sexes(test_items)
    if np.isfinite(target).any() and np.isfinite(truth).any():
        known = np.isfinite(truth)
        guess = ridge_probe(train[np.isfinite(target)], target[np.isfinite(target)])(test[known])
        figures["sex_accuracy"] = share_of(np.sign(guess) == truth[known], "speakers", speakers[known])
    target, truth = pitches(train_items), pitches(test_items)
    known = np.isfinite(truth)
    guess = ridge_probe(train[np.isfinite(target)], target[np.isfinite(target)])(test[known])
    figures["f0_r2"] = explained_variance(guess, truth[known], speakers[known])
    return figures


def explained_variance(guess: np.ndarray, truth: np.ndarray, speakers: np.ndarray) -> Figure:
    """1 - residual over total sum of squares, `(N,)` each; recordings of a speaker are drawn together."""
    order, place = np.unique(speakers, return_inverse=True)
    values = np.stack([np.ones_like(truth), truth, truth**2, (guess - truth) ** 2])
    sums = np.stack([np.bincount(place, value, minlength=len(order)) for value in values], axis=1)

    def statistic(counts: np.ndarray) -> float:
        n, total, squares, residual = counts @ sums
        spread = squares - total**2 / n
        return float(1 - residual / spread) if spread > 0 else float("nan")

    return bootstrap(statistic, len(order), "speakers")


def _sounds(utterances: Sequence[Utterance], rate: int) -> Iterator[np.ndarray]:
    """The recordings `(samples,)` in their order; raises what the first unreadable one brings."""
    for _, sound in read_sounds(utterances, rate):
        if isinstance(sound, AnyoneNetError):
            raise sound
        yield sound


def ridge_probe(inputs: np.ndarray, targets: np.ndarray, strength: float = 0.01) -> Any:
    """Ridge regression with an offset: `(N, D)`, `(N,)` -> a function of `(M, D)` that gives `(M,)`.

    `strength` is relative to the mean variance of the inputs' dimensions times N.
    """
    mean, offset = inputs.mean(0), targets.mean()
    centred = inputs - mean
    kernel = centred @ centred.T
    weight = np.linalg.solve(kernel + strength * np.trace(kernel) / len(kernel) * np.eye(len(kernel)), targets - offset)
    slope = centred.T @ weight
    return lambda others: (others - mean) @ slope + offset


def folder_utterances(folder: Path) -> list[Utterance]:
    """One folder a speaker, recordings inside.

    Raises:
        CorpusError: no recordings there.
    """
    found = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in SOUND_SUFFIXES)
    if not found:
        raise CorpusError(f"no recordings in {folder}; expected one folder a speaker with sound files in it")
    return [Utterance(f"{path.parent.name}/{path.stem}", "folder", path.parent.name, path) for path in found]

"""MakeItTalk's Tables 2 and 3 (sections 6.2 to 6.4): its branches, alone and together, beside retrieved head motion.

Every row is measured on the same test cuts. As in the paper, all persons of the test cuts speak in the training set
too, in other clips. `docs/systems/makeittalk.md` tells where our protocol differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from anyonenet.errors import CorpusError
from anyonenet.makeittalk import MakeItTalk
from anyonenet.weights import load_weights
from datamodules.sampling import Draw
from datamodules.voiced_landmarks import VoicedClips, VoicedLandmarkDataModule
from evaluation.bootstrap import CONFIDENCE, Figure, mean_of, ratio_of
from evaluation.makeittalk_rows import Rows, TrainingClips
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.retrieved import Retrieval
from evaluation.tables import Table

LIPS_CORPUS, HEADS_CORPUS = "obama", "voxceleb2"
"""what Table 2 and Table 3 are measured on: unseen videos of a person whose lips are learned from, and unseen clips of
persons whose manner of moving the head is"""
TITLES = {
    "still": "a face that does not move",
    "retrieve_same": "retrieve-same ID",
    "retrieve_random": "retrieve-random ID",
    "retrieve_same_from_photo": "retrieve-same ID, from the photo's pose",
    "retrieve_random_from_photo": "retrieve-random ID, from the photo's pose",
    "random_id": "MakeItTalk (random ID)",
    "no_speaker": "MakeItTalk (no speaker ID)",
    "no_content": "MakeItTalk (no content)",
    "full": "MakeItTalk (full)",
    "anyonenet": "AnyoneNet",
}
PERCENT = ("d_ll", "d_vl", "d_a", "d_l", "d_v", "d_pos")
NAMES = {
    "d_ll": "D-LL", "d_vl": "D-VL", "d_a": "D-A", "d_l": "D-L", "d_v": "D-V", "d_rot": "D-Rot", "d_pos": "D-Pos"
}  # fmt: skip
TABLE_2 = ("d_ll", "d_vl", "d_a"), ("still", "no_speaker", "no_content", "full", "anyonenet")
TABLE_3 = ("d_l", "d_v", "d_rot", "d_pos"), tuple(name for name in TITLES if name != "anyonenet")
PAPER: dict[str, dict[str, float]] = {
    "retrieve_same": {"d_l": 17.1, "d_v": 1.1, "d_rot": 10.3, "d_pos": 8.1},
    "retrieve_random": {"d_l": 20.8, "d_v": 1.2, "d_rot": 21.4, "d_pos": 9.2},
    "random_id": {"d_l": 33.0, "d_v": 1.8, "d_rot": 28.7, "d_pos": 12.3},
    "no_speaker": {"d_ll": 2.2, "d_vl": 0.45, "d_a": 5.9, "d_l": 13.8, "d_v": 0.7, "d_rot": 12.6, "d_pos": 6.9},
    "no_content": {"d_ll": 3.1, "d_vl": 0.61, "d_a": 10.2, "d_l": 12.5, "d_v": 0.8, "d_rot": 8.6, "d_pos": 5.7},
    "full": {"d_ll": 2.0, "d_vl": 0.44, "d_a": 4.2, "d_l": 12.3, "d_v": 0.7, "d_rot": 8.0, "d_pos": 5.4},
}
"""what the paper prints, percent and degrees, of real clips at 62.5 frames a second; [Zhou et al. 2018], [Eskimez et
al. 2018] and [Chen et al. 2019] are rows of its Table 2 that nobody can run here"""
DRAWS = 4
HEARD_TOO = ("landmarks", "speaker_encoder")
"""other stages whose weights the rows use"""


class Predictor:
    """AnyoneNet's own predictor among the rows: it hears the same mels and knows no speakers."""

    knows_speakers = False

    def __init__(self, network: Any):
        self._network = network

    def __call__(self, *inputs: Any) -> Any:
        return self._network(*inputs)


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    speaker_alone: Path | None = None,
    shortest_seconds: float = 1.0,
    draws: int = DRAWS,
    seed: int = 0,
) -> Measurement:
    """Measure the rows of Tables 2 and 3.

    AnyoneNet's predictor is not a row of Table 3: its default weights have trained on all of VoxCeleb2's clips.

    Args:
        weights: folder of the exported stages; AnyoneNet's `landmarks` are a row where they are there.
        root: folder of the corpora.
        features: folder of the feature stores.
        speaker_alone: folder of a speaker-aware branch that was trained without the speech-content branch, for the
            row "no content"; without it that row takes the full system's branch.
        shortest_seconds: shorter cuts are left out.
        draws: clips that are retrieved, or speakers that are injected, for each cut.
        seed: of which ones.

    Returns:
        `ROW/d_ll` and so on, as fractions and degrees, rows of `TITLES`; `ROW/d_rot_of_full` and so on, how many times
        the full model's error; and `clips`. Intervals are over clips, whose cuts are drawn together.

    Raises:
        WeightsError: no usable weights.
        CorpusError: a corpus is missing or has no test cut.
    """
    weights = Path(weights)
    models, notes = _models(weights, speaker_alone)
    hop = models["full"].codes.mel.hop_seconds
    data = VoicedLandmarkDataModule(
        str(root),
        str(features),
        [LIPS_CORPUS, HEADS_CORPUS],
        batch_size=16,
        shortest_seconds=shortest_seconds,
        augment=False,
        speaker_encoder=str(weights / "speaker_encoder"),
        split_clips=True,
        hop_seconds=hop,
    )
    if hop == _hop_of_predictor(weights):
        models["anyonenet"] = Predictor(load_weights(weights / "landmarks", "landmarks")[0])
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no clip of {LIPS_CORPUS} or {HEADS_CORPUS} in {root} falls into the test split; add videos")
    figures, clips = measure(data, models, draws, seed)
    notes += [f"{clips} cuts; for each {draws} clips are retrieved and {draws} speakers injected, errors averaged"]
    return MakeItTalkMeasurement(corpus_in_words(root, [LIPS_CORPUS, HEADS_CORPUS]), figures, tuple(notes))


def _models(weights: Path, speaker_alone: Path | None) -> tuple[dict[str, Any], list[str]]:
    models: dict[str, Any] = {
        "no_speaker": MakeItTalk.load(weights, "no_speaker"),
        "no_content": MakeItTalk.load(weights, "no_content", speaker=speaker_alone),
        "full": MakeItTalk.load(weights, "full"),
    }
    notes = []
    if speaker_alone is None:
        notes.append(
            '"no content" is the full system\'s speaker-aware branch without the other, which it was trained with; '
            "--speaker-alone gives one that was trained alone, as the paper's"
        )
    return models, notes


def _hop_of_predictor(weights: Path) -> float | None:
    """Hop of AnyoneNet's own predictor, seconds; None where it is not there."""
    if not (weights / "landmarks" / "config.json").is_file():
        return None
    return float(load_weights(weights / "landmarks", "landmarks")[1].mel.hop_seconds)


def measure(data: Any, models: Mapping[str, Any], draws: int, seed: int) -> tuple[dict[str, Figure], int]:
    """The figures of all rows, see `evaluate`, and the number of cuts.

    Args:
        data: a `VoicedLandmarkDataModule`, set up.
        models: row -> what predicts.
        draws, seed: as of `evaluate`.
    """
    told = _told(data.test)
    rows, begin, training = Rows(draws, seed), 0, training_clips(data.training)
    for batch in data.test_dataloader():
        here = slice(begin, begin + len(batch.lengths))
        rows.add(batch, told.persons[here], told.names[here], models, training)
        begin = here.stop
    corpora = np.array([person.split("/")[0] for person in told.persons])
    figures: dict[str, Figure] = {}
    for names, corpus in ((TABLE_2[0], LIPS_CORPUS), (TABLE_3[0], HEADS_CORPUS)):
        wanted = np.flatnonzero(corpora == corpus)
        clips = [told.clips[place] for place in wanted]
        for row in TITLES:
            for name in names if row in rows.errors else ():
                values = np.array(rows.errors[row][name])[wanted]
                figures[f"{row}/{name}"] = mean_of(values, "clips", clips)
                if "full" in rows.errors and row != "full":
                    full = np.array(rows.errors["full"][name])[wanted]
                    figures[f"{row}/{name}_of_full"] = ratio_of(values, full, "clips", clips)
    figures["clips"] = Figure(len(set(told.clips)))
    return figures, begin


@dataclass(frozen=True)
class _Told:
    """What a manifest tells of some cuts."""

    persons: list[str]
    names: list[str]
    clips: list[str]
    rows: list[int]


def _told(clips: VoicedClips) -> _Told:
    rows = list(dict.fromkeys(clips.mixture.item(Draw(place, 0, 0)) for place in range(len(clips))))
    manifest = clips.cuts.manifest.iloc[rows]
    persons = (manifest["corpus"] + "/" + manifest["person"]).to_list()
    of_clip = (manifest["corpus"] + "/" + manifest["clip"]).to_list()
    names = [f"{clip}@{begin}" for clip, begin in zip(of_clip, manifest["begin"], strict=True)]
    return _Told(persons, names, of_clip, rows)


def training_clips(clips: VoicedClips) -> TrainingClips:
    """All that may be retrieved."""
    told = _told(clips)
    poses = [np.array(clips.cuts.array("quaternions", row)) for row in told.rows]
    voices = torch.from_numpy(np.stack([clips.voices[row] for row in told.rows]))
    return TrainingClips(Retrieval(told.persons, told.names), poses, voices)


@dataclass(frozen=True)
class Tables(Table):
    """A table and others below it."""

    below: Sequence[Table] = field(default_factory=tuple)

    def terminal(self) -> str:
        return "\n\n".join([super().terminal(), *(table.terminal() for table in self.below)])

    def markdown(self) -> str:
        return "\n\n".join([super().markdown(), *(table.markdown() for table in self.below)])

    def latex(self) -> str:
        return "\n\n".join([super().latex(), *(table.latex() for table in self.below)])


@dataclass(frozen=True)
class MakeItTalkMeasurement(Measurement):
    """The two tables, each figure beside the paper's."""

    def table(self, stage: str, hashes: Mapping[str, str]) -> Table:
        """Tables 2 and 3; arguments as of `Measurement.table`."""
        used = {name: digest for name, digest in hashes.items() if name.startswith(stage) or name in HEARD_TOO}
        weights = ", ".join(f"{name} {digest[:12]}" for name, digest in used.items())
        same, all_clips = (self.figures[f"{row}/d_rot"].items for row in ("retrieve_same", "still"))
        about = [
            f"in brackets: {CONFIDENCE:.0%} intervals over clips; paper: of real clips at 62.5 frames a second",
            f"Table 3 is over {all_clips} clips; retrieve-same ID over the {same} whose person has a clip to retrieve",
            *self.notes,
            *([f"weights: {weights}"] if weights else []),
        ]
        second = Table(*self._cells(*TABLE_2), f"Table 2 (lips and jaw, the head's motion factored out; {LIPS_CORPUS})")
        third = Table(*self._cells(*TABLE_3), f"Table 3 (the whole face, head motion included; {HEADS_CORPUS})", about)
        title = f"{stage}: {self.corpus}\n{second.title}"
        return Tables(second.columns, second.rows, title, below=(third,))

    def _cells(self, names: Sequence[str], rows: Sequence[str]) -> tuple[list[str], list[list[str]]]:
        columns = ["method"]
        for name in names:
            columns += [f"{NAMES[name]} ({'%' if name in PERCENT else 'degrees'})", "paper"]
        lines = []
        for row in rows:
            if f"{row}/{names[0]}" not in self.figures:
                continue
            cells = [TITLES[row]]
            for name in names:
                printed = PAPER.get(row, {}).get(name)
                cells += [_cell(name, self.figures[f"{row}/{name}"]), "" if printed is None else f"{printed:g}"]
            lines.append(cells)
        return columns, lines


def _cell(name: str, figure: Figure) -> str:
    times = 100 if name in PERCENT else 1
    digits = 2 if name in ("d_vl", "d_v") else 1
    value = f"{times * figure.value:.{digits}f}"
    if not figure.has_interval:
        return value
    return f"{value} ({times * figure.low:.{digits}f}-{times * figure.high:.{digits}f})"

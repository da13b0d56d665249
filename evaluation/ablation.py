"""Table II of AnyoneNet: how well several predictors of landmarks follow the lips of unseen clips.

Every predictor is measured on the same cuts; the figure of a clip (a video) is the mean over its cuts, that of a run
the mean over clips, that of a row the mean over its seeds.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from anyonenet.errors import CorpusError, InputError, WeightsError
from anyonenet.makeittalk import MakeItTalk
from anyonenet.weights import load_weights, read_card
from datamodules.sampling import Draw
from evaluation.landmarks import clip_errors

PAPER = {
    "makeittalk": (0.143, 0.036, 0.143),
    "tdlstm": (0.105, 0.027, 0.130),
    "blstm": (0.101, 0.027, 0.115),
    "cnn_blstm": (0.095, 0.026, 0.105),
}
"""Table II: D-LL, D-VL, D-A on real Obama addresses"""

PREDICTORS = ("landmarks", "makeittalk_speech", "own_landmarks")
"""stages whose weights predict landmarks of a frontal face"""

Predict = Callable[[int, dict[str, Any]], Tensor]
"""number and item of a cut -> its landmarks `(frames, 68, 2)`"""


@dataclass
class Row:
    """One row as it was measured."""

    title: str
    errors: dict[int, dict[str, np.ndarray]] = field(default_factory=dict)
    """by seed: what `evaluation.landmarks.clip_errors` gives of each clip, `(clips,)`"""
    failed: dict[int, str] = field(default_factory=dict)
    """by seed: what went wrong"""
    seeded: bool = True
    """whether the seed changes anything"""

    def of_runs(self, name: str) -> np.ndarray:
        """`(seeds,)` the figure of each run: the mean over clips."""
        return np.array([np.nanmean(errors[name]) for errors in self.errors.values()])


class TestClips:
    """The cuts of the test split, in order.

    Args:
        data: a `LandmarkDataModule`; its stores are made where they are missing.

    Raises:
        InputError: it is for something else.
        CorpusError: no cut is in the test split.
    """

    __test__ = False  # no test of pytest's

    def __init__(self, data: Any):
        data.prepare_data()
        data.setup()
        cuts = getattr(getattr(data, "test", None), "cuts", None)
        if cuts is None:
            raise InputError(f"{type(data).__name__} has no test cuts of landmarks; give a landmark configuration")
        if not len(data.test):
            raise CorpusError(f"no video of {', '.join(data.weights)} falls into the test split; add videos")
        self.clips = data.test
        rows = [self.clips.mixture.item(Draw(place, 0, 0)) for place in range(len(self.clips))]
        self.manifest = cuts.manifest.iloc[rows].reset_index(drop=True)
        self.names = (self.manifest["corpus"] + "/" + self.manifest["clip"]).to_list()
        self.checksum = "".join(store.checksum[:16] for store in cuts.stores.values())
        self.mel = data.mel_settings

    def __len__(self) -> int:
        return len(self.clips)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Cuts with `mels` (T, bands), `landmarks` (T, 68, 2), `base_landmarks` (68, 2), ... as the predictor sees."""
        return (self.clips[place] for place in range(len(self.clips)))

    def errors(self, predict: Predict) -> dict[str, np.ndarray]:
        """What `clip_errors` gives of each clip, `(clips,)` in the order of their names; nan where a clip has none."""
        cuts = [clip_errors(predict(place, cut), torch.from_numpy(cut["landmarks"])) for place, cut in enumerate(self)]
        order, place = np.unique(self.names, return_inverse=True)
        values = {name: np.array([cut[name] for cut in cuts]) for name in cuts[0]}
        means = {}
        for name, of_cuts in values.items():
            known = np.isfinite(of_cuts)
            count = np.bincount(place[known], minlength=len(order))
            total = np.bincount(place[known], of_cuts[known], minlength=len(order))
            means[name] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return means

    def of_weights(self, folder: Path, weights: Path = Path("weights")) -> dict[str, np.ndarray]:
        """The errors of exported weights of a stage of `PREDICTORS`.

        Args:
            folder: of the weights.
            weights: folder of the exported stages that it was trained with, where it was.

        Raises:
            WeightsError: they cannot be used, or say nothing of landmarks.
        """
        network = predictor_of(folder, weights)

        @torch.inference_mode()
        def predict(number: int, cut: dict[str, Any]) -> Tensor:
            mel, base, turned = (
                torch.from_numpy(cut[name])[None] for name in ("mels", "base_landmarks", "base_quaternions")
            )
            return (base + network(mel, base, turned).displacements)[0]

        return self.errors(predict)

    def of_predictions(self, folder: Path) -> dict[str, np.ndarray]:
        """The errors of predictions in files `0000.npy` and on, one a cut, as `write` numbers them.

        Raises:
            InputError: one is missing or has another shape.
        """

        def predict(number: int, cut: dict[str, Any]) -> Tensor:
            path, wanted = folder / f"{number:04d}.npy", cut["landmarks"].shape
            try:
                found = np.load(path, allow_pickle=False)
            except (OSError, ValueError) as error:
                reason = "it is not there" if isinstance(error, FileNotFoundError) else str(error)
                raise InputError(f"no predictions in {path}: {reason}; expected {len(self)} files, one a cut") from None
            if found.shape != wanted or not np.isfinite(found).all():
                raise InputError(f"{path} holds {found.shape}; expected finite numbers of shape {wanted}")
            return torch.from_numpy(found.astype(np.float32))

        return self.errors(predict)

    def of_still_face(self) -> dict[str, np.ndarray]:
        """The errors of a face that does not move."""
        return self.errors(lambda _, cut: torch.from_numpy(cut["base_landmarks"]).expand(len(cut["landmarks"]), -1, -1))

    def write(self, folder: Path) -> None:
        """What a system from elsewhere needs to predict the cuts: `0000.npz` and on, and `cuts.csv`.

        Each has `mel` (frames, bands), `base_landmarks` (68, 2) and `base_quaternion` (4,). `cuts.csv` tells the video
        of each cut and the seconds at which it begins in it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for number, cut in enumerate(self):
            arrays = {"mel": cut["mels"], "base_landmarks": cut["base_landmarks"]}
            np.savez(folder / f"{number:04d}.npz", **arrays, base_quaternion=cut["base_quaternions"])
        beside = folder / "cuts.csv.part"
        with beside.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["number", "corpus", "clip", "video", "begin_seconds", "frames"])
            for number, (cut, about) in enumerate(zip(self, self.manifest.to_dict("records"), strict=True)):
                begin = about["begin"] / self.mel.frame_rate
                where = [about["corpus"], about["clip"], about.get("source", "")]
                table.writerow([f"{number:04d}", *where, f"{begin:.4f}", len(cut["mels"])])
        os.replace(beside, folder / "cuts.csv")


def predictor_of(folder: Path, weights: Path) -> Any:
    """What predicts landmarks, called as `LandmarkPredictor`; arguments and errors as of `TestClips.of_weights`."""
    stage = read_card(folder)[2].stage
    if stage not in PREDICTORS:
        raise WeightsError(f"{folder} holds weights of stage '{stage}'; expected {' or '.join(PREDICTORS)}")
    if stage == "makeittalk_speech":
        return MakeItTalk.load(weights, "no_speaker", speech=folder)
    return load_weights(folder, stage)[0]

"""Videos of somebody who speaks a known text -> that person's mouth style (Write-a-Speaker, landmark generator)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.alignment import Aligner
from anyonenet.audio.files import read_audio
from anyonenet.dubbing.timing import SteadyFrames
from anyonenet.errors import FaceError, InputError
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.tracking import track_face
from anyonenet.face_text import TextMotion
from anyonenet.mouth_style import Clip, learn_style
from anyonenet.networks.mouth_style import MouthStyle
from anyonenet.render.video import read_video

SHORTEST_SECONDS = 1.0
"""of a video: what is shorter says nothing of how somebody speaks"""
_SEEN = 0.5
"""share of the frames in which the face must be found"""


@dataclass(frozen=True)
class Reference:
    """A video, and what is said in it."""

    video: Path
    text: str


class StyleLearner:
    """Learns styles from videos, with its models loaded once.

    Args:
        weights: folder that holds the generators of Write-a-Speaker and `phoneme_recogniser`.
        device: where the networks run.

    Raises:
        WeightsError: weights are missing, corrupt or of another stage.
    """

    def __init__(self, weights: Path, device: torch.device | str = "cpu"):
        self._generators = TextMotion(weights, device)
        self._aligner = Aligner(weights, device)
        self._detector, self._embedder = LandmarkDetector(), FaceEmbedder("dlib")

    def learn(
        self, references: Sequence[Reference], report: Callable[[int, int], Any] | None = None, seed: int = 0
    ) -> tuple[MouthStyle, NDArray[np.float64]]:
        """One person's style, and the identity `(60,)`; see `anyonenet.mouth_style.learn_style`.

        Args:
            references: of one person, who is seen longest and largest in each.
            report: told how many frames have been gone through, and about how many there are, of each video anew.
            seed: of the mapping's initial weights.

        Raises:
            InputError: a video cannot be read, is too short, is silent or has no sound, or its text cannot be its own.
            FaceError: no face is seen, or in too few of a video's frames.
        """
        return learn_style([self._clip(reference, report) for reference in references], self._generators, seed)

    def _clip(self, reference: Reference, report: Callable[[int, int], Any] | None) -> Clip:
        path = reference.video
        video = read_video(path)
        waveform = read_audio(path, self._aligner.settings.sample_rate)
        seconds = len(waveform) / self._aligner.settings.sample_rate
        if seconds < SHORTEST_SECONDS:
            raise InputError(f"{path} lasts {seconds:.1f} s; give at least {SHORTEST_SECONDS:g} s of speech")
        try:
            spoken = self._aligner.align(waveform, reference.text)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
        done = 0

        def opened() -> Iterator[NDArray[np.uint8]]:
            nonlocal done
            for frame in SteadyFrames(video):
                done += 1
                if report is not None:
                    report(done, max(2 * video.frame_count, done))
                yield frame

        try:
            track = track_face(opened, self._detector, self._embedder)
        except FaceError as error:
            raise FaceError(f"{path}: {error}") from None
        if track.found.mean() < _SEEN:
            raise FaceError(
                f"{path} shows the face in {track.found.sum()} of {len(track.found)} frames; give a video in which it "
                "is seen nearly all the time"
            )
        return track.landmarks, video.fps, spoken

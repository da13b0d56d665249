"""Voices that the exported weights choose for real faces, and how high they speak."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from anyonenet.face.detection import detect_faces
from anyonenet.face.image import load_photo
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.render.video import read_video
from anyonenet.voice import Voice
from datamodules.corpora.files import PICTURES
from evaluation.metrics.pitch import median_f0

SENTENCE = "We were away a year ago, and no one knew where all our money had gone."
"""nearly all of it is voiced"""
_VIDEOS = (".mp4", ".mpg", ".avi", ".mov")


class RealFaces:
    """Face to voice to speech, as `generate` does it.

    Args:
        weights: folder with `face_encoder` and `tts`.

    Raises:
        WeightsError: weights are missing, corrupt or do not fit each other.
    """

    def __init__(self, weights: Path):
        self.voice = Voice(weights)
        self.detector = LandmarkDetector("dlib")

    def speakers(self, folder: Path) -> Iterator[tuple[str, np.ndarray | None]]:
        """Name of each picture or video in a folder, and the speaker embedding `(1024,)` of its largest face.

        Of a video the middle frame is taken. None stands for a picture in which no face was found.

        Raises:
            InputError: a picture cannot be read.
        """
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in PICTURES:
                image = load_photo(path, 1280)
            elif path.suffix.lower() in _VIDEOS:
                frames = list(read_video(path).frames)
                image = frames[len(frames) // 2]
            else:
                continue
            boxes = detect_faces(image)
            yield path.stem, self.voice.speaker_of_face(image, self.detector(image, boxes[0])) if boxes else None

    def median_f0(self, speaker: np.ndarray, seed: int = 0) -> float:
        """Median F0 in Hz of `SENTENCE` in a voice."""
        waveform = np.concatenate([part.waveform for part in self.voice.speak(SENTENCE, speaker, "en", seed)])
        return median_f0(waveform, self.voice.settings.sample_rate)

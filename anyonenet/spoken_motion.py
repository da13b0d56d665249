"""From a request to moving landmarks and their sound, one sentence at a time: all but the renderer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from anyonenet.audio.files import read_audio
from anyonenet.audio.mel import MelSettings
from anyonenet.motion import Motion, lip_closures
from anyonenet.portrait import Portrait, PortraitReader
from anyonenet.portrait_process import PortraitProcess
from anyonenet.request import Request
from anyonenet.stopwatch import Stopwatch
from anyonenet.text.phonemes import split_sentences
from anyonenet.voice import Spoken, Voice


@dataclass(frozen=True)
class Subject:
    """Who speaks, and how much."""

    portrait: Portrait
    pieces: int
    """sentences, or parts of long ones, that will come"""


@dataclass(frozen=True)
class MovingSentence:
    """One sentence with the video frames that fall into it."""

    spoken: Spoken
    landmarks: np.ndarray  # (F, 68, 3) float32, pixels of the video
    quaternions: np.ndarray  # (F, 4) float32
    nearest_speakers: list[tuple[str, float]]
    frames_expected: int
    """in the whole video: an estimate by the length of the text, exact with the last sentence"""


class SpokenMotion:
    """What a request needs besides its renderer, made in the order in which it is needed.

    Args:
        voice: speaks.
        predictor: of landmarks, in evaluation mode.
        mel: the audio settings it was trained with.
        reader: of photos.
    """

    def __init__(self, voice: Voice, predictor: Any, mel: MelSettings, reader: PortraitReader | PortraitProcess):
        self._voice, self._predictor, self._mel, self._reader = voice, predictor, mel, reader

    def stream(self, request: Request, fps: float, watch: Stopwatch) -> Iterator[Subject | MovingSentence]:
        """The subject, then each sentence.

        Args:
            request: checked.
            fps: of the video, as the file has it.
            watch: counts 'photo', 'voice' and 'motion'.

        Raises:
            InputError: the picture, the recording or the text cannot be used.
        """
        with watch.of("voice"):
            lengths = [len(piece.encode()) for piece in split_sentences(request.text, request.language)]
        with watch.of("photo"):
            portrait = self._reader.read(request.image, request.size, request.crop, request.face)
        yield Subject(portrait, len(lengths))
        with watch.of("voice"):
            speaker = self._speaker(request, portrait)
            nearest = self._voice.nearest_speakers(speaker)
        motion = Motion(self._predictor, self._mel, portrait.frontal, portrait.quaternion, fps, request.seed)
        frames = said = 0
        sentences = self._voice.speak(request.text, speaker, request.language, request.seed)
        for number in range(len(lengths)):
            with watch.of("voice"):
                spoken = next(sentences)
            with watch.of("motion"):
                moved = motion.move(spoken.mel, lip_closures(spoken.symbols, spoken.symbol_of_frame))
                placed = portrait.place(moved)
            frames, said = frames + len(placed), said + lengths[number]
            yield MovingSentence(spoken, placed, moved.quaternions, nearest, frames * sum(lengths) // said)

    def _speaker(self, request: Request, portrait: Portrait) -> np.ndarray:
        if request.speech is not None:
            return self._voice.speaker_of_speech(read_audio(request.speech, self._voice.settings.sample_rate))
        return self._voice.speaker_of_face(portrait.photo, portrait.photo_landmarks)

"""From a request to a performance and its sound, one sentence at a time: all but the drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from anyonenet.audio.files import read_audio
from anyonenet.portrait import Portrait, PortraitReader
from anyonenet.portrait_process import PortraitProcess
from anyonenet.request import Request
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.system import Performance, Performer
from anyonenet.text.phonemes import split_sentences
from anyonenet.voice import Spoken, Voice


@dataclass(frozen=True)
class Subject:
    """Who speaks, and how much."""

    portrait: Portrait
    performer: Performer
    pieces: int
    """sentences, or parts of long ones, that will come"""


@dataclass(frozen=True)
class MovingSentence:
    """One sentence with the video frames that fall into it."""

    spoken: Spoken
    performance: Performance
    nearest_speakers: list[tuple[str, float]]
    frames_expected: int
    """in the whole video: an estimate by the length of the text, exact with the last sentence"""


class SpokenMotion:
    """What a request needs before anything is drawn, made in the order in which it is needed.

    Args:
        voice: speaks.
        reader: of photos.
        performer: makes the performer of a request's portrait at a frame rate.
    """

    def __init__(
        self,
        voice: Voice,
        reader: PortraitReader | PortraitProcess,
        performer: Callable[[Request, Portrait, float], Performer],
    ):
        self._voice, self._reader, self._performer = voice, reader, performer

    def stream(self, request: Request, fps: float, watch: Stopwatch) -> Iterator[Subject | MovingSentence]:
        """The subject, then each sentence.

        Args:
            request: checked.
            fps: of the video, as the file has it.
            watch: counts 'photo', 'voice' and 'motion'.

        Raises:
            InputError: the picture, the recording or the text cannot be used.
            WeightsError: the system has no weights.
        """
        with watch.of("voice"):
            lengths = [len(piece.encode()) for piece in split_sentences(request.text, request.language)]
        asked = (request.image, request.size, request.crop, request.face, request.landmarks)
        with watch.of("photo"), SideBySide(1) as beside:
            reading = beside.do(self._reader.read, *asked)
            self._voice.prepare_text(request.text, request.language)
            portrait = reading.result()
        with watch.of("motion"):
            performer = self._performer(request, portrait, fps)
        yield Subject(portrait, performer, len(lengths))
        with watch.of("voice"):
            speaker = self._speaker(request, portrait)
            nearest = self._voice.nearest_speakers(speaker)
        frames = said = 0
        sentences = self._voice.speak(request.text, speaker, request.language, request.seed)
        for number in range(len(lengths)):
            with watch.of("voice"):
                spoken = next(sentences)
            with watch.of("motion"):
                performance = performer.perform(spoken)
            frames, said = frames + len(performance.landmarks), said + lengths[number]
            yield MovingSentence(spoken, performance, nearest, frames * sum(lengths) // said)

    def _speaker(self, request: Request, portrait: Portrait) -> np.ndarray:
        if request.speech is not None:
            return self._voice.speaker_of_speech(read_audio(request.speech, self._voice.settings.sample_rate))
        return self._voice.speaker_of_face(portrait.photo, portrait.photo_landmarks)

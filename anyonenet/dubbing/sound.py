"""The new sound of a dubbed video: what systems hear of it, and what goes into the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.audio.files import read_audio
from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.dubbing.filmed import Filmed
from anyonenet.dubbing.request import DubRequest
from anyonenet.errors import InputError
from anyonenet.recorded import recorded
from anyonenet.voice import Spoken, Voice

FILE_RATE = 48000
"""Hz of a recording's sound in the new file"""


@dataclass(frozen=True)
class Heard:
    """A stretch of sound."""

    spoken: Spoken
    sound: NDArray[np.float32]
    """(samples,) the same at the file's rate"""


class NewSound:
    """What is to be said in a video.

    Args:
        request: checked.
        voice: speaks the text, if there is one.
        mel: the settings that systems hear by.

    Raises:
        InputError: the recording cannot be read.
    """

    def __init__(self, request: DubRequest, voice: Voice | None, mel: MelSettings):
        self._request, self._voice, self._mel = request, voice, mel
        self.rate = mel.sample_rate if request.speech is None else FILE_RATE
        self._recording = None if request.speech is None else read_audio(request.speech, mel.sample_rate)

    def seconds(self) -> float | None:
        """How long it lasts; None: that shows when it is spoken."""
        return None if self._recording is None else len(self._recording) / self._mel.sample_rate

    def stretches(self, filmed: Filmed) -> Iterator[Heard]:
        """Stretch by stretch.

        Raises:
            InputError: the recording is silent, or nothing in the text can be spoken.
        """
        if self._recording is None:
            assert self._voice is not None and self._request.text is not None
            speaker = speaker_of(self._request, filmed, self._voice)
            for spoken in self._voice.speak(self._request.text, speaker, self._request.language, self._request.seed):
                yield Heard(spoken, spoken.waveform)
            return
        assert self._request.speech is not None
        fine = read_audio(self._request.speech, FILE_RATE)
        times, begin = FILE_RATE // self._mel.sample_rate, 0
        for spoken in recorded(self._recording, self._mel):
            end = begin + times * len(spoken.waveform)
            yield Heard(spoken, fine[begin:end])
            begin = end

    def silence(self, seconds: float) -> Heard:
        """Nothing is said for so long, rounded up to a mel frame."""
        frames = max(int(np.ceil(seconds * self._mel.frame_rate - 1e-9)), 1)
        waveform = np.zeros(frames * self._mel.hop_samples, np.float32)
        mel = log_mel(torch.from_numpy(waveform), self._mel).numpy()
        spoken = Spoken("", (), mel, waveform, np.full(frames, -1, np.int64), True)
        return Heard(spoken, np.zeros(round(seconds * self.rate), np.float32))


def speaker_of(request: DubRequest, filmed: Filmed, voice: Voice) -> NDArray[np.float32]:
    """Whose voice says a text: `(1024,)`.

    Raises:
        InputError: the video's own was asked for, and it has none.
    """
    if request.voice != "face":
        try:
            return voice.speaker_of_speech(read_audio(Path(request.video), voice.settings.sample_rate))
        except InputError as error:
            if request.voice == "video":
                raise InputError(f"{request.video}: no voice can be taken from its sound ({error})") from None
    return voice.speaker_of_face(filmed.portrait.photo, filmed.portrait.photo_landmarks)

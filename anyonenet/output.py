"""What becomes of frames and sound: marked, encoded, and kept beside where wanted, in threads of their own."""

from __future__ import annotations

import contextlib
from types import TracebackType

import numpy as np

from anyonenet.artefacts import Artefacts
from anyonenet.behind import Behind
from anyonenet.render.video import VideoWriter
from anyonenet.render.watermark import mark_in_place
from anyonenet.spoken_motion import MovingSentence
from anyonenet.stopwatch import Stopwatch

WAITING_FRAMES = 3
"""drawn and not yet written, at most"""


class Output:
    """Takes sentences and their frames and works them off behind; a context manager that ends when all is written.

    Args:
        writer: of the video.
        kept: what is kept beside it, or None.
        watermark: whether frames are marked.
        watch: counts 'mark', 'write' and 'keep'.
    """

    def __init__(self, writer: VideoWriter, kept: Artefacts | None, watermark: bool, watch: Stopwatch):
        self._writer, self._kept, self._watermark, self._watch = writer, kept, watermark, watch
        self._writing, self._keeping = Behind(WAITING_FRAMES), Behind()
        self.first_frame_seconds = 0.0
        """from the watch's start until the first encoded frame was in the file; 0 until then"""

    def add_sentence(self, sentence: MovingSentence) -> None:
        """What is kept of a sentence besides its frames."""
        if self._kept is not None:
            self._writing.do(self._keep_sentence, sentence)

    def add(self, frame: np.ndarray | None, sound: np.ndarray) -> None:
        """One frame (H, W, 3) uint8 RGB, marked in place, or none; and the sound `(samples,)` along with it."""
        self._writing.do(self._write, frame, sound)

    def _write(self, frame: np.ndarray | None, sound: np.ndarray) -> None:
        with self._watch.of("write"):
            self._writer.write_audio(sound)
        if frame is None:
            return
        if self._watermark:
            with self._watch.of("mark"):
                mark_in_place(frame)
        with self._watch.of("write"):
            self._writer.write_frame(frame)
        if not self.first_frame_seconds and self._writer.packets:
            self.first_frame_seconds = self._watch.elapsed()
        if self._kept is not None:
            self._keeping.do(self._keep_frame, frame)

    def _keep_sentence(self, sentence: MovingSentence) -> None:
        assert self._kept is not None
        with self._watch.of("keep"):
            performance = sentence.performance
            self._kept.add_sentence(sentence.spoken, performance.landmarks, performance.quaternions)

    def _keep_frame(self, frame: np.ndarray) -> None:
        assert self._kept is not None
        with self._watch.of("keep"):
            self._kept.add_frame(frame)

    def __enter__(self) -> Output:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._keeping)
            stack.enter_context(self._writing)  # it asks the other one, and so ends first
            self._threads = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.__exit__(kind, error, trace)

"""Photo and text in, video out: voice, motion, renderer and writer joined, sentence by sentence (AnyoneNet, Fig. 2)."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from anyonenet.artefacts import Artefacts
from anyonenet.audio.files import read_audio
from anyonenet.behind import Behind
from anyonenet.motion import Motion, lip_closures, load_predictor
from anyonenet.portrait import Portrait, PortraitReader
from anyonenet.portrait_process import PortraitProcess
from anyonenet.render.provenance import mark_frame, media_metadata, sign
from anyonenet.render.renderer import Renderer
from anyonenet.render.video import VideoWriter
from anyonenet.render.warp import WarpRenderer
from anyonenet.request import Request
from anyonenet.text.phonemes import split_sentences
from anyonenet.voice import Spoken, Voice

Progress = Callable[[str, int, int], None]
"""called with what is done ('sentence' or 'frame'), how many are done, and how many are known of so far"""


@dataclass(frozen=True)
class Summary:
    """How a video came about."""

    out: Path
    seconds: float
    """of video"""
    frames: int
    sentences: int
    wall_seconds: dict[str, float]
    """by part: 'photo', 'voice', 'motion', 'render', 'write'; and 'all' from the request to the finished file, which is
    less than their sum: frames are written while others are drawn"""
    nearest_speakers: list[tuple[str, float]]
    """training speakers nearest to the voice, with cosines"""
    notices: list[str] = field(default_factory=list)

    @property
    def real_time_factor(self) -> float:
        """Seconds of work a second of video, everything after loading."""
        return self.wall_seconds["all"] / max(self.seconds, 1e-9)


class Pipeline:
    """All models, loaded once, for any number of requests.

    Args:
        weights: folder that holds one folder of exported weights a stage.
        device: where the networks run.
        reader: of photos; one in this process when None.

    Raises:
        WeightsError: weights are missing, corrupt or of another stage.
    """

    def __init__(
        self,
        weights: Path,
        device: torch.device | str = "cpu",
        reader: PortraitReader | PortraitProcess | None = None,
    ):
        self._weights = Path(weights)
        self._device = torch.device(device)
        self._voice = Voice(self._weights, self._device)
        self._predictor, self._motion_mel = load_predictor(self._weights, self._device)
        self._reader = reader or PortraitReader()

    def generate(self, request: Request, progress: Progress | None = None) -> Summary:
        """Make one video; it appears under its name when it is complete, or not at all.

        Raises:
            InputError: the request, its picture or its text cannot be used.
            WeightsError: a stage that this request needs has no weights.
        """
        clock = _Clock()
        request.check()
        report = progress or (lambda kind, done, known: None)
        with clock.of("voice"):
            sentences = len(split_sentences(request.text, request.language))
        with clock.of("photo"):
            portrait = self._reader.read(request.image, request.size, request.crop, request.face)
            renderer = self._renderer(request.renderer, portrait)
        with clock.of("voice"):
            speaker = self._speaker(request, portrait)
        notices = list(portrait.notices)
        motion = Motion(
            self._predictor, self._motion_mel, portrait.frontal, portrait.quaternion, request.fps, request.seed
        )
        rate = self._voice.settings.sample_rate
        height, width = portrait.image.shape[:2]
        samples = frames = done = unfinished = 0
        with contextlib.ExitStack() as stack:
            writer = stack.enter_context(
                VideoWriter(
                    request.out,
                    width,
                    height,
                    request.fps,
                    rate,
                    metadata=media_metadata(request.out.stem),
                    finish=(lambda path: sign(path, request.out.name)) if request.credentials else None,
                )
            )
            kept = None
            if request.keep:
                kept = stack.enter_context(Artefacts(request.out, rate, request.fps, portrait.landmarks))

            def write_frame(frame: np.ndarray) -> None:
                with clock.of("write"):
                    shown = mark_frame(frame) if request.watermark else frame
                    writer.write_frame(shown)
                    if kept:
                        kept.add_frame(shown)

            writing = stack.enter_context(Behind())
            for spoken in self._timed_sentences(request, speaker, clock):
                with clock.of("motion"):
                    closures = lip_closures(spoken.symbols, spoken.symbol_of_frame)
                    moved = motion.move(spoken.mel, closures)
                    placed = portrait.place(moved)
                if kept:
                    kept.add_sentence(spoken, placed, moved.quaternions)
                writing.do(writer.write_audio, spoken.waveform)
                known = frames + len(placed)
                for landmarks, orientation in zip(placed, moved.quaternions, strict=True):
                    with clock.of("render"):
                        frame = renderer.render(landmarks, orientation)
                    writing.do(write_frame, frame)
                    frames += 1
                    report("frame", frames, known)
                samples += len(spoken.waveform)
                done += 1
                unfinished += not spoken.complete
                report("sentence", done, sentences)
        if unfinished:
            notices.append(f"{unfinished} of {done} sentences may be cut short or slurred: the voice lost its place")
        return Summary(
            out=request.out,
            seconds=samples / rate,
            frames=frames,
            sentences=done,
            wall_seconds=clock.seconds(),
            nearest_speakers=self._voice.nearest_speakers(speaker),
            notices=notices,
        )

    def _renderer(self, name: str, portrait: Portrait) -> Renderer:
        if name == "warp":
            return WarpRenderer(portrait.image, portrait.landmarks)
        from anyonenet.render.translate import UNetRenderer  # its network is not needed otherwise

        return UNetRenderer(portrait.image, portrait.landmarks, self._weights / "images", self._device)

    def _speaker(self, request: Request, portrait: Portrait) -> np.ndarray:
        if request.speech is not None:
            return self._voice.speaker_of_speech(read_audio(request.speech, self._voice.settings.sample_rate))
        return self._voice.speaker_of_face(portrait.photo, portrait.photo_landmarks)

    def _timed_sentences(self, request: Request, speaker: np.ndarray, clock: _Clock) -> Iterator[Spoken]:
        sentences = self._voice.speak(request.text, speaker, request.language, request.seed)
        while True:
            with clock.of("voice"):
                spoken = next(sentences, None)
            if spoken is None:
                return
            yield spoken


class _Clock:
    """Wall time by part."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._parts: dict[str, float] = defaultdict(float)

    @contextlib.contextmanager
    def of(self, part: str) -> Iterator[None]:
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._parts[part] += time.perf_counter() - begin

    def seconds(self) -> dict[str, float]:
        return {**self._parts, "all": time.perf_counter() - self._start}

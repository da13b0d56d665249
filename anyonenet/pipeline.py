"""Photo and text in, video out: voice, system and writer joined, sentence by sentence (AnyoneNet, Fig. 2).

The stages work at once: the next sentence is spoken while frames of this one are drawn and those drawn before are
written. Little waits between them, so memory does not grow with the text.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import torch

from anyonenet.ahead import Ahead
from anyonenet.artefacts import Artefacts
from anyonenet.engine_use import AUTO, EngineUse
from anyonenet.face.blendshapes import emotion_of
from anyonenet.library_threads import LibraryThreads
from anyonenet.output import Output
from anyonenet.portrait import Portrait, PortraitReader
from anyonenet.portrait_process import PortraitProcess
from anyonenet.render.provenance import media_metadata, sign
from anyonenet.render.video import VideoWriter, frame_rate
from anyonenet.request import Request
from anyonenet.side_by_side import SideBySide, usable_cores
from anyonenet.spoken_motion import MovingSentence, SpokenMotion, Subject
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.known import known_system, load_system
from anyonenet.systems.manner import Manner, Mannered
from anyonenet.systems.system import Performer, System
from anyonenet.voice import Voice

Progress = Callable[[str, int, int], None]
"""called with a kind, how many are done, and how many there will be: 'photo' and 'voice' when they begin, 'frame' (how
many there will be is an estimate until the last sentence is spoken), 'sentence', and 'file' when only its end is left
to write; always in the thread that called `generate`"""


@dataclass(frozen=True)
class Summary:
    """How a video came about."""

    out: Path
    seconds: float
    """of video"""
    frames: int
    sentences: int
    first_frame_seconds: float
    """from the request to the first frame in the file"""
    wall_seconds: dict[str, float]
    """by part: 'photo', 'voice', 'motion', 'render', 'mark', 'write', 'finish' (and 'keep'); and 'all' from the request
    to the finished file, which is less than their sum: they work at the same time"""
    processor_seconds: dict[str, float]
    """by part, in the threads that ask for it; 'all' is of this process"""
    nearest_speakers: list[tuple[str, float]]
    """training speakers nearest to the voice, with cosines"""
    notices: list[str] = field(default_factory=list)

    @property
    def real_time_factor(self) -> float:
        """Seconds of work a second of video, everything after loading."""
        return self.wall_seconds["all"] / max(self.seconds, 1e-9)


class Pipeline:
    """All models, loaded once, for any number of requests, one at a time.

    While a request is worked on, PyTorch and OpenCV use one thread a call: the stages are what uses the cores.

    Args:
        weights: folder that holds one folder of exported weights a stage.
        device: where the networks run.
        reader: of photos; one in this process when None.
        threads: that draw frames, where the renderer allows several; as many as there are cores when None. Frames are
            the same with any number.
        engine: how the image network is run.
        systems: that are loaded at once; others when they are first asked for.
        vocoder: that makes the sound, see `anyonenet.vocoder`.

    Raises:
        InputError: no such system or vocoder.
        WeightsError: weights are missing, corrupt or of another stage.
    """

    def __init__(
        self,
        weights: Path,
        device: torch.device | str = "cpu",
        reader: PortraitReader | PortraitProcess | None = None,
        threads: int | None = None,
        engine: EngineUse = AUTO,
        systems: Iterable[str] = ("anyonenet",),
        vocoder: str = "griffin_lim",
    ):
        self._weights = Path(weights)
        self._device, self._engine = torch.device(device), engine
        self._threads = threads or usable_cores()
        self._voice = Voice(self._weights, self._device, vocoder=vocoder)
        self._systems: dict[str, System] = {}
        for name in systems:
            self._system(name)
        self._spoken_motion = SpokenMotion(self._voice, reader or PortraitReader(), self._performer)
        self._library_threads = LibraryThreads()
        self._begun: _Job | None = None

    @property
    def engine_reason(self) -> str:
        """Which engine runs the image network, and why; empty while it is not loaded."""
        reasons = (getattr(system, "engine_reason", "") for system in self._systems.values())
        return next(filter(None, reasons), "")

    def prepare(self, requests: Iterable[Request]) -> None:
        """Load what these requests need and is not loaded yet, so that none of them waits for it.

        Raises:
            InputError: the engine is not known or cannot be used here, or a renderer cannot draw a system.
            WeightsError: weights are missing, corrupt or of another stage, or not exported for the engine.
        """
        for request in requests:
            self._system(request.system).prepare(request.drawn_by)
            self._follow(request)
            if request.speech is None:
                self._voice.prepare_faces()

    def generate(self, request: Request, progress: Progress | None = None, then: Request | None = None) -> Summary:
        """Make one video; it appears under its name when it is complete, or not at all.

        Args:
            request: what to make.
            progress: told how far it is.
            then: what will be asked for next: its photo is read and its first sentence spoken while the last frames of
                this one are drawn.

        Raises:
            InputError: the request, its picture or its text cannot be used, or the file cannot be written.
            WeightsError: a stage that this request needs has no weights.
        """
        request.check()
        if self._begun is not None and self._begun.request != request:
            self.close()
        self._library_threads.limit()
        job, self._begun = self._begun or self._begin(request), None
        job.then = then
        job.watch.start()
        try:
            with job.source:
                return self._make(job, progress or (lambda kind, done, known: None))
        except BaseException as error:
            if not isinstance(error, Exception):  # Ctrl-C: nobody will ask for the next one
                self.close()
            raise
        finally:
            if self._begun is None:
                self._library_threads.restore()

    def close(self) -> None:
        """Give up what was begun for a request that has not come."""
        if self._begun is not None:
            self._begun.source.close()
            self._begun = None
        self._library_threads.restore()

    def _system(self, name: str) -> System:
        """The system, loaded at its first use."""
        if name not in self._systems:
            self._systems[name] = load_system(name, self._weights, self._device, self._engine)
        return self._systems[name]

    def _follow(self, request: Request) -> None:
        if known_system(request.system).manners:
            system = cast(Mannered, self._system(request.system))
            system.follow(Manner(emotion_of(request.emotion), request.style))

    def _performer(self, request: Request, portrait: Portrait, fps: float) -> Performer:
        self._follow(request)
        return self._system(request.system).performer(portrait, fps, request.seed, request.drawn_by)

    def _begin(self, request: Request) -> _Job:
        """Start to read the photo, to speak, and to move."""
        watch = Stopwatch()

        def steps() -> Iterator[Subject | MovingSentence]:
            torch.set_num_threads(1)  # in this thread, whatever others do
            yield from self._spoken_motion.stream(request, float(frame_rate(request.fps)), watch)
            if job.then is not None:
                self._begun = self._begin(job.then)

        # two may wait: the photo and the first sentence of a job that nobody has asked for yet
        job = _Job(request, Ahead(steps, most=2), watch)
        return job

    def _make(self, job: _Job, report: Progress) -> Summary:
        request, watch = job.request, job.watch
        report("photo", 0, 1)
        subject = next(job.source)
        assert isinstance(subject, Subject)
        report("voice", 0, subject.pieces)
        with watch.of("render"):
            getattr(subject.performer, "ready", lambda: None)()
        rate = self._voice.settings.sample_rate
        height, width = subject.portrait.image.shape[:2]
        finish = (lambda path: sign(path, request.out.name)) if request.credentials else None
        metadata = media_metadata(request.out.stem)
        with VideoWriter(request.out, width, height, request.fps, rate, metadata, finish=finish) as writer:
            with contextlib.ExitStack() as stack:
                kept = None
                if request.keep:
                    beside = Artefacts(request.out, rate, request.fps, subject.portrait.landmarks)
                    kept = stack.enter_context(beside)
                pool = stack.enter_context(SideBySide(self._threads))
                output = stack.enter_context(Output(writer, kept, request.watermark, watch))
                done = _Done()
                for sentence in job.source:
                    assert isinstance(sentence, MovingSentence)
                    self._draw(sentence, subject.performer, pool, output, done, job, report)
                    report("sentence", done.sentences, subject.pieces)
            report("file", 0, 1)
            with watch.of("finish"):
                writer.close()
        return Summary(
            out=request.out,
            seconds=done.samples / rate,
            frames=done.frames,
            sentences=done.sentences,
            first_frame_seconds=output.first_frame_seconds or watch.elapsed(),
            wall_seconds=watch.wall_seconds(),
            processor_seconds=watch.processor_seconds(),
            nearest_speakers=done.nearest_speakers,
            notices=[*subject.portrait.notices, *done.notices()],
        )

    def _draw(
        self,
        sentence: MovingSentence,
        performer: Performer,
        pool: SideBySide,
        output: Output,
        done: _Done,
        job: _Job,
        report: Progress,
    ) -> None:
        """One sentence's frames, each with the sound that goes along with it, so that no player waits for either."""
        output.add_sentence(sentence)
        waveform, frames = sentence.spoken.waveform, len(sentence.performance.landmarks)
        sound = iter(np.array_split(waveform, max(frames, 1)))
        for frame in performer.draw(sentence.performance, pool, job.watch):
            output.add(frame, next(sound))
            done.frames += 1
            report("frame", done.frames, sentence.frames_expected)
        for piece in sound:  # of a sentence too short for a frame
            output.add(None, piece)
        done.add(sentence)


@dataclass
class _Job:
    """A request that was begun."""

    request: Request
    source: Ahead[Subject | MovingSentence]
    watch: Stopwatch
    then: Request | None = None


@dataclass
class _Done:
    """How far a job is."""

    frames: int = 0
    samples: int = 0
    sentences: int = 0
    unfinished: int = 0
    nearest_speakers: list[tuple[str, float]] = field(default_factory=list)

    def add(self, sentence: MovingSentence) -> None:
        self.samples += len(sentence.spoken.waveform)
        self.sentences += 1
        self.unfinished += not sentence.spoken.complete
        self.nearest_speakers = sentence.nearest_speakers

    def notices(self) -> list[str]:
        if not self.unfinished:
            return []
        return [
            f"{self.unfinished} of {self.sentences} sentences may be cut short or slurred: the voice lost its place"
        ]

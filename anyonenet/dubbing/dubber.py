"""Video and new speech in, video out: head, eyes and background stay, the mouth follows (MakeItTalk, section 5.1).

A performer of any system plays the new speech on one frame of the video, with the head as it is in each frame; the
lower face of what it draws is carried into the frame and blended there. A system that has a method `redub` of its own,
as `anyonenet.systems.speech2vid`, is left to itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.audio.mel import MelSettings
from anyonenet.dubbing.filmed import Filmed, film
from anyonenet.dubbing.filmed_mouth import FilmedMouth
from anyonenet.dubbing.reposed import reposed
from anyonenet.dubbing.request import DubRequest
from anyonenet.dubbing.sound import Heard, NewSound
from anyonenet.dubbing.timing import shown
from anyonenet.engine_use import AUTO, EngineUse
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.library_threads import LibraryThreads
from anyonenet.output import Output
from anyonenet.render.provenance import DUBBED, media_metadata, sign
from anyonenet.render.video import VideoWriter, frame_rate
from anyonenet.side_by_side import SideBySide, usable_cores
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.known import load_system
from anyonenet.systems.system import Performer, System
from anyonenet.video_rate import VideoRate
from anyonenet.voice import Voice

Redub = Callable[..., Iterable[NDArray[np.uint8]]]
Progress = Callable[[str, int, int], None]
"""called with 'face' (frames searched), 'frame' (frames written) or 'file', how many are done, how many there are"""


@dataclass(frozen=True)
class DubSummary:
    """How a dubbed video came about."""

    out: Path
    seconds: float
    frames: int
    untouched: int
    """frames in which no face was seen, which are as they were"""
    video_frames: int
    """of the video that was dubbed"""
    wall_seconds: dict[str, float]
    """by part: 'face', 'voice', 'motion', 'render', 'blend', 'mark', 'write', 'finish', and 'all'"""
    notices: tuple[str, ...] = ()


class Dubber:
    """A system and the face models, loaded once, for any number of videos, one at a time.

    Args:
        weights: folder that holds one folder of exported weights a stage.
        system: one of `anyonenet.systems.known.SYSTEMS`.
        device: where networks run.
        threads: that draw frames, where the renderer allows several; as many as there are cores when None.
        engine: how the image network is run.

    Raises:
        InputError: no such system.
        WeightsError: weights are missing, corrupt or of another stage.
    """

    def __init__(
        self,
        weights: Path,
        system: str = "anyonenet",
        device: torch.device | str = "cpu",
        threads: int | None = None,
        engine: EngineUse = AUTO,
    ):
        self._weights, self._device = Path(weights), torch.device(device)
        self._system: System = load_system(system, self._weights, self._device, engine)
        self._threads = threads or usable_cores()
        self._detector = LandmarkDetector()
        self._embedder = FaceEmbedder("dlib")
        self._library_threads = LibraryThreads()

    @cached_property
    def _voice(self) -> Voice:
        return Voice(self._weights, self._device)

    def prepare(self, request: DubRequest) -> None:
        """Load what a request needs, so that mistakes show before the video is read.

        Raises:
            InputError: the renderer cannot draw the system.
            WeightsError: weights are missing.
        """
        self._system.prepare(self._renderer(request))
        if request.text is not None and request.voice == "face":
            self._voice.prepare_faces()

    def dub(self, request: DubRequest, progress: Progress | None = None) -> DubSummary:
        """Make one video; it appears under its name when it is complete, or not at all.

        Raises:
            InputError: the request, its video, recording or text cannot be used, or the file cannot be written.
            WeightsError: a stage that this request needs has no weights.
        """
        request.check()
        self.prepare(request)
        self._library_threads.limit()
        try:
            return self._make(request, progress or (lambda kind, done, known: None))
        finally:
            self._library_threads.restore()

    def _renderer(self, request: DubRequest) -> str:
        return request.renderer or self._system.renderers[0]

    def _make(self, request: DubRequest, report: Progress) -> DubSummary:
        watch = Stopwatch()
        mel = self._voice.settings if request.text is not None else MelSettings()
        new = NewSound(request, self._voice if request.text is not None else None, mel)
        with watch.of("face"):
            filmed = film(request.video, self._detector, self._embedder, lambda *how_far: report("face", *how_far))
        fps = float(frame_rate(filmed.video.fps))
        redub = getattr(self._system, "redub", None)
        performer = self._system.performer(filmed.portrait, fps, request.seed, self._renderer(request))
        height, width = filmed.portrait.image.shape[:2]
        finish = (lambda path: sign(path, request.out.name, DUBBED)) if request.credentials else None
        metadata = media_metadata(request.out.stem, DUBBED)
        made = _Made(filmed, performer, fps) if redub is None else _MadeWhole(filmed, performer, fps, redub, mel)
        wanted = filmed.count if request.length == "video" else None
        known = wanted or (math.ceil(seconds * fps) if (seconds := new.seconds()) is not None else filmed.count)
        with VideoWriter(request.out, width, height, filmed.video.fps, new.rate, metadata, finish=finish) as writer:
            with SideBySide(self._threads) as pool, Output(writer, None, request.watermark, watch) as output:
                for heard in _fitted(new, filmed, fps, wanted, watch):
                    frames = made.frames(heard, request.length, pool, watch)
                    room = (wanted - made.count) if wanted is not None else None
                    sound = heard.sound if room is None else heard.sound[: max(round(room / fps * new.rate), 0)]
                    pieces = iter(np.array_split(sound, max(made.upcoming, 1)))
                    for frame in frames:
                        output.add(frame, next(pieces, np.zeros(0, np.float32)))
                        report("frame", made.count, max(known, made.count))
                        if made.count == wanted:
                            break
                    for piece in pieces:
                        output.add(None, piece)
            report("file", 0, 1)
            with watch.of("finish"):
                writer.close()
        return DubSummary(
            request.out,
            made.count / fps,
            made.count,
            made.untouched,
            filmed.count,
            watch.wall_seconds(),
            tuple(_notices(request, filmed, made, new, fps)),
        )


class _Made:
    """The frames of one dubbed video, and how far they are."""

    def __init__(self, filmed: Filmed, performer: Performer, fps: float):
        self._filmed, self._performer, self._fps = filmed, performer, fps
        self._mouth = FilmedMouth(filmed)
        self.count = self.untouched = self.upcoming = 0
        self._places: list[int] = []
        self._source = filmed.frames.along(self._next_places())

    def _next_places(self) -> Iterator[int]:
        while True:
            yield self._places.pop(0)

    def frames(self, heard: Heard, length: str, pool: SideBySide, watch: Stopwatch) -> Iterator[NDArray[np.uint8]]:
        """The frames that fall into a stretch of sound; `upcoming` says how many as soon as this returns."""
        with watch.of("motion"):
            performance = self._performer.perform(heard.spoken)
            places = shown(self._filmed.count, self.count, len(performance.landmarks), length)
            performance, carries = reposed(self._filmed, performance, places)
        self.upcoming = len(places)
        return self._blended(self._performer.draw(performance, pool, watch), places, carries, watch)

    def _blended(
        self,
        drawn: Iterator[NDArray[np.uint8]],
        places: NDArray[np.int64],
        carries: NDArray[np.float64],
        watch: Stopwatch,
    ) -> Iterator[NDArray[np.uint8]]:
        for picture, place, carry in zip(drawn, places.tolist(), carries, strict=True):
            self._places.append(place)
            with watch.of("blend"):
                frame = next(self._source)
                if self._filmed.found[place]:
                    self._mouth.blend(frame, picture, place, carry)
                else:
                    self.untouched += 1
            self.count += 1
            yield frame


class _MadeWhole(_Made):
    """The same where the system blends its own faces into the video's frames."""

    def __init__(self, filmed: Filmed, performer: Performer, fps: float, redub: Redub, mel: MelSettings):
        super().__init__(filmed, performer, fps)
        self._redub, self._rate = redub, VideoRate(fps, mel.frame_rate)

    def frames(self, heard: Heard, length: str, pool: SideBySide, watch: Stopwatch) -> Iterator[NDArray[np.uint8]]:
        _, times = self._rate.next(len(heard.spoken.mel))
        places = shown(self._filmed.count, self.count, len(times), length)
        self.upcoming = len(places)
        along = partial(self._filmed.frames.along, places.tolist())
        drawn = self._redub(along, self._filmed.landmarks[places], heard.spoken.waveform, self._fps)
        return self._chosen(iter(drawn) if len(places) else iter(()), places, watch)

    def _chosen(
        self, drawn: Iterator[NDArray[np.uint8]], places: NDArray[np.int64], watch: Stopwatch
    ) -> Iterator[NDArray[np.uint8]]:
        for place in places.tolist():
            self._places.append(place)
            with watch.of("render"):
                frame, other = next(self._source), next(drawn)
            self.untouched += not self._filmed.found[place]
            self.count += 1
            yield other if self._filmed.found[place] else frame


def _fitted(new: NewSound, filmed: Filmed, fps: float, wanted: int | None, watch: Stopwatch) -> Iterator[Heard]:
    """The stretches, with silence after them or without what comes too late where the length is the video's."""
    said, stretches = 0.0, new.stretches(filmed)
    while wanted is None or said < wanted / fps:
        with watch.of("voice"):
            heard = next(stretches, None)
        if heard is None:
            break
        said += len(heard.sound) / new.rate
        yield heard
    if wanted is not None and said < wanted / fps - 1e-6:
        yield new.silence(wanted / fps - said)


def _notices(request: DubRequest, filmed: Filmed, made: _Made, new: NewSound, fps: float) -> Iterator[str]:
    if made.untouched:
        yield f"no face was seen in {made.untouched} of {made.count} frames; they are as they were"
    seconds = new.seconds()
    if request.length == "video":
        if seconds is not None and seconds > (made.count + 1) / fps:
            yield f"the speech lasts {seconds:.1f} s and is cut at the video's end, {made.count / fps:.1f} s"
    elif made.count > filmed.count:
        how = "its last frame stays" if request.length == "hold" else "it goes forwards and backwards"
        yield f"the speech is longer than the video ({filmed.count / fps:.1f} s): {how}"

"""Video files with sound: H.264 and AAC in MP4, written as frames come; frames read one at a time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

from anyonenet.errors import InputError
from anyonenet.render.frame_times import Clock, frame_rate
from anyonenet.render.h264 import add_h264

_SUFFIXES = (".mp4", ".m4v", ".mov")


class VideoWriter:
    """Write a video; the file appears under its name only when everything succeeded.

    A context manager: leaving it pads the shorter of picture and sound (silence, or the last frame held) so that both
    end within one frame of each other, and renames the hidden file beside. An exception leaves nothing behind. Frames
    and sound may come in any order and in pieces of any size.
    """

    def __init__(
        self,
        path: str | Path,
        width: int,
        height: int,
        fps: float | Fraction = 25,
        sample_rate: int | None = 16000,
        metadata: Mapping[str, str] | None = None,
        crf: int = 18,
        finish: Callable[[Path], None] | None = None,
    ):
        """
        Args:
            path: ends in .mp4 (.m4v, .mov); an older file of that name is replaced.
            width, height: pixels of the frames; odd sides are widened by one column or row, as H.264 needs.
            fps: frames a second.
            sample_rate: Hz of the sound; None for a video without sound.
            metadata: fields of the file (`title`, `comment`, `artist`, …).
            crf: x264's quality, 0 (lossless) to 51.
            finish: called with the finished hidden file before it gets its name (to sign it, say).

        Raises:
            InputError: another suffix, or the folder is missing or not writable.
        """
        self.path = Path(path)
        self.width, self.height = width, height
        self.fps = frame_rate(fps)
        self.frames = 0
        self.samples = 0
        self.packets = 0
        """encoded frames that are in the file"""
        self._sample_rate = sample_rate
        self._finish = finish
        self._last: NDArray[np.uint8] | None = None
        self._closed = False
        if self.path.suffix.lower() not in _SUFFIXES:
            raise InputError(f"cannot write {self.path}: the name of a video must end in .mp4")
        if self.path.is_dir():
            raise InputError(f"cannot write {self.path}: there is a folder of that name")
        if not self.path.parent.is_dir():
            raise InputError(f"cannot write {self.path}: the folder {self.path.parent} does not exist; make it first")
        self._beside = self.path.with_name(f".{self.path.stem}.{os.getpid()}.part{self.path.suffix}")
        try:
            self._container: Any = av.open(str(self._beside), "w", format="mp4", options={"movflags": "+faststart"})
        except (av.FFmpegError, OSError) as error:
            raise InputError(f"cannot write {self.path} ({error.strerror}); choose a writable folder") from None
        self._container.metadata.update(metadata or {})
        self._video = add_h264(self._container, self.fps, width + width % 2, height + height % 2, crf=str(crf))
        self._audio = self._add_audio(sample_rate) if sample_rate is not None else None
        self._fifo = av.AudioFifo()
        self._converter = VideoReformatter()

    def write_frame(self, frame: NDArray[np.uint8]) -> None:
        """Append one frame `(height, width, 3)` uint8 RGB.

        Raises:
            ValueError: another shape or type.
            InputError: the file cannot be written on.
        """
        if frame.shape != (self.height, self.width, 3) or frame.dtype != np.uint8:
            raise ValueError(
                f"expected a frame of shape ({self.height}, {self.width}, 3) uint8, got {frame.shape} {frame.dtype}"
            )
        padded = frame
        if self.height % 2 or self.width % 2:
            padded = np.pad(frame, ((0, self.height % 2), (0, self.width % 2), (0, 0)), mode="edge")
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(padded), format="rgb24")
        # the converter is kept: making one costs a third of what it does to a frame
        picture = self._converter.reformat(
            picture, format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        picture.pts, picture.time_base = self.frames, 1 / self.fps
        self._encode_picture(picture)
        self._last = frame
        self.frames += 1

    def write_audio(self, chunk: NDArray[np.floating]) -> None:
        """Append sound `(samples,)`, mono in [-1, 1]; what lies outside is clipped.

        Raises:
            ValueError: another shape, values that are not finite, or a video without sound.
            InputError: the file cannot be written on.
        """
        if self._audio is None:
            raise ValueError("this video was opened without sound; give a sample_rate")
        if chunk.ndim != 1 or not np.isfinite(chunk).all():
            raise ValueError(f"expected finite sound of shape (samples,), got {chunk.shape}")
        if len(chunk) == 0:
            return
        values = np.clip(chunk, -1, 1).astype(np.float32)
        sound = av.AudioFrame.from_ndarray(np.ascontiguousarray(values[None]), format="fltp", layout="mono")
        sound.sample_rate = self._audio.codec_context.sample_rate
        sound.pts, sound.time_base = self.samples, Fraction(1, sound.sample_rate)
        self.samples += len(chunk)
        self._fifo.write(sound)
        self._encode_sound(partial=False)

    def close(self) -> None:
        """Even out the ends, finish the file and give it its name; once is enough."""
        if self._closed:
            return
        self._closed = True
        try:
            self._even_out()
            self._encode_picture(None)
            if self._audio is not None:
                self._encode_sound(partial=True)
                self._mux(self._audio.encode(None))
            with self._telling():
                self._container.close()
                if self._finish is not None:
                    self._finish(self._beside)
                os.replace(self._beside, self.path)
        except BaseException:
            self._discard()
            raise

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            self.close()
        else:
            self._discard()

    def _even_out(self) -> None:
        if self._last is None:
            raise ValueError(f"no frame was written to {self.path}")
        if self._sample_rate is None:
            return
        while (self.frames + 1) / self.fps <= Fraction(self.samples, self._sample_rate):
            self.write_frame(self._last)
        missing = round(self.frames / self.fps * self._sample_rate) - self.samples
        second = self._sample_rate
        for begin in range(0, missing, second):
            self.write_audio(np.zeros(min(second, missing - begin), dtype=np.float32))

    def _encode_sound(self, partial: bool) -> None:
        assert self._audio is not None
        size = self._audio.codec_context.frame_size
        while (frame := self._fifo.read(size, partial)) is not None:
            self._mux(self._audio.encode(frame))

    def _encode_picture(self, picture: Any) -> None:
        packets = self._video.encode(picture)
        self._mux(packets)
        self.packets += len(packets)

    def _mux(self, packets: Any) -> None:
        with self._telling():
            self._container.mux(packets)

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """What the system says about the file, as a line for the user."""
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            raise InputError(f"cannot write {self.path} ({error.strerror}); is the disk full?") from None

    def _add_audio(self, sample_rate: int) -> Any:
        # of FFmpeg's two searches for the best use of bits this takes half the time and errs less on speech
        stream = self._container.add_stream("aac", rate=sample_rate, layout="mono", options={"aac_coder": "fast"})
        stream.bit_rate = 96000
        return stream

    def _discard(self) -> None:
        try:
            self._container.close()
        except (av.FFmpegError, OSError, ValueError):
            pass  # the file goes anyway; what made us give up is raised by the caller
        finally:
            self._beside.unlink(missing_ok=True)


@dataclass(frozen=True)
class Video:
    """A video file, opened anew for each pass over its frames."""

    path: Path
    fps: float
    width: int
    height: int
    frame_count: int
    """as the file states it; 0 where it does not"""

    @property
    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """Frames `(height, width, 3)` uint8 RGB, upright, decoded one at a time.

        Raises:
            InputError: the file is damaged.
        """
        return (frame for _, frame in self.timed_frames())

    def timed_frames(self) -> Iterator[tuple[float, NDArray[np.uint8]]]:
        """When each frame is shown, seconds from the first one, and the frame: rates may vary.

        Times rise. A frame without a timestamp, or one whose clock has started anew, comes one period after the last.

        Raises:
            InputError: the file is damaged.
        """
        clock = Clock(self.fps)
        try:
            with av.open(str(self.path)) as container:
                container.streams.video[0].thread_type = "AUTO"
                for frame in container.decode(video=0):
                    yield clock.time(frame.time), _upright(frame)
        except (av.FFmpegError, OSError) as error:
            raise InputError(f"{self.path} cannot be read to its end ({error.strerror}); it may be damaged") from None

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return self.frames

    def read(self) -> NDArray[np.uint8]:
        """All frames `(F, height, width, 3)` at once; for short clips."""
        return np.stack(list(self.frames))


def read_video(path: str | Path) -> Video:
    """Open a video file.

    Raises:
        InputError: missing, a folder, unreadable, or without a picture.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder; expected a video file")
    if not path.exists():
        raise InputError(f"no video at {path}; check the path")
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise InputError(f"{path} has no picture; expected a video file")
            stream = container.streams.video[0]
            first = next(container.decode(video=0), None)
            if first is None:
                raise InputError(f"{path} holds no frame that can be decoded; it may be damaged")
            height, width = _upright(first).shape[:2]
            rate = stream.average_rate or stream.guessed_rate or stream.base_rate
            if rate is None:
                raise InputError(f"{path} does not say its frame rate; convert it to MP4 first")
            frames = stream.frames
            if not frames and stream.duration and stream.time_base:
                frames = round(stream.duration * stream.time_base * rate)
            return Video(path, float(rate), width, height, frames)
    except (av.FFmpegError, OSError) as error:
        raise InputError(f"{path} cannot be read as a video ({error.strerror}); it may be damaged") from None


def _upright(frame: Any) -> NDArray[np.uint8]:
    """RGB, turned as the file's display matrix asks (telephones film on their side)."""
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90)))

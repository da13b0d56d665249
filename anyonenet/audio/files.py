"""Sound in files: any audio or video file in, mono float32 at the wanted rate; WAV out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anyonenet.audio.resampling import joined, resample_blocks
from anyonenet.errors import InputError

_SOUND_FILES = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au"}
_BLOCK = 1 << 18
"""samples that are read at once"""


def read_audio(path: str | Path, sample_rate: int, content: bytes | None = None) -> NDArray[np.float32]:
    """Read the sound of an audio or video file.

    The sound of a video begins where its picture begins: what comes earlier is cut, a late start is filled with
    silence.

    Args:
        path: any file libsndfile or FFmpeg reads.
        sample_rate: Hz of the result.
        content: the file's bytes where it lies on no disk (a member of an archive); `path` then only names it.

    Returns:
        `(samples,)` float32, nominally in [-1, 1]; channels averaged.

    Raises:
        InputError: missing, a folder, unreadable, or without sound.
    """
    path = Path(path)
    if content is None:
        if path.is_dir():
            raise InputError(f"{path} is a folder; expected an audio or video file")
        if not path.exists():
            raise InputError(f"no audio file at {path}; check the path")
    samples = _read_soundfile(path, content, sample_rate) if path.suffix.lower() in _SOUND_FILES else None
    if samples is None:
        samples = _read_av(path, content, sample_rate)
    if len(samples) == 0:
        raise InputError(f"{path} holds no sound: its audio is empty")
    return samples


def write_wav(path: str | Path, waveform: NDArray[np.floating], sample_rate: int) -> None:
    """Write mono 16-bit WAV, clipped to [-1, 1]; written beside and renamed.

    Args:
        waveform: `(samples,)`.
        sample_rate: Hz.

    Raises:
        InputError: the folder is missing or not writable.
        ValueError: the waveform has another shape or values that are not finite.
    """
    import soundfile

    path = Path(path)
    values = np.asarray(waveform)
    if values.ndim != 1:
        raise ValueError(f"expected a waveform of shape (samples,), got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("the waveform holds values that are not finite")
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        soundfile.write(beside, np.clip(values, -1, 1), sample_rate, subtype="PCM_16", format="WAV")
        os.replace(beside, path)
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(f"cannot write {path} ({error}); check that its folder exists and is writable") from None
    finally:
        beside.unlink(missing_ok=True)


def _read_soundfile(path: Path, content: bytes | None, sample_rate: int) -> NDArray[np.float32] | None:
    """None where libsndfile does not know the file: FFmpeg may."""
    import soundfile

    def blocks(file: Any) -> Iterator[NDArray[np.float32]]:
        while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
            yield block.mean(axis=1)

    try:
        with soundfile.SoundFile(path if content is None else BytesIO(content)) as file:
            return joined(resample_blocks(blocks(file), int(file.samplerate), sample_rate))
    except soundfile.LibsndfileError:
        return None


def _read_av(path: Path, content: bytes | None, sample_rate: int) -> NDArray[np.float32]:
    import av

    try:
        with av.open(str(path) if content is None else BytesIO(content)) as container:
            if not container.streams.audio:
                raise InputError(f"{path} has no sound; give a file with an audio track")
            stream = container.streams.audio[0]
            rate = int(stream.codec_context.sample_rate)
            return joined(resample_blocks(_with_picture(container, stream, rate), rate, sample_rate))
    except av.FFmpegError as error:
        raise InputError(f"{path} cannot be read as audio or video ({error.strerror}); it may be damaged") from None


def _with_picture(container: Any, stream: Any, rate: int) -> Iterator[NDArray[np.float32]]:
    """The samples of an audio stream from the moment when the picture begins, in blocks."""
    left: float = float("inf")
    if "mov" in container.format.name and stream.duration and stream.time_base:
        # AAC's last packet is filled up to 1024 samples; MP4 knows where the sound ends
        left = round(Fraction(stream.duration) * stream.time_base * rate)
    early: int | None = None
    for time, block in _decoded(container, stream):
        if early is None:
            late = 0
            if container.streams.video:
                video = container.streams.video[0]
                begin = Fraction(video.start_time or 0) * (video.time_base or Fraction(1))
                late = round((time - begin) * rate)
            early = max(-late, 0)
            if late > 0:
                yield np.zeros(late, dtype=np.float32)
        block = block[: int(min(left, len(block)))]
        left -= len(block)
        yield block[early:]
        early -= min(early, len(block))


def _decoded(container: Any, stream: Any) -> Iterator[tuple[Fraction, NDArray[np.float32]]]:
    """Start (seconds) and samples, channels averaged, of each audio frame."""
    import av

    resampler = av.AudioResampler(format="fltp")
    for frame in container.decode(stream):
        for planar in resampler.resample(frame):
            start = Fraction(frame.pts or 0) * Fraction(frame.time_base)
            yield start, planar.to_ndarray().mean(axis=0).astype(np.float32)

"""All stimuli equally loud (ITU-R BS.1770), as none should win by being louder."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from anyonenet.audio.files import read_audio, write_wav
from anyonenet.audio.loudness import loudness
from anyonenet.errors import InputError

TARGET = -23.0
"""LUFS (EBU R 128); all stimuli of a study go lower together where one would clip"""
PEAK = 0.97
"""of full scale"""
SAMPLE_RATE = 16000


def common_level(files: list[Path]) -> float:
    """The loudness in LUFS, at most `TARGET`, that all files can have without clipping.

    Raises:
        InputError: a file without sound, or too short to be measured.
    """
    level = TARGET
    for path in files:
        sound = read_audio(path, SAMPLE_RATE)
        level = min(level, measured(path, sound) + 20 * float(np.log10(PEAK / np.abs(sound).max())))
    return level


def measured(path: Path, sound: np.ndarray) -> float:
    """Loudness in LUFS; what is wrong is told with the file's name."""
    try:
        return loudness(sound, SAMPLE_RATE)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def level_sound(path: Path, level: float, out: Path) -> None:
    """Write a sound file as WAV with that loudness."""
    sound = read_audio(path, SAMPLE_RATE)
    write_wav(out, sound * 10 ** ((level - measured(path, sound)) / 20), SAMPLE_RATE)


def level_video(path: Path, level: float, out: Path) -> None:
    """Write a video as MP4 with that loudness; the picture is copied as it is where it is H.264.

    Raises:
        InputError: the video cannot be read, or its picture is not H.264, which browsers show.
    """
    import av

    sound = read_audio(path, SAMPLE_RATE)
    sound = (sound * 10 ** ((level - measured(path, sound)) / 20)).astype(np.float32)
    beside = out.with_name(f".{out.stem}.{os.getpid()}.mp4")
    try:
        with (
            av.open(str(path)) as source,
            av.open(str(beside), "w", format="mp4", options={"movflags": "+faststart"}) as target,
        ):
            if not source.streams.video or source.streams.video[0].codec_context.name != "h264":
                raise InputError(f"{path} is no H.264 video, which browsers show; convert it first")
            picture = source.streams.video[0]
            copied: Any = target.add_stream_from_template(picture)
            spoken: Any = target.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
            spoken.bit_rate = 96000
            begin = picture.start_time or 0
            for packet in source.demux(picture):
                if packet.dts is not None:
                    packet.pts, packet.dts = packet.pts - begin, packet.dts - begin
                    packet.stream = copied
                    target.mux(packet)
            size = spoken.codec_context.frame_size or 1024
            for first in range(0, len(sound), size):
                piece = np.ascontiguousarray(sound[None, first : first + size])
                frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, first, Fraction(1, SAMPLE_RATE)
                target.mux(spoken.encode(frame))
            target.mux(spoken.encode(None))
        os.replace(beside, out)
    except (av.FFmpegError, OSError) as error:
        raise InputError(f"{path} cannot be made as loud as the others ({error.strerror})") from None
    finally:
        beside.unlink(missing_ok=True)

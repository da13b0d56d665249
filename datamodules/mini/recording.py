"""Files of the embedded video corpora: H.264 in mp4, AAC in m4a, with the same bytes in every run.

No time stamps of the day and no versions of the libraries are in them. FFmpeg rounds colours and sound otherwise on
processors with other vector instructions.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter

from anyonenet.render.h264 import add_h264

_EXACT = {"fflags": "+bitexact", "movflags": "+faststart"}
_BITEXACT = 0x00800000  # AV_CODEC_FLAG_BITEXACT


def write_video(
    path: Path,
    frames: Iterable[np.ndarray],
    fps: int,
    waveform: np.ndarray | None = None,
    sample_rate: int = 16000,
    crf: int = 20,
) -> None:
    """Write frames (H, W, 3) uint8 RGB, even sides, and optionally mono sound in [-1, 1]."""
    beside = path.with_name(f".{path.stem}.{os.getpid()}.mp4")
    reformatter = VideoReformatter()  # one for all frames: a frame's own would be set up anew for each
    with av.open(str(beside), "w", format="mp4", options=_EXACT) as container:
        stream: Any = None
        sound = _sound_stream(container, sample_rate) if waveform is not None else None
        for number, frame in enumerate(frames):
            if stream is None:
                height, width = frame.shape[:2]
                stream = add_h264(container, fps, width, height, crf=str(crf), bf="0")
                stream.codec_context.flags |= _BITEXACT
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture = reformatter.reformat(
                picture, format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range="MPEG"
            )
            picture.pts, picture.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(picture))
        if stream is None:
            raise ValueError(f"no frames for {path}")
        container.mux(stream.encode(None))
        if waveform is not None:
            _encode_sound(container, sound, waveform, sample_rate)
    os.replace(beside, path)


def write_sound(path: Path, waveform: np.ndarray, sample_rate: int) -> None:
    """Write mono sound (samples,) in [-1, 1] as AAC in m4a."""
    beside = path.with_name(f".{path.stem}.{os.getpid()}.m4a")
    with av.open(str(beside), "w", format="mp4", options=_EXACT) as container:
        _encode_sound(container, _sound_stream(container, sample_rate), waveform, sample_rate)
    os.replace(beside, path)


def _sound_stream(container: Any, sample_rate: int) -> Any:
    stream = container.add_stream("aac", rate=sample_rate, layout="mono")
    stream.bit_rate = 64000
    stream.codec_context.flags |= _BITEXACT
    return stream


def _encode_sound(container: Any, stream: Any, waveform: np.ndarray, sample_rate: int) -> None:
    size = stream.codec_context.frame_size or 1024
    samples = np.clip(waveform, -1, 1).astype(np.float32)[None]
    for begin in range(0, samples.shape[1], size):
        piece = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, begin : begin + size]), format="fltp", layout="mono"
        )
        piece.sample_rate, piece.pts, piece.time_base = sample_rate, begin, Fraction(1, sample_rate)
        container.mux(stream.encode(piece))
    container.mux(stream.encode(None))

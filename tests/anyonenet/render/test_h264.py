"""H.264: the same frames give the same bytes, whatever the processor can do and whatever lay in memory before."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest

from anyonenet.render import video
from anyonenet.render.h264 import add_h264
from anyonenet.render.video import VideoWriter

_M_PERTURB = -6  # of mallopt in glibc: new memory is filled with 255 minus this byte, 0 leaves it as it is


@contextmanager
def _memory_filled_with(value: int) -> Iterator[None]:
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        pytest.skip("this C library cannot fill memory")
    mallopt(_M_PERTURB, 255 - value)
    try:
        yield
    finally:
        mallopt(_M_PERTURB, 0)


def _written(path: Path, frames: np.ndarray) -> bytes:
    with VideoWriter(path, frames.shape[2], frames.shape[1], sample_rate=16000) as writer:
        for frame in frames:
            writer.write_frame(frame)
            writer.write_audio(np.sin(np.arange(640) / 9).astype(np.float32))
    return path.read_bytes()


def _noise(count: int, height: int, width: int) -> np.ndarray:
    """Smooth noise that moves, so that there is something to decide about."""
    coarse = np.random.default_rng(0).integers(0, 256, (height // 8 + count, width // 8 + 1, 3))
    large = coarse.repeat(8, axis=0).repeat(8, axis=1).astype(np.uint8)
    return np.stack([large[3 * index : 3 * index + height, :width] for index in range(count)])


def test_what_lay_in_memory_is_not_in_the_file(tmp_path: Path) -> None:
    """Nine macroblocks a row are no multiple of eight, and what fills the memory is a vector back into the row."""
    flat = np.arange(0, 200, 20, dtype=np.uint8)[:, None, None, None] * np.ones((160, 144, 3), np.uint8)
    written = []
    for value in (255 - 1, 0):
        with _memory_filled_with(value):
            written.append(_written(tmp_path / "a.mp4", flat))
    assert written[0] == written[1]


@pytest.mark.parametrize("side", [(32, 48), (47, 65), (160, 144)])
def test_x264_writes_the_same_bytes_without_vector_instructions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: tuple[int, int]
) -> None:
    frames = _noise(12, *side)
    here = _written(tmp_path / "here.mp4", frames)

    def without_vectors(*places: object, **options: str) -> object:
        stream = add_h264(*places, **options)  # type: ignore[arg-type]
        settings = dict(stream.codec_context.options)
        settings["x264-params"] = ":".join([*filter(None, [settings.get("x264-params")]), "asm=0"])
        stream.codec_context.options = settings
        return stream

    monkeypatch.setattr(video, "add_h264", without_vectors)
    assert _written(tmp_path / "there.mp4", frames) == here


def test_a_stream_takes_options_and_says_its_colours(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = add_h264(container, 30, 64, 48, crf="40", bf="0")
        for index, frame in enumerate(_noise(4, 48, 64)):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="yuv420p")
            picture.pts = index
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    content = (tmp_path / "a.mp4").read_bytes()
    assert b"crf=40.0" in content and b"bframes=0" in content and b" threads=1 " in content
    with av.open(str(tmp_path / "a.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.width, context.height, container.streams.video[0].average_rate) == (64, 48, 30)
        assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (1, 1, 1, 1)

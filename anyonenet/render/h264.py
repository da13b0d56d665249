"""H.264 whose bytes depend on the YUV frames alone: not on the processor, its cores or what lay in memory before."""

from __future__ import annotations

from fractions import Fraction
from typing import Any


def add_h264(container: Any, rate: Fraction | int, width: int, height: int, **options: str) -> Any:
    """Add an encoder's stream to a container that is open for writing: x264, yuv420p, BT.709 in limited range.

    Args:
        container: of PyAV.
        rate: frames a second.
        width, height: even.
        options: FFmpeg's for libx264 (`crf`, `bf`, …).
    """
    # Where the processor has AVX-512, x264 hands the weight of macroblocks on eight at a time. In rows that are no
    # multiple of eight it takes what lies in memory behind the motion vectors for more of them, and may count these at
    # the right edge: there the quantiser changes, in natural use once in some hundreds of files. The routines that are
    # the same for all processors do not, cost 1 % of the time, and give the same bytes with AVX2, SSE2 or no vectors.
    options = {"preset": "veryfast", "x264-params": "cpu-independent=1", **options}
    stream = container.add_stream("libx264", rate=rate, options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.time_base = 1 / Fraction(rate)
    context.thread_count = 1  # one core is enough, and x264 gives other bytes with another number of threads
    # numbers of ITU-T H.273: BT.709 and limited range, said aloud so that no player guesses
    context.color_primaries = context.color_trc = context.colorspace = 1
    context.color_range = 1
    return stream

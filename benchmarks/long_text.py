"""A long text: memory by the minute, and whether sound and picture are in step at its end.

    python -m benchmarks.long_text [--minutes 10] [--renderer warp] [--size 512] [--weights DIR] [--out talk.mp4]

scikit-image's astronaut says sentences of all lengths. Memory is this process's resident size whenever another minute
of video is drawn. The finished file is then decoded: the ends of its picture and its sound, and the lag between the
mouth, found again in its frames, and the loudness of its sound, in its first and its last stretch.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import av
import cv2
import numpy as np
import skimage.data
from PIL import Image
from tqdm import tqdm

from anyonenet.audio.files import read_audio
from anyonenet.face.detection import choose_face
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.mouth import mouth_opening
from anyonenet.pipeline import Pipeline
from anyonenet.request import Request
from commands.places import default_weights
from evaluation.metrics.sync import speech_loudness, speech_mouth_sync

SENTENCES = (
    "The quick brown fox jumps over the lazy dog, and the old keeper waves at the ships.",
    "Good morning.",
    "In the year of the long winter they walked over the frozen lake, found the house behind the hill, lit a fire, and "
    "waited until the snow had gone, since nobody knew another way to the valley and the old road was lost.",
    "What would you like to know about it?",
    "I have been there more than once, and every time I saw something new.",
    "We measure how long it takes, how much memory it needs, and whether both ends meet.",
)
CHARACTERS_A_SECOND = 13.0
"""of this text, as the default voice says it, about"""
STRETCH_SECONDS = 20.0
"""of the first and of the last frames, in which the mouth is looked at"""
LEAST_SIDE = 512
"""pixels to which smaller frames are enlarged, for the face to be found"""
SAMPLE_RATE = 16000


def text_of(minutes: float) -> str:
    """Numbered sentences, of about so many minutes."""
    said: list[str] = []
    characters = 0
    while characters < 60 * minutes * CHARACTERS_A_SECOND:
        said.append(f"Number {len(said) + 1}. {SENTENCES[len(said) % len(SENTENCES)]}")
        characters += len(said[-1])
    return " ".join(said)


def resident_mebibytes() -> float:
    """Of this process now."""
    with open("/proc/self/status") as file:
        return next(float(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


def make(pipeline: Pipeline, request: Request) -> list[float]:
    """Make the video and print what it cost; memory (MiB) at each minute of video, the first of them at the start."""
    sizes = [resident_mebibytes()]
    begin = time.perf_counter()
    print(f"{'minute':>6} {'MiB':>6} {'wall s':>7}\n{'start':>6} {sizes[0]:>6.0f} {0:>7.1f}", flush=True)
    with tqdm(unit="frame", leave=False, disable=None) as bar:

        def show(kind: str, done: int, known: int) -> None:
            if kind == "frame":
                bar.total = known
                bar.update(done - bar.n)
                if done % round(60 * request.fps) == 0:
                    sizes.append(resident_mebibytes())
                    wall = time.perf_counter() - begin
                    bar.write(f"{len(sizes) - 1:>6} {sizes[-1]:>6.0f} {wall:>7.1f}")

        summary = pipeline.generate(request, show)
    sizes.append(resident_mebibytes())
    print(f"{'end':>6} {sizes[-1]:>6.0f} {summary.wall_seconds['all']:>7.1f}")
    print(f"{summary.seconds:.1f} s of video, {summary.frames} frames, {summary.sentences} pieces of text")
    print(f"first frame in the file after {summary.first_frame_seconds:.2f} s")
    print(
        f"real-time factor {summary.real_time_factor:.3f}; "
        f"processor {summary.processor_seconds['all'] / summary.seconds:.3f} s a second of video"
    )
    for part, seconds in summary.processor_seconds.items():
        print(f"  {part:<8}{seconds / summary.seconds:8.4f} s of processor a second of video")
    return sizes


def ends(path: Path) -> tuple[float, float, float]:
    """When the last frame's time ends and when the sound does, seconds of the file; and its frame rate.

    The sound's last packet is filled up to 1024 samples by the encoder; the file says how many of them count.
    """
    end = {"video": 0.0, "audio": 0.0}
    with av.open(str(path)) as container:
        rate = float(container.streams.video[0].average_rate or 0)
        for packet in container.demux():
            if packet.pts is not None and packet.duration is not None and packet.time_base is not None:
                kind = packet.stream.type
                end[kind] = max(end[kind], float((packet.pts + packet.duration) * packet.time_base))
    return end["video"], end["audio"], rate


def lag(path: Path, begin: float, end: float, sound: np.ndarray) -> tuple[float, float]:
    """Seconds by which the mouth is late within `[begin, end)` of a video, and how well both fit."""
    detector = LandmarkDetector("dlib")
    openings, first, box = [], 0.0, None
    with av.open(str(path)) as container:
        rate = float(container.streams.video[0].average_rate or 0)
        container.seek(round(begin * av.time_base))  # to the last frame before that needs no other
        for shown in container.decode(video=0):
            seconds = float(shown.time or 0)
            if seconds >= end:
                break
            if seconds < begin:
                continue
            larger = max(1.0, LEAST_SIDE / max(shown.width, shown.height))
            small = shown.to_ndarray(format="rgb24")
            frame = np.asarray(cv2.resize(small, None, fx=larger, fy=larger, interpolation=cv2.INTER_CUBIC), np.uint8)
            if box is None:
                first, box = seconds, choose_face(frame, None, notice=lambda line: None)
            openings.append(float(mouth_opening(detector(frame, box))))
    heard = sound[round(first * SAMPLE_RATE) :]
    return speech_mouth_sync(np.array(openings), speech_loudness(heard, SAMPLE_RATE, rate, len(openings)), rate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--renderer", default="warp")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--fps", type=float, default=25.0)
    parser.add_argument("--weights", type=Path, default=default_weights())
    parser.add_argument("--out", type=Path, help="keep the video there")
    values = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photo, out = Path(folder) / "astronaut.png", values.out or Path(folder) / "talk.mp4"
        Image.fromarray(skimage.data.astronaut()).save(photo)
        request = Request(
            text_of(values.minutes), photo, out, renderer=values.renderer, size=values.size, fps=values.fps
        )
        pipeline = Pipeline(values.weights)
        pipeline.prepare([request])
        sizes = make(pipeline, request)
        if len(sizes) > 3:
            after = sizes[1:]
            print(f"memory after the first minute: {min(after):.0f} to {max(after):.0f} MiB")
        picture, heard, rate = ends(out)
        print(f"picture ends at {picture:.3f} s, sound at {heard:.3f} s: {(picture - heard) * rate:+.2f} frames")
        sound = read_audio(out, SAMPLE_RATE)
        for name, begin in (("first", 0.0), ("last", max(picture - STRETCH_SECONDS, 0.0))):
            late, fit = lag(out, begin, begin + STRETCH_SECONDS, sound)
            print(
                f"{name} {STRETCH_SECONDS:.0f} s: mouth {1000 * late:+.0f} ms ({late * rate:+.2f} frames) after the "
                f"sound, correlation {fit:.2f}"
            )


if __name__ == "__main__":
    main()

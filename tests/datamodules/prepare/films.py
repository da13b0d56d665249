"""Small films for tests: a face of landmarks that talks and turns, with sound, at any rate; stand-in models."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import soundfile

from anyonenet.face import quaternion
from anyonenet.face.registration import place
from anyonenet.face.template import frontal_template
from datamodules.corpora.manifest import Clip
from datamodules.prepare.face_tracks import FaceTrack

SIDE = 96


def mouth(times: np.ndarray) -> np.ndarray:
    """`(F,)` opening of the mouth at some times, outer-eye distances: two openings a second."""
    return 0.1 * (1 - np.cos(4 * np.pi * times))


def image_landmarks(times: np.ndarray) -> np.ndarray:
    """`(F, 68, 3)` float32 pixels of a face that talks and turns, in a picture of `SIDE` pixels."""
    count = len(times)
    frontal = np.repeat(frontal_template()[None], count, 0)
    gap = frontal[0, [65, 66, 67], 1] - frontal[0, [63, 62, 61], 1]
    frontal[:, [65, 66, 67], 1] += mouth(times)[:, None] - gap
    yaw = 0.2 * np.sin(2 * np.pi * 0.4 * times)
    turned = quaternion.from_rotation_vector(np.stack([0 * yaw, yaw, 0 * yaw], -1))
    return place(frontal, turned, np.full(count, 28.0), np.tile([SIDE / 2, 44.0, 0.0], (count, 1)))


def write_film(path: Path, times: np.ndarray, colour: int = 90) -> None:
    """A silent video whose frames are shown at `times` (seconds), a bright disc where the face is."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "20", "preset": "ultrafast", "bf": "0"})
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for seconds in times:
            frame = np.full((SIDE, SIDE, 3), colour, np.uint8)
            cv2.circle(frame, (SIDE // 2, 44), 20, (230, 180, 150), -1)
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = round(1000 * float(seconds)), Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def write_sound(path: Path, seconds: float, rate: int = 16000) -> None:
    """Noise whose loudness follows the mouth."""
    times = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(0).normal(size=len(times)) * 0.1
    soundfile.write(path, (noise * (0.01 + mouth(times) / 0.2)).astype(np.float32), rate)


def make_clip(folder: Path, name: str, times: np.ndarray, seconds: float, person: str = "p", **fields: object) -> Clip:
    """Film and sound of one clip of a user's own corpus."""
    folder.mkdir(parents=True, exist_ok=True)
    write_film(folder / f"{name}.mp4", times)
    write_sound(folder / f"{name}.wav", seconds)
    return Clip(name, "own", person, folder / f"{name}.mp4", folder / f"{name}.wav", **fields)  # type: ignore[arg-type]


def track_of(times: np.ndarray, found: np.ndarray | None = None) -> FaceTrack:
    """What tracking would give for a film."""
    return FaceTrack(image_landmarks(times), times, np.ones(len(times), bool) if found is None else found)

"""Videos and pictures as they turn up in real folders (see `tests.dirt`): broken, empty, without a face, with two."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import soundfile

from datamodules.mini.faces import CONTROLS, DrawnPerson, FacePainter, draw_scene, from_angles
from datamodules.mini.identity import draw_identity
from tests.dirt import RATE, Random, Writer, named, put, sound_bytes, speech_like, write_kinds

SIDE = 112
"""pixels of the pictures"""


def make_videos(folder: Path, seed: int = 0) -> list[Path]:
    """80 videos of three persons; the good ones."""
    rng = np.random.default_rng(seed)
    return write_kinds(video_kinds(drawn_face()), [named(folder / f"person {k % 3}", k) for k in range(80)], rng)


def make_pictures(folder: Path, seed: int = 0) -> list[Path]:
    """80 pictures of three persons in CN-Celeb's layout, with a recording of each; the good pictures."""
    rng = np.random.default_rng(seed)
    for person in range(3):
        recording = folder / "CN-Celeb_flac" / "data" / f"id{person:05d}" / "vlog-01-001.flac"
        recording.parent.mkdir(parents=True)
        soundfile.write(recording, speech_like(rng, 2.5), RATE)
    paths = [named(folder / "faces" / f"id{k % 3:05d}", k) for k in range(80)]
    return write_kinds(picture_kinds(drawn_face()), paths, rng)


def drawn_face() -> np.ndarray:
    """`(SIDE, SIDE, 3)` uint8 RGB: one drawn face, which the detectors find."""
    rng = np.random.default_rng(3)
    painter = FacePainter(DrawnPerson(draw_identity("dirt", rng)), draw_scene(rng, SIDE, SIDE, 0.3, variety=0.2))
    frame: np.ndarray = painter.frame(np.zeros(len(CONTROLS), np.float32), from_angles(0.0, 0.0, 0.0))
    return frame


def film_bytes(
    frames: list[np.ndarray],
    sound: np.ndarray | None = None,
    fps: Fraction = Fraction(25),
    kind: str = "mp4",
    times: list[float] | None = None,
) -> bytes:
    """A film in memory: frames `(H, W, 3)` uint8, shown for 1 / fps or from `times` (seconds) on, and mono sound."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        picture_stream = container.add_stream("libx264", rate=fps) if frames else None
        sound_stream = container.add_stream("aac", rate=RATE, layout="mono") if sound is not None else None
        if picture_stream is not None:
            picture_stream.height, picture_stream.width = frames[0].shape[:2]
            picture_stream.pix_fmt = "yuv420p"
            picture_stream.options = {"preset": "ultrafast", "threads": "1"}
            if times is not None:
                picture_stream.codec_context.time_base = picture_stream.time_base = Fraction(1, 1000)
            for number, frame in enumerate(frames):
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
                picture.pts, picture.time_base = number, 1 / fps
                if times is not None:
                    picture.pts, picture.time_base = round(1000 * times[number]), Fraction(1, 1000)
                container.mux(picture_stream.encode(picture))
            container.mux(picture_stream.encode(None))
        if sound_stream is not None and sound is not None:
            for begin in range(0, len(sound), 1024):
                piece = av.AudioFrame.from_ndarray(
                    sound[None, begin : begin + 1024].astype(np.float32), format="fltp", layout="mono"
                )
                piece.sample_rate, piece.pts, piece.time_base = RATE, begin, Fraction(1, RATE)
                container.mux(sound_stream.encode(piece))
            container.mux(sound_stream.encode(None))
    return file.getvalue()


def video_kinds(face: np.ndarray) -> tuple[Writer, ...]:
    """Kinds of videos, made of a picture `(SIDE, SIDE, 3)` with a face."""
    grey = np.full_like(face, 120)
    both = np.concatenate([face, face[:, ::-1]], axis=1)

    def film(suffix: str, frames: list[np.ndarray], seconds: float | None, **how: object) -> Writer:
        def write(path: Path, rng: Random) -> Path:
            sound = None if seconds is None else speech_like(rng, seconds)
            return put(path, suffix, film_bytes(frames, sound, **how))  # type: ignore[arg-type]

        return write

    def cut_off(path: Path, rng: Random) -> Path:
        whole = film_bytes([face] * 2, speech_like(rng, 0.24))
        return put(path, ".mp4", whole[: int(rng.integers(1, len(whole)))])

    def cut_off_stream(path: Path, rng: Random) -> Path:
        whole = film_bytes([face] * 4, speech_like(rng, 0.48), kind="matroska")
        return put(path, ".mkv", whole[: int(rng.integers(len(whole) // 2, len(whole)))])

    def noise(path: Path, rng: Random) -> Path:
        frames = [rng.integers(0, 255, face.shape, dtype=np.uint8) for _ in range(2)]
        return put(path, ".mp4", film_bytes(frames, speech_like(rng, 0.16)))

    def silent(path: Path, rng: Random) -> Path:
        return put(path, ".mp4", film_bytes([face] * 2, np.zeros(RATE // 4)))

    return (
        film(".mp4", [face] * 7, 1.4, fps=Fraction(5)),
        lambda path, rng: put(path, ".mp4", b""),
        cut_off,
        cut_off_stream,
        film(".mp4", [face], 0.3),
        film(".mp4", [grey] * 2, 0.2),
        noise,
        film(".mp4", [both] * 2, 0.2),
        film(".mp4", [face] * 2, None),
        silent,
        film(".mp4", [], 0.5),
        lambda path, rng: put(path, ".mp4", b"no film"),
        lambda path, rng: put(path, ".mp4", rng.bytes(3000)),
        film(".avi", [face] * 2, 0.24),
        film(".mp4", [face] * 2, 0.2, fps=Fraction(30000, 1001)),
        film(".mov", [face] * 2 + [grey] * 2, 0.36),
        film(".mp4", [face[:8, :8]] * 2, 0.16),
        film(".mp4", [face] * 2, 0.01),
        lambda path, rng: put(path, ".mp4", sound_bytes(speech_like(rng))),
        lambda path, rng: put(path, ".mpg", picture_bytes(face, ".jpg")),
    )


def picture_bytes(picture: np.ndarray, suffix: str) -> bytes:
    """A picture file in memory; `picture` RGB `(H, W, 3)`, grey `(H, W)` or RGBA `(H, W, 4)`, any depth."""
    order = picture if picture.ndim == 2 else picture[..., [2, 1, 0, 3][: picture.shape[2]]]
    done, content = cv2.imencode(suffix, order)
    assert done
    return bytes(content)


def picture_kinds(face: np.ndarray) -> tuple[Writer, ...]:
    """Kinds of pictures, made of one with a face."""
    both = np.concatenate([face, face[:, ::-1]], axis=1)
    deep = face.astype(np.uint16) * 257
    clear = np.concatenate([face, np.full((*face.shape[:2], 1), 255, np.uint8)], axis=2)
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)

    def cut_off(path: Path, rng: Random) -> Path:
        whole = picture_bytes(face, ".jpg")
        return put(path, ".jpg", whole[: int(rng.integers(1, len(whole)))])

    def picture(suffix: str, picture: np.ndarray, kind: str | None = None) -> Writer:
        return lambda path, rng: put(path, suffix, picture_bytes(picture, kind or suffix))

    return (
        picture(".jpg", face),
        lambda path, rng: put(path, ".jpg", b""),
        cut_off,
        picture(".png", face, ".jpg"),
        picture(".jpg", both),
        picture(".jpg", np.full_like(face, 90)),
        picture(".png", deep),
        picture(".png", clear),
        picture(".png", grey),
        picture(".jpg", face[:1, :1]),
        picture(".jpg", face[:, :6]),
        picture(".jpg", face[::-1]),
        lambda path, rng: put(path, ".jpg", b"no picture"),
        lambda path, rng: put(path, ".png", rng.bytes(2000)),
        lambda path, rng: put(path, ".jpeg", film_bytes([face] * 2)),
        picture(".JPG", cv2.resize(face, (224, 224))),
    )

"""Files as they turn up in real folders: broken, mislabelled, empty, odd. 300 of them, the same every time.

`make_dirt` makes three folders for the recipes of `speech` (recordings with texts), `videos` and `cnceleb` (pictures of
persons, with one recording each). The functions below it may be used alone. Good files are among them: they must come
through.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import soundfile

from datamodules.mini.faces import CONTROLS, DrawnPerson, FacePainter, draw_scene, from_angles
from datamodules.mini.identity import draw_identity

RATE = 16000
SIDE = 112
"""pixels of the pictures"""
NAMES = (
    "plain",
    "with space",
    "中文 名字",
    "naïve’s",
    "a.b.c",
    "UPPER",
    "semi;colon,comma",
    "'quote\"",
    "%20&#",
    "emoji😀",
)

Random = np.random.Generator


@dataclass(frozen=True)
class Dirt:
    """Three folders; `good` are the files in them with which nothing is wrong."""

    speech: Path
    videos: Path
    cnceleb: Path
    files: int
    """media files in all"""
    good: tuple[Path, ...]


def make_dirt(root: Path, seed: int = 0) -> Dirt:
    """Make 300 files below `root`: 140 recordings (and 5 folders of such names), 80 videos, 80 pictures."""
    rng = np.random.default_rng(seed)
    good: list[Path] = []
    recordings = [_named(root / "speech" / f"speaker {k % 4}", k) for k in range(142)]
    for number, path in enumerate(recordings):
        good += _write(SOUND_KINDS, number, path, rng)
    for number, path in enumerate(recordings):
        TEXT_KINDS[number // len(SOUND_KINDS) % len(TEXT_KINDS)](path, rng)
    face = drawn_face()
    films, pictures = video_kinds(face), picture_kinds(face)
    for number in range(80):
        path = _named(root / "videos" / f"person {number % 3}", number)
        good += _write(films, number, path, rng)
    for number in range(80):
        path = _named(root / "cnceleb" / "faces" / f"id{number % 3:05d}", number)
        good += _write(pictures, number, path, rng)
    for person in range(3):
        recording = root / "cnceleb" / "CN-Celeb_flac" / "data" / f"id{person:05d}" / "vlog-01-001.flac"
        recording.parent.mkdir(parents=True)
        soundfile.write(recording, speech_like(rng), RATE)
    return Dirt(root / "speech", root / "videos", root / "cnceleb", 300, tuple(good))


def speech_like(rng: Random, seconds: float = 1.2) -> np.ndarray:
    """`(samples,)` float64: a buzz in syllables, loud enough to be taken for speech."""
    times = np.arange(round(seconds * RATE)) / RATE
    pitch = rng.uniform(90, 220)
    buzz = sum(np.sin(2 * np.pi * pitch * harmonic * times) / harmonic for harmonic in range(1, 12))
    return np.asarray(0.15 * buzz * (0.2 + np.abs(np.sin(2 * np.pi * 2.3 * times))))


def drawn_face() -> np.ndarray:
    """`(SIDE, SIDE, 3)` uint8 RGB: one drawn face, which the detectors find."""
    rng = np.random.default_rng(3)
    painter = FacePainter(DrawnPerson(draw_identity("dirt", rng)), draw_scene(rng, SIDE, SIDE, 0.3, variety=0.2))
    frame: np.ndarray = painter.frame(np.zeros(len(CONTROLS), np.float32), from_angles(0.0, 0.0, 0.0))
    return frame


# Sound ----------------------------------------------------------------------------------------------------------------

Writer = Callable[[Path, Random], Path | None]
"""(path without suffix, generator) -> the file written; None where it is no media file"""


def sound_bytes(samples: np.ndarray, kind: str = "WAV", rate: int = RATE, subtype: str | None = None) -> bytes:
    """A sound file in memory; `samples` `(T,)` or `(T, channels)`."""
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind, subtype=subtype)
    return file.getvalue()


def _good_sound(path: Path, rng: Random) -> Path:
    return _put(path, ".wav", sound_bytes(speech_like(rng)))


def _cut_off(kind: str) -> Writer:
    def write(path: Path, rng: Random) -> Path:
        whole = sound_bytes(speech_like(rng), kind)
        return _put(path, f".{kind.lower()}", whole[: int(rng.integers(1, len(whole)))])

    return write


def _sound(suffix: str, make: Callable[[Random], bytes]) -> Writer:
    return lambda path, rng: _put(path, suffix, make(rng))


def _with(value: float) -> Callable[[Random], bytes]:
    """Sound with some samples of one value, in a format that can hold it."""

    def make(rng: Random) -> bytes:
        samples = speech_like(rng)
        samples[rng.integers(0, len(samples), 20)] = value
        return sound_bytes(samples, subtype="FLOAT")

    return make


def _in_mp4(rng: Random) -> bytes:
    return film_bytes([], speech_like(rng))


def _a_folder(path: Path, rng: Random) -> None:
    path.with_name(f"{path.name}.wav").mkdir(parents=True)


def _a_link_to_nowhere(path: Path, rng: Random) -> Path:
    link = path.with_name(f"{path.name}.flac")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(path.with_name("gone.flac"))
    return link


SOUND_KINDS: tuple[Writer, ...] = (
    _good_sound,
    _sound(".wav", lambda rng: b""),
    _cut_off("WAV"),
    _cut_off("FLAC"),
    _cut_off("OGG"),
    _sound(".wav", lambda rng: sound_bytes(speech_like(rng), "FLAC")),
    _sound(".flac", lambda rng: sound_bytes(speech_like(rng), "OGG")),
    _sound(".mp3", lambda rng: sound_bytes(speech_like(rng), "WAV")),
    _sound(".wav", lambda rng: b"This is a text, not a sound."),
    _sound(".m4a", _in_mp4),
    _sound(".wav", lambda rng: sound_bytes(np.zeros(0))),
    _sound(".flac", lambda rng: sound_bytes(np.zeros(0), "FLAC")),
    _sound(".wav", _with(np.nan)),
    _sound(".wav", _with(np.inf)),
    _sound(".wav", lambda rng: sound_bytes(np.full(RATE, np.nan), subtype="FLOAT")),
    _sound(".wav", lambda rng: sound_bytes(np.zeros(RATE))),
    _sound(".wav", lambda rng: sound_bytes(np.full(RATE, 0.3))),
    _sound(".wav", lambda rng: sound_bytes(np.sign(speech_like(rng)))),
    _sound(".wav", lambda rng: sound_bytes(speech_like(rng)[:1])),
    _sound(".wav", lambda rng: sound_bytes(speech_like(rng, 0.03))),
    _sound(".wav", lambda rng: sound_bytes(np.stack([speech_like(rng)] * 6, 1))),
    _sound(".wav", lambda rng: sound_bytes(speech_like(rng), rate=8000)),
    _sound(".flac", lambda rng: sound_bytes(speech_like(rng), "FLAC", rate=192000)),
    _sound(".wav", lambda rng: rng.bytes(4000)),
    _sound(".wav", lambda rng: sound_bytes(speech_like(rng))[:44]),
    _sound(".wav", lambda rng: sound_bytes(1e6 * speech_like(rng), subtype="FLOAT")),
    _a_folder,
    _a_link_to_nowhere,
)


def _text(content: bytes | None) -> Callable[[Path, Random], None]:
    def write(path: Path, rng: Random) -> None:
        if content is not None:
            path.with_name(f"{path.name}.txt").write_bytes(content)

    return write


TEXT_KINDS = (
    _text(b"Please call Stella."),
    _text("It’s a naïve café.".encode("cp1252")),
    _text("今天天气很好。".encode("gb18030")),
    _text("Good morning.".encode("utf-16")),
    _text(b""),
    _text(None),
    _text(b"\x00\x01\x02\xff\xfe"),
    _text("大家好".encode()[:-1]),
    _text("?! … 😀".encode()),
    _text("\ufeffHello\r\nthere.\r\n".encode()),
)
"""what lies beside a recording, in turn; every recording of one kind of sound gets several of them"""


# Films ----------------------------------------------------------------------------------------------------------------


def film_bytes(
    frames: list[np.ndarray], sound: np.ndarray | None = None, fps: Fraction = Fraction(25), kind: str = "mp4"
) -> bytes:
    """A film in memory: frames `(H, W, 3)` uint8, each shown for 1 / fps, and mono sound."""
    file = io.BytesIO()
    with av.open(file, "w", format=kind) as container:
        picture_stream = container.add_stream("libx264", rate=fps) if frames else None
        sound_stream = container.add_stream("aac", rate=RATE, layout="mono") if sound is not None else None
        if picture_stream is not None:
            picture_stream.height, picture_stream.width = frames[0].shape[:2]
            picture_stream.pix_fmt = "yuv420p"
            picture_stream.options = {"preset": "ultrafast", "threads": "1"}
            for number, frame in enumerate(frames):
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
                picture.pts, picture.time_base = number, 1 / fps
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
            return _put(path, suffix, film_bytes(frames, sound, **how))  # type: ignore[arg-type]

        return write

    def cut_off(path: Path, rng: Random) -> Path:
        whole = film_bytes([face] * 6, speech_like(rng, 0.24))
        return _put(path, ".mp4", whole[: int(rng.integers(1, len(whole)))])

    def cut_off_stream(path: Path, rng: Random) -> Path:
        whole = film_bytes([face] * 12, speech_like(rng, 0.48), kind="matroska")
        return _put(path, ".mkv", whole[: int(rng.integers(len(whole) // 2, len(whole)))])

    def noise(path: Path, rng: Random) -> Path:
        frames = [rng.integers(0, 255, face.shape, dtype=np.uint8) for _ in range(4)]
        return _put(path, ".mp4", film_bytes(frames, speech_like(rng, 0.16)))

    def silent(path: Path, rng: Random) -> Path:
        return _put(path, ".mp4", film_bytes([face] * 6, np.zeros(RATE // 4)))

    return (
        lambda path, rng: _put(path, ".mp4", film_bytes([face] * 6, speech_like(rng, 0.24))),
        lambda path, rng: _put(path, ".mp4", b""),
        cut_off,
        cut_off_stream,
        film(".mp4", [face], 0.3),
        film(".mp4", [grey] * 5, 0.2),
        noise,
        film(".mp4", [both] * 5, 0.2),
        film(".mp4", [face] * 6, None),
        silent,
        film(".mp4", [], 0.5),
        lambda path, rng: _put(path, ".mp4", b"no film"),
        lambda path, rng: _put(path, ".mp4", rng.bytes(3000)),
        film(".avi", [face] * 6, 0.24),
        film(".mp4", [face] * 6, 0.2, fps=Fraction(30000, 1001)),
        film(".mov", [face] * 3 + [grey] * 6, 0.36),
        film(".mp4", [face[:8, :8]] * 4, 0.16),
        film(".mp4", [face] * 6, 0.01),
        lambda path, rng: _put(path, ".mp4", sound_bytes(speech_like(rng))),
        lambda path, rng: _put(path, ".mpg", picture_bytes(face, ".jpg")),
    )


# Pictures -------------------------------------------------------------------------------------------------------------


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
        return _put(path, ".jpg", whole[: int(rng.integers(1, len(whole)))])

    def picture(suffix: str, picture: np.ndarray, kind: str | None = None) -> Writer:
        return lambda path, rng: _put(path, suffix, picture_bytes(picture, kind or suffix))

    return (
        picture(".jpg", face),
        lambda path, rng: _put(path, ".jpg", b""),
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
        lambda path, rng: _put(path, ".jpg", b"no picture"),
        lambda path, rng: _put(path, ".png", rng.bytes(2000)),
        lambda path, rng: _put(path, ".jpeg", film_bytes([face] * 2)),
        picture(".JPG", cv2.resize(face, (900, 900))),
    )


def _write(kinds: tuple[Writer, ...], number: int, path: Path, rng: Random) -> list[Path]:
    """Write one file of the kind that is its turn; the file where nothing is wrong with it."""
    written = kinds[number % len(kinds)](path, rng)
    return [written] if number % len(kinds) == 0 and written is not None else []


def _named(folder: Path, number: int) -> Path:
    return folder / f"{NAMES[number % len(NAMES)]} {number:03d}"


def _put(path: Path, suffix: str, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(path.name + suffix)
    written.write_bytes(content)
    return written

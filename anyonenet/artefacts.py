"""What `--keep` leaves beside a video: sound, mel, landmarks and frames."""

from __future__ import annotations

import contextlib
import os
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from anyonenet.errors import InputError
from anyonenet.voice import Spoken


class Artefacts:
    """Collects on the disk while a video is made; all appear together at a good end, nothing does at a bad one.

    Beside `talk.mp4`: `talk.wav` (16-bit), `talk.mel.npy` (T, 80), `talk.landmarks.npz` (`landmarks` (F, 68, 3)
    pixels, `quaternions` (F, 4), `fps`, and `photo_landmarks` (68, 3)), and `talk.frames/000000.png` and on.

    Args:
        video: the video's path.
        sample_rate: Hz of the sound.
        fps: of the video.
        photo_landmarks: (68, 3) pixels.

    Raises:
        InputError: from any of its methods: the files cannot be written.
    """

    def __init__(self, video: Path, sample_rate: int, fps: float, photo_landmarks: np.ndarray):
        self._video = Path(video)
        self._rate, self._fps, self._photo_landmarks = sample_rate, fps, photo_landmarks
        self._part = self._video.with_name(f".{self._video.stem}.{os.getpid()}.part")
        self._arrays: dict[str, _GrowingArray] = {}
        self._frames = 0

    def __enter__(self) -> Artefacts:
        shutil.rmtree(self._part, ignore_errors=True)
        with self._telling():
            (self._part / "frames").mkdir(parents=True)
            self._wave = wave.open(str(self._part / "wav"), "wb")
        self._wave.setnchannels(1)
        self._wave.setsampwidth(2)
        self._wave.setframerate(self._rate)
        return self

    def add_sentence(self, spoken: Spoken, landmarks: np.ndarray, quaternions: np.ndarray) -> None:
        """One sentence's sound and mel, and its placed landmarks `(F, 68, 3)` with `(F, 4)` orientations."""
        with self._telling():
            self._wave.writeframes((np.clip(spoken.waveform, -1, 1) * 32767).astype("<i2").tobytes())
            for name, rows in (("mel", spoken.mel), ("landmarks", landmarks), ("quaternions", quaternions)):
                if name not in self._arrays:
                    self._arrays[name] = _GrowingArray(self._part / f"{name}.rows", rows)
                self._arrays[name].append(rows)

    def add_frame(self, frame: np.ndarray) -> None:
        """One frame as it is in the video: (H, W, 3) uint8 RGB."""
        path = self._part / "frames" / f"{self._frames:06d}.png"
        written, data = cv2.imencode(".png", frame[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
        if not written:
            raise OSError(f"frame {self._frames} could not be packed as PNG")
        with self._telling():
            path.write_bytes(data.tobytes())
        self._frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._telling():
                self._wave.close()
                if kind is None:
                    self._appear()
        except InputError:
            if kind is None:  # otherwise what went wrong first is what the user should know
                raise
        finally:
            shutil.rmtree(self._part, ignore_errors=True)

    def _appear(self) -> None:
        np.save(self._part / "mel.npy", self._arrays["mel"].read())
        np.savez(
            self._part / "landmarks.npz",
            landmarks=self._arrays["landmarks"].read(),
            quaternions=self._arrays["quaternions"].read(),
            fps=self._fps,
            photo_landmarks=self._photo_landmarks,
        )
        for name in ("wav", "mel.npy", "landmarks.npz", "frames"):
            target = self._video.with_suffix(f".{name}")
            if target.is_dir():
                shutil.rmtree(target)
            os.replace(self._part / name, target)

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """What the system says about the files, as a line for the user."""
        try:
            yield
        except OSError as error:
            raise InputError(
                f"cannot keep what {self._video} is made of beside it ({error.strerror or error}); is the disk full?"
            ) from None


class _GrowingArray:
    """Rows appended to a file: a long text's landmarks would fill the memory.

    Args:
        path: of the file.
        like: an array whose rows are of the shape and type of those to come.
    """

    def __init__(self, path: Path, like: np.ndarray):
        self._path, self._row, self._type = path, like.shape[1:], like.dtype
        self._rows = 0

    def append(self, rows: np.ndarray) -> None:
        with self._path.open("ab") as file:
            file.write(np.ascontiguousarray(rows, dtype=self._type).tobytes())
        self._rows += len(rows)

    def read(self) -> np.ndarray:
        """All rows, mapped from the file."""
        if not self._rows:
            return np.zeros((0, *self._row), self._type)
        return np.memmap(self._path, self._type, "r", shape=(self._rows, *self._row))

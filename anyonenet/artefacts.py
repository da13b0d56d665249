"""What `--keep` leaves beside a video: sound, mel, landmarks and frames."""

from __future__ import annotations

import os
import shutil
import wave
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from anyonenet.voice import Spoken


class Artefacts:
    """Collects while a video is made; all appear together at a good end, nothing does at a bad one.

    Beside `talk.mp4`: `talk.wav` (16-bit), `talk.mel.npy` (T, 80), `talk.landmarks.npz` (`landmarks` (F, 68, 3)
    pixels, `quaternions` (F, 4), `fps`, and `photo_landmarks` (68, 3)), and `talk.frames/000000.png` and on.

    Args:
        video: the video's path.
        sample_rate: Hz of the sound.
        fps: of the video.
        photo_landmarks: (68, 3) pixels.
    """

    def __init__(self, video: Path, sample_rate: int, fps: float, photo_landmarks: np.ndarray):
        self._video = Path(video)
        self._rate, self._fps, self._photo_landmarks = sample_rate, fps, photo_landmarks
        self._part = self._video.with_name(f".{self._video.stem}.{os.getpid()}.part")
        self._mels: list[np.ndarray] = []
        self._landmarks: list[np.ndarray] = []
        self._quaternions: list[np.ndarray] = []
        self._frames = 0

    def __enter__(self) -> Artefacts:
        shutil.rmtree(self._part, ignore_errors=True)
        (self._part / "frames").mkdir(parents=True)
        self._wave = wave.open(str(self._part / "wav"), "wb")
        self._wave.setnchannels(1)
        self._wave.setsampwidth(2)
        self._wave.setframerate(self._rate)
        return self

    def add_sentence(self, spoken: Spoken, landmarks: np.ndarray, quaternions: np.ndarray) -> None:
        """One sentence's sound and mel, and its placed landmarks `(F, 68, 3)` with `(F, 4)` orientations."""
        self._wave.writeframes((np.clip(spoken.waveform, -1, 1) * 32767).astype("<i2").tobytes())
        self._mels.append(spoken.mel)
        self._landmarks.append(landmarks)
        self._quaternions.append(quaternions)

    def add_frame(self, frame: np.ndarray) -> None:
        """One frame as it is in the video: (H, W, 3) uint8 RGB."""
        path = self._part / "frames" / f"{self._frames:06d}.png"
        written, data = cv2.imencode(".png", frame[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
        if not written:
            raise OSError(f"frame {self._frames} could not be packed as PNG")
        path.write_bytes(data.tobytes())
        self._frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wave.close()
        if kind is None:
            np.save(self._part / "mel.npy", np.concatenate(self._mels))
            np.savez(
                self._part / "landmarks.npz",
                landmarks=np.concatenate(self._landmarks),
                quaternions=np.concatenate(self._quaternions),
                fps=self._fps,
                photo_landmarks=self._photo_landmarks,
            )
            for name in ("wav", "mel.npy", "landmarks.npz", "frames"):
                target = self._video.with_suffix(f".{name}")
                if target.is_dir():
                    shutil.rmtree(target)
                os.replace(self._part / name, target)
        shutil.rmtree(self._part, ignore_errors=True)

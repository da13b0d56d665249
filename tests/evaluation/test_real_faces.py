"""Faces of pictures and videos become voices; what shows no face is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from anyonenet.face.image import load_photo
from anyonenet.render.video import VideoWriter
from evaluation.real_faces import RealFaces


@pytest.fixture(scope="module")
def real(tiny_weights: Path) -> RealFaces:
    return RealFaces(tiny_weights)


def test_speakers_of_a_picture_and_of_a_video(real: RealFaces, astronaut: Path, tmp_path: Path) -> None:
    shutil.copy(astronaut, tmp_path / "photo.png")
    (tmp_path / "notes.txt").write_text("no picture")
    load = load_photo(astronaut, 320)
    frame = np.ascontiguousarray(load[: load.shape[0] // 2 * 2, : load.shape[1] // 2 * 2])
    with VideoWriter(tmp_path / "video.mp4", frame.shape[1], frame.shape[0], 25.0, 16000) as writer:
        for _ in range(3):
            writer.write_frame(frame)
    grey = np.full((2 * 64, 2 * 64, 3), 128, np.uint8)
    with VideoWriter(tmp_path / "wall.mp4", 128, 128, 25.0, 16000) as writer:
        writer.write_frame(grey)
    found = dict(real.speakers(tmp_path))
    assert sorted(found) == ["photo", "video", "wall"]
    assert found.pop("wall") is None
    assert all(speaker.shape == (1024,) for speaker in found.values())
    assert float(found["photo"] @ found["video"]) > 0.9  # the same person


def test_median_f0_is_that_of_what_is_spoken(real: RealFaces, monkeypatch: pytest.MonkeyPatch) -> None:
    rate = real.voice.settings.sample_rate
    tone = (0.3 * np.sign(np.sin(2 * np.pi * 150 * np.arange(rate) / rate))).astype(np.float32)

    class Part:
        waveform = tone

    monkeypatch.setattr(real.voice, "speak", lambda *arguments: iter([Part(), Part()]))
    assert real.median_f0(np.zeros(1024, np.float32)) == pytest.approx(150, abs=2)

"""From a video file to a style: faces, alignment and generators are stand-ins that know the answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet import reference_clip
from anyonenet.audio.mel import MelSettings
from anyonenet.errors import InputError
from anyonenet.face.blendshapes import MOUTH
from anyonenet.face.tracking import Track
from anyonenet.mouth_style import load_style
from anyonenet.reference_clip import Reference, StyleLearner
from anyonenet.render.video import VideoWriter
from commands.__main__ import main
from tests.anyonenet.test_mouth_style import Actor, clip

FPS = 15
LANDMARKS, _, SPOKEN = clip(1.2, FPS, 1.6)


class Aligner:
    settings = MelSettings()

    def __init__(self, *_):
        pass

    def align(self, waveform, text):
        if text == "Something else.":
            raise InputError("9 symbols do not fit into the recording; is the text another recording's?")
        return replace(SPOKEN, text=text)


@pytest.fixture
def seen(monkeypatch) -> list[bool]:
    """In which frames the face is found; may be changed."""
    found = [True] * len(LANDMARKS)

    def track_face(open_frames, *_):
        assert len(list(open_frames())) == len(LANDMARKS)
        return Track(LANDMARKS.astype(np.float32), np.array(found))

    monkeypatch.setattr(reference_clip, "Aligner", Aligner)
    monkeypatch.setattr(reference_clip, "track_face", track_face)
    monkeypatch.setattr(reference_clip, "TextMotion", lambda *_: Actor())
    monkeypatch.setattr(reference_clip, "LandmarkDetector", lambda: None)
    monkeypatch.setattr(reference_clip, "FaceEmbedder", lambda _: None)
    return found


def film(path: Path, frames: int = len(LANDMARKS)) -> Path:
    with VideoWriter(path, 32, 32, FPS, 16000) as writer:
        for _ in range(frames):
            writer.write_frame(np.zeros((32, 32, 3), np.uint8))
        writer.write_audio(np.zeros(frames * 16000 // FPS, np.float32))
        writer.close()
    return path


def test_the_program_learns_who_opens_the_mouth_wider(seen, tmp_path, capsys):
    video, out = film(tmp_path / "anna.mp4"), tmp_path / "styles" / "anna"
    line = ["style", "--video", str(video), "--text", "Hello.", "--weights", str(tmp_path), "--out", str(out)]
    assert main(line) == 0, capsys.readouterr().err
    assert f"--system write_a_speaker --style {out}" in capsys.readouterr().out
    style, identity = load_style(out)
    jaw = MOUTH.index("jawOpen")
    actor = torch.zeros(2, len(MOUTH))
    actor[:, jaw] = torch.tensor([0.1, 0.5])
    closed, open_ = style(actor)[:, jaw]
    assert open_ - closed == pytest.approx(1.6 * 0.4, rel=0.3) and identity.any()


def test_each_mistake_is_one_line_with_the_files_name(seen, tmp_path):
    def learn(video: Path, text: str = "Hello.") -> None:
        StyleLearner(tmp_path).learn([Reference(video, text)])

    with pytest.raises(InputError, match=r"short.mp4 lasts 0\.\d s; give at least 1 s"):
        learn(film(tmp_path / "short.mp4", 3))
    good = film(tmp_path / "good.mp4")
    with pytest.raises(InputError, match=r"good.mp4: 9 symbols do not fit"):
        learn(good, "Something else.")
    seen[:] = [True] * 5 + [False] * (len(seen) - 5)
    with pytest.raises(InputError, match=rf"good.mp4 shows the face in 5 of {len(seen)} frames"):
        learn(good)
    with pytest.raises(InputError, match="no video at .*none.mp4"):
        learn(tmp_path / "none.mp4")


def test_each_video_needs_its_text(tmp_path, capsys):
    line = ["style", "--video", "a.mp4", "--video", "b.mp4", "--text", "Hello.", "--out", str(tmp_path / "anna")]
    assert main(line) == 2
    assert "2 --video and 1 --text; give each video its text" in capsys.readouterr().err

"""`anyonenet dub` as a user types it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from anyonenet.audio.files import read_audio, write_wav
from anyonenet.render.provenance import verify
from anyonenet.render.video import VideoWriter, read_video
from commands.__main__ import main


@pytest.fixture(scope="module")
def material(astronaut, tmp_path_factory):
    """A video of eight frames, without a face in the last two, and a recording of half a second."""
    folder = tmp_path_factory.mktemp("dub")
    photo = np.array(Image.open(astronaut).convert("RGB"))[:256, 96:352]
    with VideoWriter(folder / "talk.mp4", 256, 256, 10, None) as writer:
        for number in range(8):
            writer.write_frame(np.roll(photo, number, 1) if number < 6 else np.full_like(photo, 60))
    sound = 0.2 * np.sin(np.arange(8000) * 0.1) * np.sin(np.arange(8000) * 0.002)
    write_wav(folder / "said.wav", sound.astype(np.float32), 16000)
    return folder


def test_a_recording_is_put_into_a_mouth(material, tiny_weights, tmp_path, capsys):
    out = tmp_path / "new.mp4"
    typed = ["dub", "--video", str(material / "talk.mp4"), "--speech", str(material / "said.wav"), "--out", str(out)]
    assert main([*typed, "--weights", str(tiny_weights), "--length", "video", "--no-watermark"]) == 0
    said = capsys.readouterr().out
    assert "no face was seen in 2 of 8 frames" in said and "8 frames, 2 without a face) from 8 frames" in said
    before, after = read_video(material / "talk.mp4").read().astype(int), read_video(out).read().astype(int)
    assert len(after) == 8 and abs(len(read_audio(out, 16000)) - 0.8 * 16000) < 1600
    assert np.abs(after - before)[:, :60].mean() < 3 and np.abs(after - before)[6:].mean() < 3
    report = verify(out)
    assert report.valid and report.synthetic and "compositeWithTrainedAlgorithmicMedia" in report.actions[0]
    assert [path.name for path in tmp_path.iterdir()] == ["new.mp4"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"speech": None}, "give either --speech or --text"),
        ({"text": "Hi."}, "give either --speech or --text"),
        ({"video": "nowhere.mp4"}, "the video nowhere.mp4 is not there"),
        ({"speech": "nowhere.wav"}, "the recording nowhere.wav is not there"),
        ({"out": "new.avi"}, "must end in .mp4"),
        ({"out": "VIDEO"}, "is the video itself"),
        ({"voice": "face"}, "voice and language are for a text"),
        ({"system": "nobody"}, "'nobody' is not a system"),
        ({"length": "twice"}, "invalid choice: 'twice'"),
    ],
)
def test_mistakes_are_one_line(material, tmp_path, capsys, options, said):
    good = {"video": material / "talk.mp4", "speech": material / "said.wav", "out": tmp_path / "new.mp4"}
    chosen = {**good, **options}
    chosen["out"] = str(chosen["out"]).replace("VIDEO", str(material / "talk.mp4"))
    typed = [word for name, value in chosen.items() if value is not None for word in (f"--{name}", str(value))]
    assert main(["dub", *typed]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and said in lines[0]
    assert not list(tmp_path.iterdir())

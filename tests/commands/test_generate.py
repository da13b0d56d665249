"""`anyonenet generate` as a user types it: every mistake is one line, exit code 2, nothing half-written."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from anyonenet.render.video import read_video
from commands.__main__ import main


@pytest.fixture
def typed(astronaut, tiny_weights, tmp_path):
    """Run `generate` with good options except those given; returns the exit code."""

    def run(**options) -> int:
        good = {
            "text": "Hi.",
            "image": astronaut,
            "out": tmp_path / "talk.mp4",
            "weights": tiny_weights,
            "size": 96,
            "fps": 5,
        }
        arguments = []
        for name, value in {**good, **options}.items():
            if value is not None:
                arguments += [f"--{name}", str(value)] if value is not True else [f"--{name}"]
        return main(["generate", *arguments])

    return run


def mistake(capsys) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def picture(folder: Path, image: Image.Image) -> Path:
    image.save(folder / "photo.png")
    return folder / "photo.png"


def test_video_and_summary_line(typed, tmp_path, capsys):
    assert typed() == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert str(tmp_path / "talk.mp4") in line
    for part in ("s of video", "1 sentence", "real-time factor", "voice nearest to p", "first frame after"):
        assert part in line
    assert read_video(tmp_path / "talk.mp4").frame_count > 3
    assert [path.name for path in tmp_path.iterdir()] == ["talk.mp4"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"image": "no/such.jpg"}, "the picture no/such.jpg is not there"),
        ({"text": ""}, "the text is empty"),
        ({"text": "\U0001f642 \U0001f642"}, "no speakable character"),
        ({"language": "fr"}, "invalid choice: 'fr'"),
        ({"out": "no/such/folder/talk.mp4"}, "the output folder no/such/folder does not exist"),
        ({"out": "talk.gif"}, "must end in .mp4"),
        ({"weights": "no/weights"}, "no weights in no/weights/tts"),
        ({"fps": "fast"}, "'fast' is not a number"),
        ({"size": "5000"}, "5000 is out of range (64 to 1024)"),
        ({"face": 3}, "no face 3"),
        ({"speech": "no.wav"}, "the recording no.wav is not there"),
        ({"device": "tpu9"}, "'tpu9' is not a device"),
        ({"colour": "red"}, "unknown option '--colour'"),
        ({"manifest": "jobs.csv"}, "leave --text away"),
        ({"system": "wav2lip"}, "invalid choice: 'wav2lip'"),
        ({"system": "makeittalk"}, "the system 'makeittalk' has no weights of makeittalk_content, "),
        ({"system": "makeittalk", "renderer": "own"}, "renderer 'own' cannot draw the system 'makeittalk'"),
        ({"engine": "torch"}, "--engine is for the paper's network; add --renderer unet"),
        ({"whole-every": "1"}, "--whole-every is for the paper's network; add --renderer unet"),
        ({"engine": "magic", "renderer": "unet"}, "unknown engine 'magic'"),
    ],
)
def test_each_mistake_is_one_line_and_leaves_nothing(typed, tmp_path, capsys, options, expected):
    assert typed(**options) == 2
    assert expected in mistake(capsys)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("RGB", (400, 300), "green"), "no face found"),
        (Image.new("L", (1, 1)), "no face found"),
    ],
)
def test_pictures_without_a_face(typed, tmp_path, capsys, image, expected):
    assert typed(image=picture(tmp_path, image)) == 2
    assert expected in mistake(capsys)
    assert not (tmp_path / "talk.mp4").exists()


def test_small_face_and_damaged_picture(typed, astronaut, tmp_path, capsys):
    assert typed(image=picture(tmp_path, Image.open(astronaut).resize((200, 200)))) == 2
    assert "at least 64 are needed" in mistake(capsys)
    (tmp_path / "cut.png").write_bytes(astronaut.read_bytes()[:20000])
    assert typed(image=tmp_path / "cut.png") == 2
    assert "damaged or cut short" in mistake(capsys)


def test_weights_that_are_corrupt_or_of_another_stage_are_named(typed, tiny_weights, tmp_path, capsys):
    shutil.copytree(tiny_weights, tmp_path / "w")
    path = tmp_path / "w" / "landmarks" / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert typed(weights=tmp_path / "w") == 2
    line = mistake(capsys)
    assert "landmarks/model.safetensors is corrupt" in line and "SHA-256" in line
    shutil.rmtree(tmp_path / "w" / "landmarks")
    shutil.copytree(tmp_path / "w" / "images", tmp_path / "w" / "landmarks")
    assert typed(weights=tmp_path / "w") == 2
    assert "holds weights of stage 'images', expected 'landmarks'" in mistake(capsys)


def test_manifest_makes_the_good_jobs_and_names_the_bad(typed, astronaut, tmp_path, capsys):
    shutil.copy(astronaut, tmp_path / "face.png")
    Image.fromarray(np.zeros((300, 300, 3), dtype=np.uint8)).save(tmp_path / "dark.png")
    (tmp_path / "jobs.csv").write_text("text,image,out\nHi.,dark.png,one.mp4\nHi.,face.png,two.mp4\n", encoding="utf-8")
    assert typed(manifest=tmp_path / "jobs.csv", text=None, image=None, out=None) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1 and "one.mp4: " in captured.err and "no face found" in captured.err
    assert captured.out.splitlines()[-1] == "1 of 2 videos made"
    assert (tmp_path / "two.mp4").exists() and not (tmp_path / "one.mp4").exists()


def test_manifest_begins_the_next_job_early(typed, astronaut, tmp_path, monkeypatch):
    from anyonenet.pipeline import Pipeline

    asked = []
    generate = Pipeline.generate

    def noted(pipeline, request, progress=None, then=None):
        asked.append((request.out.name, then and then.out.name))
        return generate(pipeline, request, progress, then)

    monkeypatch.setattr(Pipeline, "generate", noted)
    shutil.copy(astronaut, tmp_path / "face.png")
    (tmp_path / "jobs.csv").write_text("text,image,out\nHi.,face.png,one.mp4\nHo.,face.png,two.mp4\n")
    assert typed(manifest=tmp_path / "jobs.csv", text=None, image=None, out=None) == 0
    assert asked == [("one.mp4", "two.mp4"), ("two.mp4", None)]
    assert read_video(tmp_path / "two.mp4").frame_count > 3


def test_verify_reads_back_and_sees_a_change(typed, tmp_path, capsys):
    assert typed() == 0
    capsys.readouterr()
    video = tmp_path / "talk.mp4"
    assert main(["generate", "--verify", str(video)]) == 0
    assert "unchanged since it was signed as synthetic media" in capsys.readouterr().out
    data = bytearray(video.read_bytes())
    data[len(data) // 2] ^= 1
    video.write_bytes(data)
    assert main(["generate", "--verify", str(video)]) == 1
    assert "CHANGED" in capsys.readouterr().out
    assert main(["generate", "--verify", str(tmp_path / "none.mp4")]) == 2
    assert "no file at" in mistake(capsys)

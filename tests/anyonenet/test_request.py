from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from anyonenet.errors import InputError
from anyonenet.request import Request, read_manifest


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    (tmp_path / "a.png").write_bytes(b"not looked into")
    return Request("Hello.", tmp_path / "a.png", tmp_path / "out.mp4")


def test_a_good_request_passes(request_):
    request_.check()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"text": " \n"}, "text is empty"),
        ({"language": "fr"}, "'fr' is not supported; choose en or zh"),
        ({"landmarks": Path("no.txt")}, "the file with landmarks no.txt is not there"),
        ({"landmarks": Path("no.txt"), "face": 1}, "the landmarks say where the face is; leave --face away"),
        ({"renderer": "gan"}, "renderer 'gan' cannot draw the system 'anyonenet'; choose warp or unet"),
        ({"renderer": "own"}, "renderer 'own' cannot draw the system 'anyonenet'"),
        ({"renderer": "warp", "system": "speech2vid"}, "cannot draw the system 'speech2vid'; choose own"),
        ({"system": "wav2lip"}, "'wav2lip' is not a system; known are anyonenet, "),
        ({"size": 2000}, "64 to 1024"),
        ({"fps": float("nan")}, "5 to 60"),
        ({"face": 0}, "counted from 1"),
        ({"seed": -1}, "negative"),
        ({"emotion": "gloomy"}, "'gloomy' is not an emotion"),
        ({"emotion": "happy"}, "'anyonenet' shows no emotions; choose write_a_speaker, or neutral"),
        ({"style": Path("anna")}, "'anyonenet' takes no mouth style; choose write_a_speaker"),
        ({"style": Path("anna"), "system": "write_a_speaker"}, "no mouth style in anna; make one: anyonenet style "),
        ({"image": Path("no.png")}, "no.png is not there"),
        ({"speech": Path("/")}, "/ is a folder"),
        ({"out": Path("talk.avi")}, "must end in .mp4"),
        ({"out": Path("no/such/folder/talk.mp4")}, "does not exist; make it first"),
    ],
)
def test_each_mistake_has_its_line(request_, change, expected):
    with pytest.raises(InputError, match=expected):
        dataclasses.replace(request_, **change).check()


def test_a_system_has_its_usual_renderer(request_):
    assert request_.drawn_by == "warp"
    assert dataclasses.replace(request_, renderer="unet").drawn_by == "unet"
    assert dataclasses.replace(request_, system="speech2vid").drawn_by == "own"


def test_unwritable_folder(request_, tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)  # the superuser may write anywhere
    with pytest.raises(InputError, match="not writable"):
        request_.check()


def manifest(folder: Path, text: str) -> Path:
    path = folder / "jobs.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_manifest_overrides_defaults_and_counts_from_its_folder(request_, tmp_path):
    text = 'text,image,out,language,seed,crop\n"Hello, you.",a.png,one.mp4,,,\n你好,a.png,two.mp4,zh,7,yes\n'
    first, second = read_manifest(manifest(tmp_path, text), dataclasses.replace(request_, seed=3))
    assert (first.text, first.image, first.language, first.seed) == ("Hello, you.", tmp_path / "a.png", None, 3)
    assert (second.text, second.language, second.seed, second.crop) == ("你好", "zh", 7, True)
    assert second.out == tmp_path / "two.mp4"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "lacks the column 'text'"),
        ("text,image,out\n", "holds no jobs"),
        ("text,image\nHi,a.png\n", "lacks the column 'out'"),
        ("text,image,out,mood\nHi,a.png,o.mp4,good\n", "unknown column 'mood'"),
        ("text,image,out\nHi,a.png,o.mp4\n,a.png,p.mp4\n", "line 3: the text is empty"),
        ("text,image,out\nHi, you,a.png,o.mp4\n", "line 2: has not as many fields"),
        ("text,image,out\nHi,a.png\n", "line 2: has not as many fields"),
        ("text,image,out,seed\nHi,a.png,o.mp4,many\n", "line 2: 'many' is not a value for the column 'seed'"),
        ("text,image,out,keep\nHi,a.png,o.mp4,perhaps\n", "'perhaps' is not a value"),
        ("text,image,out\nHi,b.png,o.mp4\n", "line 2: the picture .*b.png is not there"),
        ("text,image,out\nHi,a.png,o.mp4\nHo,a.png,o.mp4\n", "writes o.mp4 more than once"),
    ],
)
def test_manifest_mistakes_name_the_line(request_, tmp_path, text, expected):
    with pytest.raises(InputError, match=expected):
        read_manifest(manifest(tmp_path, text), request_)


def test_manifest_missing_or_not_text(request_, tmp_path):
    with pytest.raises(InputError, match="no manifest at"):
        read_manifest(tmp_path / "none.csv", request_)
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00text")
    with pytest.raises(InputError, match="cannot be read as a CSV file"):
        read_manifest(tmp_path / "bad.csv", request_)

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml

from anyonenet.errors import InputError
from evaluation.study.plan_file import read_plan

CONFIGS = Path(__file__).resolve().parents[3] / "configs" / "study"


@pytest.fixture
def written(tmp_path):
    """Write a plan with good values except those given, and read it."""
    for name in ("a.jpg", "b.jpg", "a.wav", "b.wav"):
        (tmp_path / name).write_bytes(b"x")

    def write(*drop, limit=None, **changes):
        good = {
            "kind": "ab",
            "faces": [
                {"image": "a.jpg", "speech": "a.wav", "sex": "f", "language": "en", "text": "Hello."},
                {"image": "b.jpg", "speech": "b.wav", "sex": "f", "language": "zh"},
            ],
            "texts": {"zh": ["你好。"]},
            "repeats": 1,
        }
        data = {key: value for key, value in {**good, **changes}.items() if key not in drop}
        (tmp_path / "s.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        return read_plan(tmp_path / "s.yaml", limit)

    return write


def test_the_shipped_ab_study_is_the_papers():
    plan = read_plan(CONFIGS / "ab.yaml")
    assert [face.sex for face in plan.faces].count("f") == [face.sex for face in plan.faces].count("m") == 8
    assert plan.comparisons == (("image", "speech"), ("image", "random")) and plan.questions == 32
    assert {face.language for face in plan.faces} == {"zh"}
    assert len({face.text for face in plan.faces}) == 16 and min(len(face.text) for face in plan.faces) >= 12


def test_the_shipped_mos_study_is_the_papers():
    plan = read_plan(CONFIGS / "mos.yaml")
    assert len(plan.faces) == 20 and plan.questions == 60
    for language in ("en", "zh"):
        faces = [face for face in plan.faces if face.language == language]
        assert len(faces) == 10 and len({face.text for face in faces}) == 2
        for sex in ("f", "m"):
            assert sorted(Counter(face.text for face in faces if face.sex == sex).values()) == [2, 3]


def test_the_shipped_study_of_systems_has_the_rows_of_table_iii():
    plan = read_plan(CONFIGS / "systems.yaml")
    assert {method.system for method in plan.methods} == {"anyonenet", "makeittalk", "atvgnet"}
    assert [method.drawn_by for method in plan.methods] == ["unet", "unet", "own", "still"]
    assert plan.faces == read_plan(CONFIGS / "mos.yaml").faces


def test_the_documents_example_is_a_plan(tmp_path):
    text = (CONFIGS.parents[1] / "docs" / "STUDIES.md").read_text(encoding="utf-8")
    (tmp_path / "s.yaml").write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    for name in ("faces/anna.jpg", "faces/ben.jpg", "speech/anna.wav", "speech/ben.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    plan = read_plan(tmp_path / "s.yaml")
    assert [face.text for face in plan.faces] == ["今天下午我们去看电影。", "大家好，很高兴见到你们。"]
    assert plan.random == tmp_path / "references" and plan.contact.startswith("Anna")


def test_named_faces(written, tmp_path):
    plan = written()
    first, second = plan.faces
    assert (first.name, first.image, first.speech) == ("a", tmp_path / "a.jpg", tmp_path / "a.wav")
    assert second.text == "你好。" and plan.title == {"en": "s", "zh": "s"}
    assert written(title={"en": "T", "zh": "题"}).title["zh"] == "题"


def test_to_try_with_few_faces():
    plan = read_plan(CONFIGS / "ab.yaml", limit=1)
    assert [face.name for face in plan.faces] == ["f01"] and plan.repeats == 2
    assert [face.name for face in read_plan(CONFIGS / "ab.yaml", limit=3).faces] == ["f01", "m01", "f02"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "abx"}, "kind is 'abx'; choose from ab, mos"),
        ({"repeat": 3}, "unknown 'repeat'; did you mean 'repeats'"),
        ({"name": "../x"}, "name must be letters"),
        ({"repeats": -1}, "repeats is -1"),
        ({"repeats": 9}, "repeats is 9, but a participant is asked 4 questions"),
        ({"asked": 5}, "asked is 5, but the study has 4 questions"),
        ({"repeats": True}, "repeats is True"),
        ({"rules": {"shortest": 3}}, "unknown 'shortest'; did you mean 'shortest_seconds'"),
        ({"rules": {"shortest_seconds": "long"}}, "rules: shortest_seconds is 'long'"),
        ({"title": {"en": "T"}}, "title must have a text for each of en, zh"),
        ({"faces": []}, "faces is missing, empty or not a list"),
        ({"faces": {"drawn": {"women": 1}}}, "two faces at least"),
        ({"faces": {"drawn": {"women": 1, "men": 1, "languages": ["fr"]}}}, "'fr'; choose from en, zh"),
        ({"faces": [{"image": "a.jpg"}]}, "face 1: language is None"),
        ({"faces": [{"image": "no.jpg", "sex": "f", "language": "zh"}] * 2}, "face 1: no file"),
        ({"faces": [{"image": "a.jpg", "sex": "f", "language": "en"}] * 2}, "face 1 has no text"),
        ({"faces": [{"image": "a.jpg", "sex": "f", "language": "zh"}] * 2}, "two faces are named 'a'"),
        ({"faces": [{"image": i, "sex": "f", "language": "zh"} for i in ("a.jpg", "b.jpg")]}, "'a' has no speech"),
        ({"comparisons": [["image"]]}, "must be pairs"),
        ({"comparisons": [["image", "image"]]}, "compares nothing new"),
        ({"comparisons": [["image", "voice"]]}, "'voice'; choose from image, speech, random"),
        ({"kind": "mos", "methods": {}}, "methods is empty"),
        ({"kind": "mos", "methods": {"a": {}}}, "either a system"),
        ({"kind": "mos", "methods": {"a": {"system": "wav2lip"}}}, "a: system is 'wav2lip'; choose from anyonenet, "),
        ({"kind": "mos", "methods": {"a": {"system": "speech2vid", "renderer": "unet"}}}, "choose from own, still"),
        ({"kind": "mos", "methods": {"a": {"videos": "x.mp4"}}}, "{face}"),
        ({"kind": "mos", "methods": {"a": {"videos": "{face}.mp4"}}}, "no video .*a.mp4 of method 'a' for 'a'"),
    ],
)
def test_mistakes_are_told_with_their_place(written, changes, said):
    with pytest.raises(InputError, match=r"s\.yaml.*") as told:
        written(**changes)
    import re

    assert re.search(said.replace("{", r"\{").replace("}", r"\}"), str(told.value)), told.value


def test_systems_are_methods_with_their_usual_renderer_or_another(written):
    methods = {
        "ours": {"renderer": "unet"}, "mit": {"system": "makeittalk", "renderer": "unet"},
        "vid": {"system": "speech2vid"}, "still": {"renderer": "still"},
    }  # fmt: skip
    found = written(kind="mos", methods=methods).methods
    assert {one.name: (one.system, one.drawn_by) for one in found} == {
        "ours": ("anyonenet", "unet"), "mit": ("makeittalk", "unet"),
        "vid": ("speech2vid", "own"), "still": ("anyonenet", "still"),
    }  # fmt: skip


def test_files_that_are_no_plans(tmp_path):
    with pytest.raises(InputError, match="no study at .*configs/study/ holds examples"):
        read_plan(tmp_path / "none.yaml")
    (tmp_path / "s.yaml").write_text("kind: ab\nfaces: [\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"s.yaml, line \d: not a YAML file"):
        read_plan(tmp_path / "s.yaml")
    (tmp_path / "s.yaml").write_text("- 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="not a mapping"):
        read_plan(tmp_path / "s.yaml")


def test_drawn_persons_are_pictures_and_voices(tmp_path):
    """Own voice and somebody else's differ, the same seed gives the same, and the sexes are heard."""
    from anyonenet.audio.files import read_audio
    from evaluation.metrics.pitch import median_f0
    from evaluation.study.drawn import draw_picture, drawn_faces, record_speech

    woman, man = drawn_faces(1, 1, ["en"], {}, None, seed=0)
    sounds = {}
    for face in (woman, man):
        for other in (False, True):
            out = tmp_path / f"{face.name}{other}.wav"
            record_speech(face, 0, out, other)
            sounds[face.sex, other] = read_audio(out, 16000)
    assert not np.array_equal(sounds["f", False][:8000], sounds["f", True][:8000])
    record_speech(woman, 0, tmp_path / "again.wav")
    np.testing.assert_array_equal(read_audio(tmp_path / "again.wav", 16000), sounds["f", False])
    pitch = {key: median_f0(sound, 16000) for key, sound in sounds.items()}
    assert min(pitch["f", other] for other in (0, 1)) > max(pitch["m", other] for other in (0, 1))
    draw_picture(woman, 0, tmp_path / "f.png")
    draw_picture(man, 0, tmp_path / "m.png")
    assert (tmp_path / "f.png").read_bytes() != (tmp_path / "m.png").read_bytes()

"""Studies built by the pipeline with tiny weights: what lies where, how loud, and what a second build does."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import yaml

from anyonenet.audio.files import read_audio, write_wav
from anyonenet.audio.loudness import loudness
from anyonenet.errors import FaceError, InputError
from anyonenet.render.provenance import verify
from anyonenet.render.video import VideoWriter, read_video
from evaluation.study.build import build_study
from evaluation.study.definition import load_study
from evaluation.study.levels import TARGET, common_level, level_video
from evaluation.study.plan_file import read_plan
from evaluation.study.stimuli import Maker
from tests.evaluation.study.participants import always, write_answers

RATE = 16000


def plan_of(folder, **content):
    (folder / "study.yaml").write_text(yaml.safe_dump({"name": "tried", **content}, sort_keys=False), encoding="utf-8")
    return read_plan(folder / "study.yaml")


def ab_plan(folder):
    return plan_of(folder, kind="ab", repeats=1, faces={"drawn": {"women": 1, "men": 1}}, texts={"en": ["Hi.", "Bye."]})


@pytest.fixture(scope="module")
def built(tmp_path_factory, tiny_weights):
    """An A/B study of two drawn persons."""
    folder = tmp_path_factory.mktemp("ab")
    study = build_study(ab_plan(folder), folder / "out", tiny_weights, progress=False)
    return folder, study


def test_a_page_with_its_media_and_a_key_apart(built):
    folder, study = built
    public = folder / "out" / "public"
    assert load_study(folder / "out") == study and len(study.questions) == 4
    script = (public / "study.js").read_text(encoding="utf-8")
    shown = json.loads(script.removeprefix("window.STUDY = ").rstrip().removesuffix(";"))
    assert shown["id"] == study.id and len(shown["questions"]) == 4
    for question, asked in zip(study.questions, shown["questions"], strict=True):
        assert asked["media"] == [stimulus.media for stimulus in question.stimuli]
        for name in (*asked["media"], asked["picture"]):
            assert (public / name).stat().st_size > 1000
    assert not any(method in script for method in ("speech", "random"))  # nothing tells which voice is which
    assert (public / "post.js").read_text(encoding="utf-8") == "window.POST_ADDRESS = null;\n"
    for file in public.glob("*.*"):
        assert "://" not in file.read_text(encoding="utf-8"), f"{file.name} may load from elsewhere"


def test_all_sounds_are_equally_loud_and_say_what_they_are(built):
    folder, _ = built
    sounds = sorted((folder / "out" / "public" / "media").glob("*.wav"))
    levels = [loudness(read_audio(path, RATE), RATE) for path in sounds]
    assert len(sounds) == 7 and max(levels) - min(levels) < 0.1 and max(levels) <= TARGET + 0.05
    signed = [path.name for path in sounds if verify(path).valid]
    assert len(signed) == 6 and "check.wav" not in signed


def test_webmushra_has_the_same_questions(built):
    folder, study = built
    text = (folder / "out" / "webmushra.yaml").read_text(encoding="utf-8")
    assert "- - " not in text  # which webMUSHRA's reader of YAML loses
    config = yaml.safe_load(text)
    order, *trials = config["pages"][1]
    assert order == "random" and [trial["id"] for trial in trials] == [question.id for question in study.questions]
    assert trials[0]["stimuli"] == {s.method: s.media for s in study.questions[0].stimuli}
    assert {trial["type"] for trial in trials} == {"likert_multi_stimulus"} and len(trials[0]["response"]) == 5
    assert config["pages"][-1]["type"] == "finish"


def test_a_second_build_makes_nothing_and_lost_files_come_back(built, tiny_weights, tmp_path, capsys):
    folder, study = built
    out = tmp_path / "out"
    shutil.copytree(folder / "out", out)
    lost = sorted((out / "stimuli").glob("*.wav"))[0]
    before = lost.read_bytes()
    lost.unlink()
    (out / "stimuli" / f"{lost.stem}.part.wav").write_bytes(b"half")  # what a killed build leaves
    again = build_study(ab_plan(folder), out, tiny_weights, progress=False)
    assert again.id == study.id and lost.read_bytes() == before
    assert "1 files made, 11 found made" in capsys.readouterr().out
    assert not [path for path in out.rglob("*") if ".part" in path.name or ".old" in path.name]


def test_answers_are_not_orphaned(built, tiny_weights, tmp_path):
    folder, study = built
    out = tmp_path / "out"
    shutil.copytree(folder / "out", out)
    write_answers(out / "answers", study, range(2), always("first"))
    build_study(ab_plan(folder), out, tiny_weights, progress=False)  # the same study: nothing is lost
    other = plan_of(
        tmp_path, kind="ab", repeats=0, faces={"drawn": {"women": 1, "men": 1}}, texts={"en": ["Hi.", "Bye."]}
    )
    with pytest.raises(InputError, match="2 participants' answers to the study as it was"):
        build_study(other, out, tiny_weights, progress=False)
    assert load_study(out).id == study.id


@pytest.fixture(scope="module")
def rated(tmp_path_factory, tiny_weights, astronaut):
    """A MOS study of a photo twice, with another system's videos."""
    folder = tmp_path_factory.mktemp("mos")
    shutil.copy(astronaut, folder / "a.png")
    shutil.copy(astronaut, folder / "b.png")
    for name, level in (("a", 0.02), ("b", 0.3)):
        with VideoWriter(folder / f"{name}.mp4", 64, 64, 10) as writer:
            for _ in range(8):
                writer.write_frame(np.full((64, 64, 3), 90, np.uint8))
            writer.write_audio(level * np.sin(np.arange(12800) * 0.2))
    plan = plan_of(
        folder, kind="mos", repeats=1, size=64, texts={"en": ["Hi."]},
        faces=[{"image": f"{name}.png", "sex": "f", "language": "en"} for name in "ab"],
        methods={"warp": {"renderer": "warp"}, "still": {"renderer": "still"}, "theirs": {"videos": "{face}.mp4"}},
    )  # fmt: skip
    return folder, build_study(plan, folder / "out", tiny_weights, address="https://x.org/answers", progress=False)


def test_videos_of_all_methods_are_equally_loud(rated):
    folder, study = rated
    assert study.methods == ("warp", "still", "theirs") and len(study.questions) == 6
    public = folder / "out" / "public"
    levels = []
    for question in study.questions:
        video = public / question.stimuli[0].media
        levels.append(loudness(read_audio(video, RATE), RATE))
        assert verify(video).valid is (question.stimuli[0].method != "theirs")
    assert max(levels) - min(levels) < 0.5
    assert "https://x.org/answers" in (public / "post.js").read_text(encoding="utf-8")
    assert not (folder / "out" / "webmushra.yaml").exists()


def test_a_still_does_not_move_and_sounds_the_same(rated):
    folder, study = rated
    by_method = {q.stimuli[0].method: folder / "out/public" / q.stimuli[0].media for q in study.questions[:3]}
    still, warp = read_video(by_method["still"]).read(), read_video(by_method["warp"]).read()
    change = [float(np.abs(video[0].astype(int) - video[-1]).mean()) for video in (still, warp)]
    assert change[0] < 0.5 < change[1]  # the coder leaves a little
    one, other = (read_audio(by_method[name], RATE) for name in ("still", "warp"))
    assert len(still) == len(warp) and np.corrcoef(one[:8000], other[: len(one)][:8000])[0, 1] > 0.9


def test_loudness_goes_lower_together_where_one_would_clip(tmp_path):
    rng = np.random.default_rng(0)
    clicks = 0.001 * rng.normal(size=RATE)
    clicks[::4000] = 0.9  # loud peaks, quiet all the same
    write_wav(tmp_path / "clicks.wav", clicks, RATE)
    write_wav(tmp_path / "tone.wav", 0.2 * np.sin(np.arange(RATE)), RATE)
    assert common_level([tmp_path / "tone.wav"]) == TARGET
    assert common_level([tmp_path / "tone.wav", tmp_path / "clicks.wav"]) < TARGET - 3


def test_somebody_else_is_another_of_the_same_sex(tmp_path):
    """From the other faces' recordings, or from a folder where one is given; the seed decides."""
    for name in ("a", "b", "c", "d"):
        (tmp_path / f"{name}.jpg").write_bytes(b"x")
        write_wav(tmp_path / f"{name}.wav", np.full(100, 0.1), RATE)
    faces = [
        {"image": f"{name}.jpg", "speech": f"{name}.wav", "sex": sex, "language": "en", "text": "Hi."}
        for name, sex in (("a", "f"), ("b", "m"), ("c", "f"), ("d", "m"))
    ]
    content = {"kind": "ab", "repeats": 0, "faces": faces}
    maker = Maker(plan_of(tmp_path, **content), tmp_path / "s", tmp_path)
    own = [maker._recording(face, somebody_else=False).stem for face in maker.plan.faces]
    others = [maker._recording(face, somebody_else=True).stem for face in maker.plan.faces]
    assert (own, others) == (["a", "b", "c", "d"], ["c", "d", "a", "b"])
    for sex in ("f", "m"):
        (tmp_path / "others" / sex).mkdir(parents=True)
        for number in range(5):
            write_wav(tmp_path / "others" / sex / f"{sex}{number}.wav", np.full(100, 0.1), RATE)
    chosen = []
    for seed in (0, 1):
        maker = Maker(plan_of(tmp_path, **content, random="others", seed=seed), tmp_path / "s", tmp_path)
        chosen.append([maker._recording(face, somebody_else=True).stem for face in maker.plan.faces])
        assert [name[0] for name in chosen[-1]] == ["f", "m", "f", "m"]
    assert chosen[0] != chosen[1]


def test_what_cannot_be_used_is_named(tmp_path, tiny_weights):
    from PIL import Image

    Image.new("RGB", (200, 200), "grey").save(tmp_path / "wall.png")
    faces = [{"image": "wall.png", "name": n, "sex": "f", "language": "en", "text": "Hi."} for n in ("a", "b")]
    plan = plan_of(tmp_path, kind="ab", repeats=0, faces=faces, comparisons=[["image", "random"]])
    with pytest.raises(FaceError, match=r"wall\.png"):
        build_study(plan, tmp_path / "out", tiny_weights, progress=False)
    plan = plan_of(tmp_path, kind="ab", repeats=0, faces=faces, comparisons=[["random", "image"]])
    with pytest.raises(InputError, match="no recording of somebody else of sex 'f' for 'a'; give random: FOLDER"):
        build_study(plan, tmp_path / "out", tiny_weights, progress=False)
    write_wav(tmp_path / "short.wav", np.full(100, 0.1), RATE)
    with pytest.raises(InputError, match=r"short\.wav: the sound has 0\.01 s"):
        common_level([tmp_path / "short.wav"])
    with pytest.raises(InputError, match=r"short\.wav"):
        level_video(tmp_path / "short.wav", TARGET, tmp_path / "x.mp4")

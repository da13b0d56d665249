"""A/B of videos, as MakeItTalk asks: a person above, two videos below, four answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from anyonenet.errors import InputError
from anyonenet.render.video import VideoWriter, read_video
from evaluation.study.answers import AnswersError, check_answers
from evaluation.study.build import build_study
from evaluation.study.definition import load_study
from evaluation.study.plan_file import read_plan
from evaluation.study.report_votes import counts_table
from evaluation.study.votes import compare
from tests.evaluation.study.participants import ab_study, answers_of, at_random

CONFIGS = Path(__file__).resolve().parents[3] / "configs/study"


def film(path: Path, grey: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = np.sin(np.arange(8000) * 0.2).astype(np.float32) * 0.1
    with VideoWriter(path, 32, 32, 10, 16000) as writer:
        writer.write_audio(sound)
        for _ in range(5):
            writer.write_frame(np.full((32, 32, 3), grey, np.uint8))


@pytest.fixture(scope="module")
def speakers(tmp_path_factory) -> Path:
    """The paper's study of speaker awareness with material made on the spot."""
    folder = tmp_path_factory.mktemp("speakers")
    (folder / "cartoons").mkdir()
    content = yaml.safe_load((CONFIGS / "makeittalk_speakers.yaml").read_text(encoding="utf-8"))
    for number, face in enumerate(content["faces"]):
        Image.new("RGB", (32, 32), (90, 90, 40 * number)).save(folder / face["image"])
        for shade, kind in enumerate(("films", "full", "random_id", "no_speaker")):
            film(folder / kind / f"{face['name']}.mp4", 40 + 40 * shade + number)
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_the_papers_definitions_are_read(speakers):
    plan = read_plan(speakers)
    assert plan.comparisons == (("full", "random_id"), ("full", "no_speaker")) and plan.undecided == ("both", "none")
    assert plan.ask["en"].startswith("Suppose that you want to see the real person") and plan.questions == 4
    photos = read_plan(CONFIGS / "makeittalk_photos.yaml")
    assert photos.asked == photos.repeats == 10 and photos.comparisons == (("makeittalk", "atvgnet"),)
    assert [method.system for method in photos.methods] == ["makeittalk", "atvgnet"]


def test_a_page_of_pairs_below_a_film(speakers, tmp_path):
    study = build_study(read_plan(speakers), tmp_path / "out", tmp_path, progress=False)
    assert load_study(tmp_path / "out") == study
    public = tmp_path / "out" / "public"
    script = (public / "study.js").read_text(encoding="utf-8")
    shown = json.loads(script.removeprefix("window.STUDY = ").rstrip().removesuffix(";"))
    assert shown["undecided"] == ["both", "none"] and shown["ask"]["en"].endswith("head motion?")
    for question in shown["questions"]:
        assert len(question["media"]) == 2 and question["picture"].endswith(".mp4")
        for name in (*question["media"], question["picture"]):
            assert read_video(public / name).frame_count == 5
    assert "random_id" not in script and not (tmp_path / "out" / "webmushra.yaml").exists()


def test_both_and_none_are_counted_apart_and_prefer_nobody():
    study = ab_study(16, 4, undecided=("both", "none"), ask={"en": "Which?", "zh": "哪个？"})
    said = [
        check_answers(answers_of(study, seed, at_random("first", "first", "second", "both", "none")), study)
        for seed in range(12)
    ]
    found = compare(study, said)[0].counts
    ways = dict(found.undecided)
    assert ways["both"] > 0 and ways["none"] > 0 and ways["both"] + ways["none"] == found.similar
    table = counts_table([found])
    assert table.columns[2] == "Undecided" and any(
        f"both {ways['both']}, none {ways['none']}" in n for n in table.notes
    )


def test_an_answer_that_the_study_does_not_have_is_refused():
    four, three = ab_study(2, 0, undecided=("both", "none")), ab_study(2, 0)
    with pytest.raises(AnswersError, match="is not one of left, both, none, right, unplayable"):
        check_answers(answers_of(four, 1, at_random("similar")), four)
    with pytest.raises(AnswersError, match="is not one of left, similar, right, unplayable"):
        check_answers(answers_of(three, 1, at_random("both")), three)
    assert four.id != three.id


def test_mistakes_name_their_place(speakers):
    content = yaml.safe_load(speakers.read_text(encoding="utf-8"))
    for change, said in (
        ({"comparisons": [["full", "nobody"]]}, "comparisons"),
        ({"undecided": ["maybe"]}, r"undecided must be \[similar\] or \[both, none\]"),
        ({"reference": "film.mp4"}, "reference must hold {face}"),
        ({"reference": "none/{face}.mp4"}, "no reference .*anna.mp4 for 'anna'"),
    ):
        path = speakers.with_name("wrong.yaml")
        path.write_text(yaml.safe_dump({**content, **change}, allow_unicode=True), encoding="utf-8")
        with pytest.raises(InputError, match=said):
            read_plan(path)

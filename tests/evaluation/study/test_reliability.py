from __future__ import annotations

import json

import pytest

from anyonenet.errors import InputError
from evaluation.study.answers import check_answers
from evaluation.study.reliability import described, doubt_about, inconsistencies, sort_answers
from tests.evaluation.study.participants import ab_study, always, answers_of, at_random, mos_study, write_answers

AB, MOS = ab_study(8, 6), mos_study(4, repeats=4)
VOTES = at_random("first", "similar", "second")


def doubt(data, study=AB):
    found = doubt_about(check_answers(data, study), study)
    return found and found[0]


def repeats_changed(count):
    """Answers with so many of the six repeats answered otherwise than at first."""
    data = answers_of(AB, 3, VOTES)
    first = {trial["question"]: trial for trial in data["trials"] if not trial["repeat"]}
    for trial in [trial for trial in data["trials"] if trial["repeat"]][:count]:
        before = first[trial["question"]]["answer"]
        trial["answer"] = "similar" if before != "similar" else "left"
    return data


def test_more_than_half_of_the_repeats_answered_otherwise():
    """MakeItTalk: more than 5 of 10; here more than 3 of 6."""
    assert [doubt(repeats_changed(count)) for count in (0, 3, 4, 6)] == [None, None, "inconsistent", "inconsistent"]


def test_sides_changed_is_the_same_answer_and_same_side_is_another():
    data = answers_of(AB, 3, always("first"))
    assert inconsistencies(check_answers(data, AB)) == [False] * 6
    for trial in data["trials"]:
        trial["answer"] = "left"
    assert inconsistencies(check_answers(data, AB)) == [True] * 6
    assert doubt(data) == "inconsistent"


def test_the_time_floor():
    trials = AB.trials
    assert doubt(answers_of(AB, 3, VOTES, seconds=60.1 / trials)) is None
    assert doubt(answers_of(AB, 3, VOTES, seconds=59.9 / trials)) == "fast"


def test_one_answer_to_everything():
    assert doubt(answers_of(AB, 3, always("similar"))) == "monotonous"
    assert doubt(answers_of(MOS, 3, always({"lip_sync": 3, "realness": 3}), seconds=10), MOS) == "monotonous"


def test_scores_of_repeated_videos():
    scores = at_random(*({"lip_sync": a, "realness": b} for a in (1, 3, 5) for b in (2, 4)))
    assert doubt(answers_of(MOS, 3, scores, seconds=10), MOS) is None
    data = answers_of(MOS, 3, scores, seconds=10)
    for trial in data["trials"]:
        if trial["repeat"]:
            trial["answer"] = {name: 1 if score > 2.5 else 5 for name, score in trial["answer"].items()}
    assert doubt(data, MOS) == "inconsistent"


def test_every_file_is_counted_once(tmp_path):
    write_answers(tmp_path, AB, range(10), VOTES)
    write_answers(tmp_path, AB, range(10, 12), VOTES, seconds=0.5)
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    (tmp_path / "copy.json").write_bytes((tmp_path / "00004.json").read_bytes())
    part = answers_of(AB, 50, VOTES)
    part["finished"], part["trials"] = None, part["trials"][:3]
    (tmp_path / "part.json").write_text(json.dumps(part), encoding="utf-8")
    (tmp_path / ".hidden.json").write_text("", encoding="utf-8")
    found = sort_answers(tmp_path, AB)
    assert len(found.kept) == 10
    assert found.counts == {
        "unreadable": 1, "repeated": 1, "unfinished": 1, "fast": 2, "inconsistent": 0, "monotonous": 0,
    }  # fmt: skip
    assert ("copy.json", "repeated") in [(name, reason) for name, reason, _ in found.left_out]
    assert sum(described(found.kept, "gender").values()) == 10


def test_no_answers(tmp_path):
    with pytest.raises(InputError, match="no answers"):
        sort_answers(tmp_path, AB)

from __future__ import annotations

import json

import numpy as np
import pytest

from anyonenet.errors import InputError
from evaluation.study.answers import AnswersError, NotJson, parse_answers
from evaluation.study.definition import load_study
from tests.evaluation.study.participants import ab_study, always, answers_of, mos_study

AB, MOS = ab_study(3, 1), mos_study(2, repeats=1)
SCORES = {"lip_sync": 3, "realness": 4.5}


def test_good_answers_are_read():
    read = parse_answers(json.dumps(answers_of(AB, 5, always("first"))), AB)
    assert read.finished and read.seed == 5 and read.about["age"] == "18-29" and len(read.trials) == AB.trials == 7
    assert all((trial.choice == "left") != trial.flipped for trial in read.trials)
    scored = parse_answers(json.dumps(answers_of(MOS, 5, always(SCORES))).encode(), MOS)
    assert all(trial.scores == SCORES and trial.choice is None for trial in scored.trials)


def test_what_could_not_be_played_and_what_is_not_finished():
    data = answers_of(AB, 5, always("first"))
    data["trials"][0]["answer"] = "unplayable"
    assert parse_answers(json.dumps(data), AB).trials[0].choice is None
    data["trials"], data["finished"] = data["trials"][:2], None
    assert not parse_answers(json.dumps(data), AB).finished


def changed(path: str, value: object) -> dict:
    data = answers_of(AB, 5, always("first"))
    where, keys = data, path.split(".")
    for key in keys[:-1]:
        where = where[int(key)] if isinstance(where, list) else where[key]
    where[int(keys[-1]) if isinstance(where, list) else keys[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("format", "x", "format"),
        ("study", "other-1", "does not answer this study"),
        ("participant", "../../etc/passwd", "32 hexadecimal digits"),
        ("participant", "A" * 32, "32 hexadecimal digits"),
        ("seed", -1, "'seed'"),
        ("seed", True, "'seed'"),
        ("seed", 6, "trial 1 is not the one"),
        ("language", "fr", "'language'"),
        ("language", ["en"], "'language'"),
        ("consented", "yesterday", "'consented'"),
        ("finished", "2026-01-31T12:10:00Z\n", "'finished'"),
        ("about", {"address": "x"}, "'about'"),
        ("about", {"age": "x" * 21}, "'age'"),
        ("about", {"age": "\ud800"}, "Unicode"),
        ("extra", 1, "a part too many"),
        ("trials", {}, "'trials'"),
        ("trials", [], "finished with 0 of 7"),
        ("trials.0", 3, "trial 1 is not an object"),
        ("trials.0.question", "q999", "does not ask"),
        ("trials.0.question", ["q000"], "does not ask"),
        ("trials.0.flipped", 1, "'flipped'"),
        ("trials.3.repeat", "no", "'repeat' of trial 4"),
        ("trials.1.answer", "first", "the answer of trial 2"),
        ("trials.1.answer", {"left": 1}, "the answer of trial 2"),
        ("trials.1.seconds", float("nan"), "JSON"),
        ("trials.1.seconds", -1, "'seconds'"),
        ("trials.1.seconds", 1e9, "'seconds'"),
        ("trials.1.plays", [1], "'plays'"),
        ("trials.1.plays", [1, 1.5], "plays of trial 2"),
        ("trials.1.more", 1, "a part too many"),
    ],
)
def test_what_is_wrong_is_named(path, value, said):
    with pytest.raises(AnswersError, match=said):
        parse_answers(json.dumps(changed(path, value)), AB)


@pytest.mark.parametrize("scores", [{"lip_sync": 3}, {**SCORES, "x": 1}, {**SCORES, "realness": 5.5}, 3, "left"])
def test_scores_are_checked(scores):
    with pytest.raises(AnswersError, match="trial 1"):
        parse_answers(json.dumps(answers_of(MOS, 5, always(scores))), MOS)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[1]", b"[" * 100000, b'{"a": Infinity}', b'{"a": ' + b"9" * 9999]
)
def test_no_json(content):
    with pytest.raises(NotJson):
        parse_answers(content, AB)


def test_swapping_sides_against_the_seed_is_noticed():
    data = answers_of(AB, 5, always("first"))
    data["trials"][2]["flipped"] = not data["trials"][2]["flipped"]
    with pytest.raises(AnswersError, match="trial 3 is not the one that its seed asks for"):
        parse_answers(json.dumps(data), AB)


def test_studies_are_kept_and_changes_noticed(tmp_path):
    for study in (AB, MOS):
        study.save(tmp_path)
        assert load_study(tmp_path) == study and load_study(tmp_path).id == study.id
    assert AB.id != ab_study(3, 2).id
    text = (tmp_path / "study.json").read_text(encoding="utf-8")
    (tmp_path / "study.json").write_text(text.replace("media/0-warp.mp4", "media/0-unet.mp4"), encoding="utf-8")
    with pytest.raises(InputError, match="changed after"):
        load_study(tmp_path)
    (tmp_path / "study.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        load_study(tmp_path)
    with pytest.raises(InputError, match="no study in"):
        load_study(tmp_path / "nowhere")


def test_made_up_participants_differ():
    rng_choice = lambda question, rng: ("first", "second")[int(rng.integers(2))]  # noqa: E731
    first, second = (answers_of(AB, seed, rng_choice) for seed in (1, 2))
    assert first["trials"] != second["trials"] and first["participant"] != second["participant"]
    assert isinstance(np.mean([trial["seconds"] for trial in first["trials"]]), float)

"""What a participant's file must look like; whatever is not exactly that is refused with one line.

Used by `serve` on what comes over the network and by `analyse` on files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anyonenet.errors import InputError
from evaluation.study.definition import Study
from evaluation.study.schedule import schedule

FORMAT = "anyonenet-answers-1"
LEFT, RIGHT = "left", "right"
UNPLAYABLE = "unplayable"
"""the answer where a file could not be played"""
LANGUAGES = ("en", "zh")
LOWEST, HIGHEST = 1.0, 5.0
"""scores"""
_KEYS = {
    "format", "study", "participant", "seed", "language", "consented", "finished", "about", "trials",
}  # fmt: skip
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_PARTICIPANT = re.compile(r"[0-9a-f]{32}")
_ABOUT = {"age": 20, "gender": 20, "sound": 20}
"""what a participant may tell, and how many characters of it"""
_LONGEST_SECONDS = 7 * 86400.0
_MOST_PLAYS = 10000


@dataclass(frozen=True)
class TrialAnswer:
    """One answered page."""

    question: int
    flipped: bool
    repeat: bool
    choice: str | None
    """A/B: 'left', 'right' or what the study has beside; None where it could not be played"""
    scores: Mapping[str, float] | None
    """MOS: by scale; None where it could not be played"""
    seconds: float
    """the page was before the participant"""


@dataclass(frozen=True)
class Answers:
    """Everything one participant answered, checked."""

    participant: str
    seed: int
    language: str
    about: Mapping[str, str]
    finished: bool
    trials: tuple[TrialAnswer, ...]


class AnswersError(InputError):
    """A file of answers that is not what it should be."""


class NotJson(AnswersError):
    """Not even a JSON object."""


def parse_answers(content: bytes | str, study: Study) -> Answers:
    """Read one participant's JSON.

    Raises:
        NotJson: another kind of file.
        AnswersError: not answers to this study; the first thing wrong is named.
    """
    try:
        data = json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise NotJson("it is not JSON in UTF-8") from None
    if not isinstance(data, dict):
        raise NotJson("it is not a JSON object")
    return check_answers(data, study)


def check_answers(data: dict[str, Any], study: Study) -> Answers:
    """The same for what was parsed already.

    Raises:
        AnswersError: as `parse_answers`.
    """
    _keys(data, _KEYS, "the answers")
    if data["format"] != FORMAT:
        raise AnswersError(f"its format is not '{FORMAT}'")
    if data["study"] != study.id:
        raise AnswersError(f"it does not answer this study ({study.id})")
    if not isinstance(data["participant"], str) or not _PARTICIPANT.fullmatch(data["participant"]):
        raise AnswersError("'participant' is not 32 hexadecimal digits")
    seed = _whole(data["seed"], "seed", 2**32 - 1)
    if data["language"] not in LANGUAGES:
        raise AnswersError(f"'language' is not one of {', '.join(LANGUAGES)}")
    _time(data["consented"], "consented")
    if data["finished"] is not None:
        _time(data["finished"], "finished")
    expected = schedule(study.id, seed, len(study.questions), study.repeats, study.asked)
    trials = data["trials"]
    if not isinstance(trials, list) or len(trials) > len(expected):
        raise AnswersError(f"'trials' is not a list of at most {len(expected)}")
    if data["finished"] is not None and len(trials) != len(expected):
        raise AnswersError(f"it is finished with {len(trials)} of {len(expected)} trials")
    read = tuple(_trial(trial, place, study) for place, trial in enumerate(trials, start=1))
    for place, (trial, wanted) in enumerate(zip(read, expected), start=1):
        if (trial.question, trial.flipped, trial.repeat) != (wanted.question, wanted.flipped, wanted.repeat):
            raise AnswersError(f"trial {place} is not the one that its seed asks for")
    return Answers(
        data["participant"], seed, data["language"], _about(data["about"]), data["finished"] is not None, read
    )


def _trial(data: Any, place: int, study: Study) -> TrialAnswer:
    where = f"trial {place}"
    if not isinstance(data, dict):
        raise AnswersError(f"{where} is not an object")
    _keys(data, {"question", "flipped", "repeat", "answer", "seconds", "plays"}, where)
    if not isinstance(data["question"], str) or data["question"] not in study.numbers:
        raise AnswersError(f"{where} answers a question that the study does not ask")
    for name in ("flipped", "repeat"):
        if not isinstance(data[name], bool):
            raise AnswersError(f"'{name}' of {where} is neither true nor false")
    seconds = _number(data["seconds"], f"'seconds' of {where}", 0.0, _LONGEST_SECONDS)
    if not isinstance(data["plays"], list) or len(data["plays"]) != (2 if study.kind == "ab" else 1):
        raise AnswersError(f"'plays' of {where} does not say how often each file was played")
    for plays in data["plays"]:
        _whole(plays, f"plays of {where}", _MOST_PLAYS)
    choice, scores = _answer(data["answer"], where, study)
    return TrialAnswer(study.numbers[data["question"]], data["flipped"], data["repeat"], choice, scores, seconds)


def _answer(value: Any, where: str, study: Study) -> tuple[str | None, dict[str, float] | None]:
    if isinstance(value, str) and value == UNPLAYABLE:
        return None, None
    if study.kind == "ab":
        choices = (LEFT, *study.undecided, RIGHT)
        if not isinstance(value, str) or value not in choices:
            raise AnswersError(f"the answer of {where} is not one of {', '.join((*choices, UNPLAYABLE))}")
        return value, None
    names = {scale.id for scale in study.scales}
    if not isinstance(value, dict):
        raise AnswersError(f"the answer of {where} does not give a score for each of {', '.join(sorted(names))}")
    _keys(value, names, f"the answer of {where}")
    return None, {
        name: _number(score, f"'{name}' of {where}", LOWEST, HIGHEST) for name, score in sorted(value.items())
    }


def _about(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not set(value) <= set(_ABOUT):
        raise AnswersError(f"'about' holds more than {', '.join(_ABOUT)}")
    for name, text in value.items():
        if not isinstance(text, str) or len(text) > _ABOUT[name]:
            raise AnswersError(f"'{name}' is not a text of at most {_ABOUT[name]} characters")
        if any("\ud800" <= character <= "\udfff" for character in text):  # half a character: no file can hold it
            raise AnswersError(f"'{name}' is not a text in Unicode")
    return dict(value)


def _keys(data: dict[str, Any], wanted: set[str], where: str) -> None:
    if missing := sorted(wanted - set(data)):
        raise AnswersError(f"{where} lacks '{missing[0]}'")
    if set(data) - wanted:
        raise AnswersError(f"{where} has a part too many; expected are {', '.join(sorted(wanted))}")


def _number(value: Any, where: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise AnswersError(f"{where} is not a number from {low:g} to {high:g}")
    return float(value)


def _whole(value: Any, where: str, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        raise AnswersError(f"'{where}' is not a whole number from 0 to {high}")
    return value


def _time(value: Any, name: str) -> None:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise AnswersError(f"'{name}' is not a time as 2026-01-31T12:00:00Z")


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")

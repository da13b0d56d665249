"""A built study: its questions, what stands behind each file, and the rules for answers. Kept in `study.json`.

The page that participants see (`public/study.js`) holds the questions only; which file comes from which method stands
here alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from anyonenet.errors import InputError

FORMAT = "anyonenet-study-1"
FILE = "study.json"
UNDECIDED = (("similar",), ("both", "none"))
"""A/B: 'they are similar'; or 'both are good' and 'none is', as MakeItTalk asks (section 6.5)"""


@dataclass(frozen=True)
class Rules:
    """When answers are not relied on. The paper of MakeItTalk (section 6.2) states the first and the last."""

    inconsistent_share: float = 0.5
    """A/B: more than this share of the repeated questions answered differently"""
    score_difference: float = 1.0
    """MOS: mean difference between the two scores of a repeated video above this"""
    shortest_seconds: float = 60.0
    """all trials together took less"""


@dataclass(frozen=True)
class Stimulus:
    """A sound or a video that participants hear or see."""

    method: str
    media: str
    """file below `public/`"""


@dataclass(frozen=True)
class Question:
    """One thing that is asked: two voices of a face, or one video."""

    id: str
    item: str
    """the face and its text: what the methods have in common"""
    comparison: str
    """A/B: which pair of methods, as 'image-speech'; MOS: ''"""
    stimuli: tuple[Stimulus, ...]
    """A/B: two; MOS: one"""
    picture: str | None = None
    """A/B: file below `public/`: of the person; a video where it ends in .mp4"""


@dataclass(frozen=True)
class Scale:
    """What a slider asks (MOS), from 1 to 5."""

    id: str
    label: dict[str, str]
    """by language"""


@dataclass(frozen=True)
class Study:
    """All that `serve` and `analyse` need to know."""

    name: str
    kind: str
    """'ab' or 'mos'"""
    questions: tuple[Question, ...]
    scales: tuple[Scale, ...] = ()
    repeats: int = 0
    asked: int | None = None
    """different questions a participant is asked; None: all"""
    rules: Rules = Rules()
    title: dict[str, str] = dataclasses.field(default_factory=dict)
    """by language"""
    ask: dict[str, str] = dataclasses.field(default_factory=dict)
    """A/B: what is asked of each pair, by language; empty: the page's own words"""
    undecided: tuple[str, ...] = UNDECIDED[0]
    """A/B: what may be chosen beside the left and the right one, one of `UNDECIDED`"""

    @cached_property
    def id(self) -> str:
        """The name and a hash of everything: answers to another study do not fit."""
        told = dataclasses.asdict(self)
        for name, usual in (("ask", {}), ("undecided", UNDECIDED[0])):  # so that older studies keep their ids
            if told[name] == usual:
                del told[name]
        content = json.dumps(told, sort_keys=True, ensure_ascii=False)
        return f"{self.name}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"

    @property
    def trials(self) -> int:
        """How many pages a participant answers."""
        return (len(self.questions) if self.asked is None else self.asked) + self.repeats

    @cached_property
    def numbers(self) -> dict[str, int]:
        """A question's id -> its place."""
        return {question.id: number for number, question in enumerate(self.questions)}

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """In the order of their first question."""
        return tuple(dict.fromkeys(s.method for question in self.questions for s in question.stimuli))

    @property
    def comparisons(self) -> tuple[str, ...]:
        """A/B: in the order of their first question."""
        return tuple(dict.fromkeys(question.comparison for question in self.questions))

    def save(self, folder: Path) -> None:
        """Write `study.json`, beside and renamed."""
        content = {"format": FORMAT, "id": self.id, **dataclasses.asdict(self)}
        beside = folder / f".{FILE}.part"
        beside.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(beside, folder / FILE)


def load_study(folder: Path) -> Study:
    """The study built in a folder.

    Raises:
        InputError: there is none, or its file was changed.
    """
    path = Path(folder) / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise InputError(f"{path} was made by another version; build the study again")
        wanted = content.pop("id")
        study = _from_json(content)
    except FileNotFoundError:
        raise InputError(f"no study in {folder}; make one with: anyonenet study build STUDY.yaml --out DIR") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} cannot be read ({error}); build the study again") from None
    if study.id != wanted:
        raise InputError(f"{path} was changed after the study was built, so answers no longer fit; build it again")
    return study


def _from_json(content: dict[str, Any]) -> Study:
    questions = tuple(
        Question(**{**question, "stimuli": tuple(Stimulus(**stimulus) for stimulus in question["stimuli"])})
        for question in content.pop("questions")
    )
    scales = tuple(Scale(**scale) for scale in content.pop("scales"))
    content["undecided"] = tuple(content.get("undecided", UNDECIDED[0]))
    return Study(questions=questions, scales=scales, rules=Rules(**content.pop("rules")), **content)

"""Whose answers count: files in, unreliable participants out by the study's rules, each with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anyonenet.errors import InputError
from evaluation.study.answers import LEFT, RIGHT, Answers, AnswersError, parse_answers
from evaluation.study.definition import Study

REASONS = {
    "unreadable": "not answers to this study",
    "repeated": "the same participant once more",
    "unfinished": "not finished",
    "fast": "faster than the time floor",
    "inconsistent": "repeated questions answered otherwise",
    "monotonous": "the same answer to everything",
}
"""why answers are left out, in the order in which rules are applied: each file is counted once"""


@dataclass(frozen=True)
class Sorted:
    """Answers that count, and those that do not."""

    kept: tuple[Answers, ...]
    left_out: tuple[tuple[str, str, str], ...]
    """file, reason (a key of `REASONS`), and what exactly"""

    @property
    def counts(self) -> dict[str, int]:
        """How many were left out for each reason, zeros too."""
        found = Counter(reason for _, reason, _ in self.left_out)
        return {reason: found[reason] for reason in REASONS}


def sort_answers(folder: Path, study: Study) -> Sorted:
    """Read all `*.json` of a folder and apply the rules.

    Raises:
        InputError: the folder holds no such file.
    """
    paths = sorted(path for path in Path(folder).glob("*.json") if not path.name.startswith("."))
    if not paths:
        raise InputError(f"no answers (*.json) in {folder}; put the participants' files there")
    kept: dict[str, Answers] = {}
    left_out = []
    for path in paths:
        try:
            answers = parse_answers(path.read_bytes(), study)
        except AnswersError as error:
            left_out.append((path.name, "unreadable", str(error)))
            continue
        if answers.participant in kept:
            left_out.append((path.name, "repeated", f"participant {answers.participant[:8]} is here already"))
            continue
        doubt = doubt_about(answers, study)
        if doubt is None:
            kept[answers.participant] = answers
        else:
            left_out.append((path.name, *doubt))
    return Sorted(tuple(kept.values()), tuple(left_out))


def doubt_about(answers: Answers, study: Study) -> tuple[str, str] | None:
    """The first rule that a participant breaks, and how; None for a reliable one."""
    rules = study.rules
    if not answers.finished:
        return "unfinished", f"{len(answers.trials)} of {study.trials} trials"
    seconds = sum(trial.seconds for trial in answers.trials)
    if seconds < rules.shortest_seconds:
        return "fast", f"{seconds:.0f} s in all, floor {rules.shortest_seconds:.0f} s"
    if study.kind == "ab":
        changed = inconsistencies(answers)
        if changed and np.mean(changed) > rules.inconsistent_share:
            return "inconsistent", f"{sum(changed)} of {len(changed)} repeated questions"
        answered = [trial.choice for trial in answers.trials if trial.choice is not None]
    else:
        away = score_differences(answers)
        if away and np.mean(away) > rules.score_difference:
            return "inconsistent", f"mean difference {np.mean(away):.2f} at {len(away)} repeated videos"
        answered = [str(sorted(trial.scores.items())) for trial in answers.trials if trial.scores is not None]
    if len(answered) >= 8 and len(set(answered)) == 1:
        return "monotonous", f"'{answered[0]}' {len(answered)} times" if study.kind == "ab" else "one pair of scores"
    return None


def inconsistencies(answers: Answers) -> list[bool]:
    """A/B: for each repeated question, whether it was answered otherwise; sides are taken into account."""
    first = {trial.question: trial for trial in answers.trials if not trial.repeat}
    pairs = [(first[trial.question], trial) for trial in answers.trials if trial.repeat]
    known = [(before, after) for before, after in pairs if before.choice is not None and after.choice is not None]
    return [preferred(b.choice, b.flipped) != preferred(a.choice, a.flipped) for b, a in known]


def score_differences(answers: Answers) -> list[float]:
    """MOS: for each repeated video, the mean distance between its scores."""
    first = {trial.question: trial for trial in answers.trials if not trial.repeat}
    away = []
    for trial in answers.trials:
        before = first[trial.question].scores
        if trial.repeat and before is not None and trial.scores is not None:
            away.append(float(np.mean([abs(before[name] - score) for name, score in trial.scores.items()])))
    return away


def preferred(choice: str | None, flipped: bool) -> str | None:
    """Which method a side stands for: 'first' or 'second'; what is neither side stays as it is."""
    if choice not in (LEFT, RIGHT):
        return choice
    return "first" if (choice == LEFT) != flipped else "second"


def described(answers: Sequence[Answers], name: str) -> dict[str, int]:
    """How many said what of themselves; '' where nothing."""
    return dict(Counter(one.about.get(name, "") for one in answers).most_common())

"""Small studies and made-up participants for the tests of studies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from evaluation.study.definition import Question, Scale, Stimulus, Study
from evaluation.study.schedule import schedule

SCALES = (
    Scale("lip_sync", {"en": "Do lips and speech fit?", "zh": "口型与语音是否同步？"}),
    Scale("realness", {"en": "How real does it look?", "zh": "整体真实感如何？"}),
)


def ab_study(items: int = 16, repeats: int = 4, **changes: Any) -> Study:
    """Image against speech and against random, for each item."""
    questions = tuple(
        Question(
            f"q{number:03d}", f"i{item:02d}", f"image-{other}",
            (Stimulus("image", f"media/{item}-image.wav"), Stimulus(other, f"media/{item}-{other}.wav")),
            f"media/{item}.jpg",
        )
        for number, (item, other) in enumerate((item, other) for item in range(items) for other in ("speech", "random"))
    )  # fmt: skip
    return Study("tested", "ab", questions, repeats=repeats, title={"en": "Voices", "zh": "声音"}, **changes)


def mos_study(items: int = 6, methods: tuple[str, ...] = ("warp", "unet", "still"), repeats: int = 2) -> Study:
    """One video of each method for each item."""
    questions = tuple(
        Question(f"q{number:03d}", f"i{item:02d}", "", (Stimulus(method, f"media/{item}-{method}.mp4"),))
        for number, (item, method) in enumerate((item, method) for item in range(items) for method in methods)
    )
    return Study("rated", "mos", questions, scales=SCALES, repeats=repeats, title={"en": "Videos", "zh": "视频"})


Chooser = Callable[[Question, np.random.Generator], Any]
"""A/B: 'first', 'similar' or 'second' (by method, not side); MOS: dict of scores"""


def answers_of(study: Study, seed: int, choose: Chooser, seconds: float = 6.0, consistent: bool = True) -> dict:
    """What the page would send for a participant; the seed decides who it is and how it chooses."""
    rng = np.random.default_rng([seed, 7])
    trials, before = [], {}
    for trial in schedule(study.id, seed, len(study.questions), study.repeats, study.asked):
        question = study.questions[trial.question]
        if not (trial.repeat and consistent):
            before[trial.question] = choose(question, rng)
        answer = before[trial.question]
        if study.kind == "ab" and answer in ("first", "second"):
            answer = "left" if (answer == "first") != trial.flipped else "right"
        trials.append(
            {
                "question": question.id, "flipped": trial.flipped, "repeat": trial.repeat, "answer": answer,
                "seconds": seconds, "plays": [1] * len(question.stimuli),
            }
        )  # fmt: skip
    return {
        "format": "anyonenet-answers-1",
        "study": study.id,
        "participant": hashlib.sha256(str(seed).encode()).hexdigest()[:32],
        "seed": seed,
        "language": "en" if seed % 2 else "zh",
        "consented": "2026-01-31T12:00:00Z",
        "finished": "2026-01-31T12:10:00.123Z",
        "about": {"age": "18-29", "gender": "f" if seed % 3 else "m"},
        "trials": trials,
    }


def always(choice: Any) -> Chooser:
    """Somebody of one mind."""
    return lambda question, rng: choice


def at_random(*choices: Any) -> Chooser:
    """Somebody who chooses by lot."""
    return lambda question, rng: choices[int(rng.integers(len(choices)))]


def write_answers(folder: Path, study: Study, seeds: range, choose: Chooser, **more: Any) -> None:
    """A file for each participant."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        content = json.dumps(answers_of(study, seed, choose, **more), ensure_ascii=False)
        (folder / f"{seed:05d}.json").write_text(content, encoding="utf-8")

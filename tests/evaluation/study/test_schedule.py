from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from evaluation.study.schedule import Generator, schedule


def test_xorshift_is_marsaglias():
    """His example state 2463534242 is followed by 723471715 (Xorshift RNGs, 2003)."""
    generator = Generator("")
    generator._state = 2463534242
    assert generator.draw() == 723471715


def test_numbers_are_even_and_unlike_for_near_seeds():
    counts = np.bincount([Generator(f"s:{seed}").below(8) for seed in range(4000)], minlength=8)
    assert ((counts - 500) ** 2 / 500).sum() < 24.3  # chi-square, 7 degrees of freedom, p = 0.001
    firsts = [Generator(f"s:{seed}").draw() for seed in range(200)]
    assert abs(np.corrcoef(firsts[:-1], firsts[1:])[0, 1]) < 0.25


@pytest.mark.parametrize(("questions", "repeats", "asked"), [(32, 4, None), (10, 10, None), (40, 3, 12), (1, 0, None)])
def test_every_question_once_and_repeats_flipped_later(questions, repeats, asked):
    for seed in range(50):
        trials = schedule("s", seed, questions, repeats, asked)
        first = [trial for trial in trials if not trial.repeat]
        assert len(first) == len({trial.question for trial in first}) == (asked or questions)
        assert len(trials) == len(first) + repeats
        assert abs(sum(trial.flipped for trial in first) - len(first) / 2) < 1
        at = {trial.question: place for place, trial in enumerate(trials) if not trial.repeat}
        for place, trial in enumerate(trials):
            if trial.repeat:
                assert at[trial.question] < place
                assert trials[at[trial.question]].flipped is not trial.flipped


def test_orders_differ_and_are_the_seeds():
    assert schedule("s", 1, 20, 2) == schedule("s", 1, 20, 2)
    assert schedule("s", 1, 20, 2) != schedule("s", 2, 20, 2)
    assert schedule("s", 1, 20, 2) != schedule("other", 1, 20, 2)


def test_every_question_is_as_likely_at_each_place():
    places = Counter(schedule("s", seed, 6, 0)[0].question for seed in range(3000))
    assert all(abs(count - 500) < 100 for count in places.values()) and len(places) == 6

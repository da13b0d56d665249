from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from evaluation.study.answers import check_answers
from evaluation.study.ratings import rate
from tests.evaluation.study.participants import answers_of, mos_study

STUDY = mos_study(10, ("warp", "unet", "still"), repeats=2)


def crowd(count, means, first=0):
    """Participants with their own level, items with theirs, and a mean for each method."""
    items = np.random.default_rng(9).normal(0, 0.4, 10)

    def choose(question, rng):
        who = rng.bit_generator.seed_seq.entropy
        level = np.random.default_rng(who).normal(0, 0.4)
        mean = means[question.stimuli[0].method] + level + items[int(question.item[1:])]
        return {name: float(np.clip(round(rng.normal(mean, 0.8)), 1, 5)) for name in ("lip_sync", "realness")}

    return [check_answers(answers_of(STUDY, first + seed, choose), STUDY) for seed in range(count)]


def test_known_differences_are_recovered_and_none_where_none():
    lips, realness = rate(STUDY, crowd(16, {"warp": 3.5, "unet": 3.5, "still": 2.5}))
    for result in (lips, realness):
        assert result.methods == ("warp", "unet", "still") and result.scores == 16 * 30
        assert (result.participants, result.items) == (16, 10)
        same, *other = result.pairs
        assert same.clustered.low < 0 < same.clustered.high and same.tukey[3] > 0.05
        for pair in other:
            assert pair.clustered.low < 1 < pair.clustered.high
            assert pair.holm_p < 0.001 and pair.tukey[3] < 0.001
        assert result.wald[1] < 0.001 and result.anova.p < 0.001
    (means,) = {tuple(round(mean.value, 1) for mean in result.means) for result in (lips,)}
    assert means == pytest.approx((3.5, 3.5, 2.5), abs=0.3)


def test_anova_and_tukey_are_scipys():
    people = crowd(6, {"warp": 3.2, "unet": 3.0, "still": 2.6})
    (lips, _) = rate(STUDY, people)
    groups = {name: [] for name in STUDY.methods}
    for one in people:
        for trial in one.trials:
            if not trial.repeat:
                groups[STUDY.questions[trial.question].stimuli[0].method].append(trial.scores["lip_sync"])
    wanted = scipy.stats.f_oneway(*groups.values())
    assert (lips.anova.f, lips.anova.p) == pytest.approx((wanted.statistic, wanted.pvalue))
    tukey = scipy.stats.tukey_hsd(*groups.values())
    assert [pair.tukey[3] for pair in lips.pairs] == pytest.approx(
        [tukey.pvalue[0, 1], tukey.pvalue[0, 2], tukey.pvalue[1, 2]]
    )
    assert lips.pairs[0].tukey[0] == pytest.approx(np.mean(groups["warp"]) - np.mean(groups["unet"]))


def test_one_method_and_a_method_without_scores():
    alone = mos_study(4, ("warp",), repeats=0)
    people = [
        check_answers(
            answers_of(alone, seed, lambda q, rng: {n: int(rng.integers(1, 6)) for n in ("lip_sync", "realness")}),
            alone,
        )
        for seed in range(4)
    ]
    (lips, _) = rate(alone, people)
    assert lips.pairs == () and np.isnan(lips.anova.f) and 1 <= lips.means[0].value <= 5
    data = answers_of(STUDY, 1, lambda q, rng: {"lip_sync": 3, "realness": 3})
    for trial in data["trials"]:
        if STUDY.questions[STUDY.numbers[trial["question"]]].stimuli[0].method == "still":
            trial["answer"] = "unplayable"
    with pytest.raises(ValueError, match="'still' has fewer than two"):
        rate(STUDY, [check_answers(data, STUDY)])

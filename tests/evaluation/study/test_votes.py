from __future__ import annotations

import json
import math

import numpy as np
import pytest
import scipy.stats

from evaluation.study.answers import check_answers
from evaluation.study.votes import Counts, anova, compare
from tests.evaluation.study.participants import ab_study, answers_of

STUDY = ab_study(16, 4)


def crowd(count, choose, first_seed=0):
    return [check_answers(answers_of(STUDY, first_seed + seed, choose), STUDY) for seed in range(count)]


def leaning(by_comparison, item_spread=0.0, person_spread=0.0, similar=0.05):
    """A chooser that prefers the first method with these probabilities, more or less by item and by participant."""

    people: dict[tuple[int, ...], float] = {}
    items = {}
    for name in by_comparison:
        spread = np.random.default_rng(len(name)).normal(0, item_spread, 16)
        items.update({(name, f"i{number:02d}"): value for number, value in enumerate(spread - spread.mean())})

    def choose(question, rng):
        who = tuple(rng.bit_generator.seed_seq.entropy)
        if who not in people:
            people[who] = float(np.random.default_rng(who).normal())
        logit = math.log(by_comparison[question.comparison] / (1 - by_comparison[question.comparison]))
        lean = logit + items[question.comparison, question.item] + people[who] * person_spread
        odds = 1 / (1 + math.exp(-lean))
        return "similar" if rng.random() < similar else "first" if rng.random() < odds else "second"

    return choose


def test_the_papers_figure_5():
    """66.7, 6.7 and 26.6 % of 27 participants' 16 votes are 288, 29 and 115; no counts of 432 give the other bar's
    44.1, 4.1 and 51.8 %; 440 do."""
    random = Counts("image-random", "image", "random", 288, 29, 115)
    speech = Counts("image-speech", "image", "speech", 194, 18, 228)
    assert random.all == 27 * 16
    assert [round(100 * share, 1) for share in random.shares] == [66.7, 6.7, 26.6]
    assert [round(100 * share, 1) for share in speech.shares] == [44.1, 4.1, 51.8]
    assert round(100 * (speech.shares[2] - speech.shares[0]), 1) == 7.7
    assert random.binomial()[3] < 1e-15
    assert speech.binomial()[3] == pytest.approx(scipy.stats.binomtest(194, 422, 0.5).pvalue)
    assert speech.binomial()[1] < 0.5 < speech.binomial()[2]


def test_anova_is_scipys():
    rng = np.random.default_rng(0)
    for sizes in ((16, 16), (27, 27), (40, 33, 29)):
        groups = [rng.normal(0.3 * number, 1, size) for number, size in enumerate(sizes)]
        wanted = scipy.stats.f_oneway(*groups)
        found = anova(*groups)
        assert (found.f, found.p) == pytest.approx((wanted.statistic, wanted.pvalue))
        assert (found.between, found.within) == (len(sizes) - 1, sum(sizes) - len(sizes))
    with pytest.raises(ValueError, match="two groups"):
        anova([1.0, 2.0])


def test_the_papers_p_fits_its_f_with_16_groups():
    assert scipy.stats.f.sf(0.17, 1, 30) == pytest.approx(0.68, abs=0.005)
    assert scipy.stats.f.sf(7.25, 1, 30) == pytest.approx(0.01, abs=0.005)


def test_a_known_effect_is_recovered_and_none_where_none():
    people = crowd(27, leaning({"image-speech": 0.5, "image-random": 0.75}, 0.4, 0.4))
    speech, random = compare(STUDY, people)
    assert (speech.counts.comparison, random.counts.comparison) == ("image-speech", "image-random")
    assert speech.counts.all == random.counts.all == 27 * 16 and random.participants == 27 and random.items == 16
    assert random.preference.low > 0.2 and random.preference.p < 0.001
    assert random.by_item.p < 0.001 and random.counts.binomial()[3] < 0.001
    # 75 % of those who prefer one are 50 points ahead, 95 % prefer one, and spread takes a little off
    assert random.preference.low < 0.95 * 0.50 < random.preference.high
    assert speech.preference.low < 0 < speech.preference.high


def test_no_effect_is_rarely_found_though_people_and_items_differ():
    """With a true effect of none, about 5 % of studies find one; the binomial test finds several times as many."""
    clustered = exact = 0
    choose = leaning({"image-speech": 0.5, "image-random": 0.5}, 0.0, 1.2)
    for study in range(25):
        found = compare(STUDY, crowd(12, choose, 1000 * study + 50000))
        clustered += sum(one.preference.p < 0.05 for one in found)
        exact += sum(one.counts.binomial()[3] < 0.05 for one in found)
    assert clustered / 50 <= 0.12
    assert exact / 50 > 0.25


def test_sides_do_not_matter_but_methods_do():
    left = crowd(10, lambda question, rng: "first")
    assert all(one.counts.shares == (1, 0, 0) for one in compare(STUDY, left))
    data = answers_of(STUDY, 1, lambda question, rng: "first")
    for trial in data["trials"]:
        trial["answer"] = "left"
    others = [check_answers(json.loads(json.dumps(data)), STUDY), *crowd(3, lambda question, rng: "similar", 5)]
    speech = compare(STUDY, others)[0].counts
    assert speech.similar == 48 and 3 <= speech.first <= 13 and speech.first + speech.second == 16


def test_repeats_and_what_could_not_be_played_are_no_votes():
    data = answers_of(STUDY, 1, lambda question, rng: "first")
    lost = next(number for number, trial in enumerate(data["trials"]) if not trial["repeat"])
    data["trials"][lost]["answer"] = "unplayable"
    people = [check_answers(data, STUDY), *crowd(1, lambda question, rng: "second", 2)]
    assert sum(one.counts.all for one in compare(STUDY, people)) == 63


def test_counts_without_votes():
    assert Counts("a-b", "a", "b", 0, 0, 0).shares == (0, 0, 0)
    assert Counts("a-b", "a", "b", 0, 3, 0).binomial()[3] == 1.0

import itertools

import numpy as np
import pytest

from anyonenet.metrics.retrieval import (
    area_under_curve,
    matching_accuracy,
    median_rank,
    ranks,
    recall_at,
    within_group_auc,
)


def test_ranks_by_hand():
    similarity = np.array([[0.9, 0.1, 0.5], [0.7, 0.6, 0.8], [0.2, 0.3, 0.3]])
    persons = np.array([0, 1, 2])
    found = ranks(similarity, persons, persons)
    assert found.tolist() == [1, 3, 2]  # in the last row a tie counts against the query
    assert recall_at(found, 1) == pytest.approx(1 / 3) and recall_at(found, 2) == pytest.approx(2 / 3)
    assert median_rank(found) == 2
    assert ranks(similarity[:1], np.array([0]), np.array([0, 1, 0])).tolist() == [1]  # own second item is no rival


def test_matching_is_chance_for_noise_and_full_for_truth():
    rng = np.random.default_rng(0)
    persons = np.repeat(np.arange(12), 3)
    noise = matching_accuracy(rng.random((36, 36)), persons, persons, 10, trials=4000)
    assert noise == pytest.approx(0.1, abs=0.04)
    truth = (persons[:, None] == persons[None]).astype(float)
    assert matching_accuracy(truth, persons, persons, 10) == 1.0
    assert matching_accuracy(np.zeros((36, 36)), persons, persons, 10) == 0.0  # ties count against
    with pytest.raises(ValueError, match="12 persons; 13-way"):
        matching_accuracy(truth, persons, persons, 13)


def test_area_under_curve_against_brute_force():
    rng = np.random.default_rng(1)
    scores, positive = rng.integers(0, 8, 50).astype(float), rng.random(50) < 0.3
    pairs = [(p > n) + 0.5 * (p == n) for p in scores[positive] for n in scores[~positive]]
    assert area_under_curve(scores, positive) == pytest.approx(np.mean(pairs))


def test_within_group_ignores_what_tells_groups_apart():
    persons, sexes = np.array([0, 1, 2, 3]), np.array([0, 0, 1, 1])
    by_sex = (sexes[:, None] == sexes[None]).astype(float)
    assert within_group_auc(by_sex, persons, persons, sexes, sexes) == 0.5
    assert within_group_auc(np.eye(4), persons, persons, sexes, sexes) == 1.0
    unknown = np.array([-1, -1, 1, 1])
    assert within_group_auc(np.diag([0.0, 0, 1, 1]), persons, persons, unknown, unknown) == 1.0


def test_queries_without_an_item_are_refused():
    with pytest.raises(ValueError, match="1 queries"):
        ranks(np.zeros((1, 2)), np.array([5]), np.array([1, 2]))
    with pytest.raises(ValueError, match="similarity is"):
        ranks(np.zeros((2, 2)), np.array([5]), np.array([1, 2]))


def test_exact_matching_is_the_mean_over_every_possible_draw():
    rng = np.random.default_rng(2)
    queries, gallery = np.array([0, 1, 1, 3]), np.array([0, 0, 1, 2, 2, 2, 3, 4])
    similarity = np.round(rng.random((4, 8)), 1)  # with ties
    won = []
    for row, person in zip(similarity, queries, strict=True):
        draws = []
        for own in np.flatnonzero(gallery == person):
            for others in itertools.combinations(set(gallery.tolist()) - {int(person)}, 2):
                places = [np.flatnonzero(gallery == other) for other in others]
                rivals = list(itertools.product(*places))
                draws.append(np.mean([all(row[own] > row[rival] for rival in pair) for pair in rivals]))
        won.append(np.mean(draws))
    assert matching_accuracy(similarity, queries, gallery, 3, trials=None) == pytest.approx(np.mean(won))
    drawn = matching_accuracy(similarity, queries, gallery, 3, trials=20_000)
    assert drawn == pytest.approx(np.mean(won), abs=0.015)


def test_exact_matching_of_noise_is_chance():
    rng = np.random.default_rng(3)
    persons = np.repeat(np.arange(60), 2)
    assert matching_accuracy(rng.random((120, 120)), persons, persons, 10, trials=None) == pytest.approx(0.1, abs=0.03)

import numpy as np
import pytest

from datamodules.face_voice import Person, PersonTables
from evaluation.face import joined, matching_figures, mini_ceiling, sex_probe


def test_ceiling_is_what_the_corpus_was_made_for():
    ceiling = mini_ceiling(persons=200)
    assert 0.7 < ceiling["matching_10"] < 0.92
    assert ceiling["auc_within_sex"] > 0.9


def test_perfect_and_useless_faces():
    persons = np.repeat(np.arange(12), 2)
    sexes = np.arange(12) % 2
    truth = (persons[:, None] == persons[None]).astype(float)
    perfect = matching_figures(truth, persons, persons, sexes)
    assert perfect["recall_at_1"] == perfect["matching_10"] == perfect["auc_within_sex"] == 1.0
    noise = matching_figures(np.random.default_rng(0).random((24, 24)), persons, persons, sexes)
    assert noise["matching_10"] < 0.25 and noise["auc_within_sex"] == pytest.approx(0.5, abs=0.15)


def test_sex_probe_on_voices():
    rng = np.random.default_rng(0)
    people = [
        Person(np.zeros((1, 4)), np.zeros(1, bool), rng.normal(0, 0.1, (3, 8)) + (number % 2), number % 2)
        for number in range(10)
    ]
    table = joined(PersonTables(["a"] * 5, people[:5]), PersonTables(["b"] * 5, people[5:]))
    guess = sex_probe(table)(np.stack([np.zeros(8), np.ones(8)]))
    assert guess[0] < -0.5 and guess[1] > 0.5

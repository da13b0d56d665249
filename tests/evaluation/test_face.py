import numpy as np
import pytest
import torch

from anyonenet.metrics.retrieval import area_under_curve, matching_accuracy, within_group_auc
from datamodules.face_voice import Person, PersonTables
from evaluation.face import auc, diversity, joined, matching_figures, mini_ceiling, sex_probe
from evaluation.metrics.voices import voice_diversity


def test_ceiling_is_what_the_corpus_was_made_for():
    ceiling = mini_ceiling(persons=200)
    assert 0.7 < ceiling["matching_10"] < 0.92
    assert ceiling["auc_within_sex"] > 0.9


def test_perfect_and_useless_faces():
    persons = np.repeat(np.arange(12), 2)
    sexes = np.arange(12) % 2
    truth = (persons[:, None] == persons[None]).astype(float)
    perfect = matching_figures(truth, persons, persons, sexes)
    assert perfect["recall_at_1"].value == perfect["auc_within_sex"].value == perfect["auc"].value == 1.0
    assert perfect["matching_10"].value == pytest.approx(1.0) and perfect["median_rank"].value == 1
    assert perfect["recall_at_1"].items == 12 and perfect["recall_at_1"].low < 1  # twelve persons are few
    similarity = np.random.default_rng(0).random((24, 24))
    noise = matching_figures(similarity, persons, persons, sexes)
    assert noise["matching_10"].value < 0.25 and noise["matching_10"].low < 0.1 < noise["matching_10"].high
    assert noise["auc_within_sex"].value == pytest.approx(0.5, abs=0.15)
    assert noise["auc_within_sex"].low < 0.5 < noise["auc_within_sex"].high
    assert noise["matching_10"].value == pytest.approx(matching_accuracy(similarity, persons, persons, trials=None))


def test_the_interval_of_the_area_is_about_the_areas_own_value():
    persons, sexes = np.repeat(np.arange(20), 2), np.arange(20) % 2
    own = persons[:, None] == persons[None]
    similarity = np.round(np.random.default_rng(1).normal(size=(40, 40)) + own, 1)
    within, over_all = auc(similarity, persons, persons, sexes), auc(similarity, persons, persons)
    assert within.value == within_group_auc(similarity, persons, persons, sexes[persons], sexes[persons])
    assert over_all.value == area_under_curve(similarity, own)
    for figure in (within, over_all):
        assert figure.low < figure.value < figure.high and (figure.items, figure.of) == (20, "persons")


def test_diversity_is_the_metric_with_an_interval():
    rng = np.random.default_rng(0)
    voices, persons = rng.normal(size=(30, 6)) + 1, np.repeat(np.arange(10), 3)
    voices /= np.linalg.norm(voices, axis=1, keepdims=True)
    figure = diversity(voices, persons)
    known = voice_diversity(torch.from_numpy(voices), torch.from_numpy(persons))
    assert figure.value == pytest.approx(float(known)) and figure.low < figure.value < figure.high


def test_sex_probe_on_voices():
    rng = np.random.default_rng(0)
    people = [
        Person(np.zeros((1, 4)), np.zeros(1, bool), rng.normal(0, 0.1, (3, 8)) + (number % 2), number % 2)
        for number in range(10)
    ]
    table = joined(PersonTables(["a"] * 5, people[:5]), PersonTables(["b"] * 5, people[5:]))
    guess = sex_probe(table)(np.stack([np.zeros(8), np.ones(8)]))
    assert guess[0] < -0.5 and guess[1] > 0.5

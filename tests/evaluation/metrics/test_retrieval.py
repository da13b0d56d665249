import numpy as np
import pytest
import torch

from evaluation.metrics.identity import EqualErrorRate, MinimumDetectionCost, equal_error_rate, minimum_detection_cost
from evaluation.metrics.retrieval import (
    AreaUnderCurve,
    MatchingAccuracy,
    MedianRank,
    RecallAt,
    WithinGroupAuc,
    area_under_curve,
    matching_accuracy,
    median_rank,
    ranks,
    recall_at,
    within_group_auc,
)

GENERATOR = torch.Generator().manual_seed(0)
QUERIES, GALLERY = torch.randn(9, 6, generator=GENERATOR), torch.randn(14, 6, generator=GENERATOR)
QUERY_PERSONS, GALLERY_PERSONS = torch.arange(9) % 5, torch.arange(14) % 7
SIDES = (QUERY_PERSONS.numpy(), GALLERY_PERSONS.numpy())
COSINES = torch.nn.functional.cosine_similarity(QUERIES[:, None], GALLERY[None], dim=-1).double().numpy()


def in_two_parts(metric):
    metric.update(QUERIES[:4], QUERY_PERSONS[:4], GALLERY[:10], GALLERY_PERSONS[:10])
    metric.update(3 * QUERIES[4:], QUERY_PERSONS[4:], GALLERY[10:] / 2, GALLERY_PERSONS[10:])  # lengths do not count
    return float(metric.compute())


def test_classes_are_the_functions_over_all_items():
    assert in_two_parts(RecallAt(2)) == pytest.approx(recall_at(ranks(COSINES, *SIDES), 2))
    assert in_two_parts(MedianRank()) == median_rank(ranks(COSINES, *SIDES))
    assert in_two_parts(MatchingAccuracy(4)) == pytest.approx(matching_accuracy(COSINES, *SIDES, 4, trials=None))
    own = SIDES[0][:, None] == SIDES[1][None]
    assert in_two_parts(AreaUnderCurve()) == pytest.approx(area_under_curve(COSINES, own))
    groups = QUERY_PERSONS % 2, GALLERY_PERSONS % 2
    metric = WithinGroupAuc()
    metric.update(QUERIES, QUERY_PERSONS, groups[0], GALLERY, GALLERY_PERSONS, groups[1])
    expected = within_group_auc(COSINES, *SIDES, groups[0].numpy(), groups[1].numpy())
    assert float(metric.compute()) == pytest.approx(expected)


def test_area_agrees_with_scikit_learn():
    from sklearn.metrics import roc_auc_score

    own = SIDES[0][:, None] == SIDES[1][None]
    assert in_two_parts(AreaUnderCurve()) == pytest.approx(roc_auc_score(own.ravel(), COSINES.ravel()))


def test_verification_classes_are_the_functions_over_all_trials():
    same = torch.arange(40) % 3 == 0
    scores = torch.randn(40, generator=torch.Generator().manual_seed(1)) + same
    pairs = ((EqualErrorRate(), equal_error_rate), (MinimumDetectionCost(prior=0.3), minimum_detection_cost))
    for metric, function in pairs:
        metric.update(scores[:11], same[:11])
        metric.update(scores[11:], same[11:])
        arguments = {"prior": 0.3} if isinstance(metric, MinimumDetectionCost) else {}
        assert float(metric.compute()) == pytest.approx(function(scores.numpy(), same.numpy(), **arguments))


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"embeddings are \(9, 6\), query_persons \(3,\)"):
        RecallAt().update(QUERIES, QUERY_PERSONS[:3], GALLERY, GALLERY_PERSONS)
    with pytest.raises(ValueError, match=r"embeddings are \(6,\), gallery_persons"):
        MedianRank().update(QUERIES, QUERY_PERSONS, GALLERY[0], GALLERY_PERSONS[:6])
    with pytest.raises(ValueError, match=r"query_groups \(1,\)"):
        WithinGroupAuc().update(QUERIES, QUERY_PERSONS, torch.zeros(1), GALLERY, GALLERY_PERSONS, GALLERY_PERSONS)
    with pytest.raises(ValueError, match="k is 0"):
        RecallAt(0)
    with pytest.raises(ValueError, match="7 persons; 8-way"):
        in_two_parts(MatchingAccuracy(8))
    with pytest.raises(ValueError, match=r"scores are \(3,\), same is \(2,\)"):
        EqualErrorRate().update(torch.zeros(3), torch.zeros(2, dtype=torch.bool))
    with pytest.raises(ValueError, match="0 same-speaker and 3 other"):
        metric = MinimumDetectionCost()
        metric.update(torch.zeros(3), torch.zeros(3, dtype=torch.bool))
        metric.compute()
    with pytest.raises(ValueError, match="MedianRank has seen no items"), np.testing.suppress_warnings() as quiet:
        quiet.filter(UserWarning)
        MedianRank().compute()

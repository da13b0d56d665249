import itertools

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cosine

from evaluation.metrics.voices import (
    GenderConsistency,
    SpeakerSimilarity,
    VoiceDiversity,
    gender_consistency,
    sex_by_pitch,
    speaker_similarity,
    voice_diversity,
)


def test_similarity_agrees_with_scipy():
    made, target = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(0)).unbind()
    expected = [1 - cosine(one, other) for one, other in zip(made.numpy(), target.numpy(), strict=True)]
    assert speaker_similarity(made, target).tolist() == pytest.approx(expected, abs=1e-6)
    metric = SpeakerSimilarity()
    metric.update(made[:2], target[:2])
    metric.update(made[2:], target[2:])
    assert float(metric.compute()) == pytest.approx(np.mean(expected), abs=1e-6)


def test_consistency_by_hand():
    scores = torch.tensor([0.5, -0.2, 0.3, 0.0, float("nan"), -9.0])
    sexes = torch.tensor([1, 0, 0, 1, 1, -1])
    assert gender_consistency(scores, sexes).nan_to_num(nan=9).tolist() == [1, 1, 0, 0, 9, 9]
    metric = GenderConsistency()
    metric.update(scores, sexes)
    assert float(metric.compute()) == pytest.approx(0.5)
    assert (int(metric.items), int(metric.undefined)) == (4, 2)


def test_pitch_tells_the_sex():
    scores = sex_by_pitch(torch.tensor([110.0, 220.0, 165.0, float("nan")]))
    assert scores[:3].tolist() == pytest.approx([np.log2(1.5), np.log2(0.75), 0], abs=1e-6)
    assert scores[3].isnan()


def test_diversity_is_the_mean_over_pairs_of_different_persons():
    embeddings = torch.randn(7, 5, generator=torch.Generator().manual_seed(1))
    persons = torch.tensor([4, 4, 9, 1, 9, 9, 0])
    pairs = [(i, j) for i, j in itertools.combinations(range(7), 2) if persons[i] != persons[j]]
    expected = np.mean([cosine(embeddings[i], embeddings[j]) for i, j in pairs])
    assert float(voice_diversity(embeddings, persons)) == pytest.approx(expected, abs=1e-6)
    assert float(voice_diversity(torch.ones(4, 3), torch.arange(4))) == pytest.approx(0, abs=1e-12)
    metric = VoiceDiversity()
    metric.update(embeddings[:3], persons[:3])
    metric.update(2 * embeddings[3:], persons[3:])
    assert float(metric.compute()) == pytest.approx(expected, abs=1e-6)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"made is \(2, 3\), target \(2, 4\)"):
        speaker_similarity(torch.ones(2, 3), torch.ones(2, 4))
    with pytest.raises(ValueError, match=r"scores are \(2,\), sexes \(3,\)"):
        gender_consistency(torch.ones(2), torch.ones(3))
    with pytest.raises(ValueError, match="a sex is 2"):
        gender_consistency(torch.ones(2), torch.tensor([0, 2]))
    with pytest.raises(ValueError, match=r"embeddings are \(2, 3\), persons \(1,\)"):
        VoiceDiversity().update(torch.ones(2, 3), torch.ones(1))
    with pytest.raises(ValueError, match="there are 1 persons"):
        voice_diversity(torch.ones(2, 3), torch.zeros(2, dtype=torch.int64))

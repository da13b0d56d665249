import pytest
import torch

from evaluation.metrics.landmarks import (
    LandmarkDistance,
    OpenAreaDifference,
    VelocityDistance,
    landmark_distance,
    open_area_difference,
    velocity_distance,
)

PAIRS = [
    (LandmarkDistance, landmark_distance),
    (VelocityDistance, velocity_distance),
    (OpenAreaDifference, open_area_difference),
]


@pytest.mark.parametrize(("metric", "function"), PAIRS)
def test_mean_over_clips_of_their_own_length(metric, function):
    generator = torch.Generator().manual_seed(0)
    predicted, reference = torch.rand(2, 3, 6, 68, 2, generator=generator).unbind()
    lengths = torch.tensor([6, 4, 2])
    gathered = metric()
    gathered.update(predicted[:1], reference[:1], lengths[:1])
    gathered.update(predicted[1:], reference[1:], lengths[1:])
    values = [function(predicted[i, :n], reference[i, :n]) for i, n in enumerate(lengths.tolist())]
    torch.testing.assert_close(gathered.compute(), torch.stack(values).mean())


def test_clips_without_an_open_mouth_are_counted_apart():
    metric = OpenAreaDifference()
    reference = torch.rand(2, 3, 68, 2)
    reference[1] = 0
    metric.update(torch.rand(2, 3, 68, 2), reference)
    assert (int(metric.clips), int(metric.undefined)) == (1, 1)
    assert metric.compute().isfinite()

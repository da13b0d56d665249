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
    assert (int(metric.items), int(metric.undefined)) == (1, 1)
    assert metric.compute().isfinite()


@pytest.mark.parametrize("metric", [LandmarkDistance, VelocityDistance])
def test_points_and_normaliser_are_arguments(metric):
    generator = torch.Generator().manual_seed(1)
    predicted, reference = torch.rand(2, 2, 5, 68, 2, generator=generator).unbind()
    lips = predicted.clone()
    lips[:, :, :17] += torch.rand(2, 5, 17, 2, generator=generator)
    values = []
    for arguments in ({}, {"points": "lips"}, {"points": "lips", "normaliser": 1.0}):
        one, other = metric(**arguments), metric(**arguments)
        one.update(predicted, reference)
        other.update(lips, reference)
        assert (one.compute() == other.compute()) == ("points" in arguments)  # the jaw counts, or does not
        values.append(float(one.compute()))
    widths = (reference[:, :, 54] - reference[:, :, 48]).norm(dim=-1).amax(1)
    assert values[1] != pytest.approx(values[2])
    single = metric(points="lips")
    single.update(predicted[:1], reference[:1])
    raw = metric(points="lips", normaliser=1.0)
    raw.update(predicted[:1], reference[:1])
    assert float(single.compute()) == pytest.approx(float(raw.compute() / widths[0]))
    with pytest.raises(ValueError, match="points are 'nose'; choose one of 'jaw_and_lips', 'lips'"):
        metric(points="nose")


def test_outer_lips_are_another_area():
    reference, predicted = torch.rand(2, 1, 4, 68, 2, generator=torch.Generator().manual_seed(2)).unbind()
    inner, outer = OpenAreaDifference(), OpenAreaDifference("outer")
    inner.update(predicted, reference)
    outer.update(predicted, reference)
    assert inner.compute() != outer.compute()


def test_lengths_and_shapes_that_do_not_fit_are_refused():
    clips = torch.rand(2, 4, 68, 2)
    with pytest.raises(ValueError, match=r"predicted is \(2, 4, 68, 2\), reference \(2, 3, 68, 2\)"):
        LandmarkDistance().update(clips, clips[:, :3])
    with pytest.raises(ValueError, match=r"lengths is \(3,\); expected \(2,\)"):
        OpenAreaDifference().update(clips, clips, torch.tensor([1, 2, 3]))
    with pytest.raises(ValueError, match="lengths go from 2 to 5; expected 1 to 4 frames"):
        LandmarkDistance().update(clips, clips, torch.tensor([2, 5]))
    with pytest.raises(ValueError, match="lengths go from 1 to 4; expected 2 to 4 frames"):
        VelocityDistance().update(clips, clips, torch.tensor([1, 4]))

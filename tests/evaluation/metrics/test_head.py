import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from anyonenet.face import quaternion
from evaluation.metrics.head import (
    FaceLandmarkDistance,
    FaceVelocityDistance,
    HeadPositionDifference,
    HeadRotationDifference,
    face_landmark_distance,
    face_velocity_distance,
    head_position_difference,
    head_rotation_difference,
)


def clip() -> torch.Tensor:
    """Two frames: the face is 5 wide, then 10 wide."""
    reference = torch.zeros(2, 68, 2)
    reference[0, 16] = torch.tensor([3.0, 4.0])
    reference[1, 16] = torch.tensor([6.0, 8.0])
    return reference


def test_distance_by_hand():
    predicted = clip()
    predicted[0, 30] += torch.tensor([3.0, 4.0])
    predicted[1, 16] += torch.tensor([0.0, 6.0])  # the reference's width counts, not this one
    assert face_landmark_distance(predicted, clip()) == pytest.approx((5 + 6) / (2 * 68) / 10)
    deep = torch.cat([clip(), torch.zeros(2, 68, 1)], dim=-1)
    deeper = deep + torch.tensor([0.0, 0.0, 2.0])
    assert face_landmark_distance(deeper, deep) == pytest.approx(2 / 10)


def test_velocity_by_hand():
    predicted = clip() + 7.0  # a constant offset has no velocity
    predicted[1, 40] += torch.tensor([0.0, 2.0])
    assert face_velocity_distance(predicted, clip()) == pytest.approx(2 / 68 / 10)


def test_position_by_hand():
    predicted = clip()
    predicted[:, [36, 39, 42, 45, *range(27, 36)]] += torch.tensor([0.0, 3.0])
    predicted[1, 50] += 100.0  # lips are no part of the head's position
    assert head_position_difference(predicted, clip()) == pytest.approx(3 / 10)
    predicted[0, 30] += torch.tensor([13.0, 0.0])  # a thirteenth of the centroid
    assert head_position_difference(predicted, clip()) == pytest.approx((math.hypot(1, 3) + 3) / 2 / 10)


def test_rotation_agrees_with_scipy_and_minds_no_sign():
    rng = np.random.default_rng(0)
    p, r = rng.normal(size=(2, 3, 50, 4))
    to_scipy = [Rotation.from_quat(np.roll(q.reshape(-1, 4), -1, axis=1)) for q in (p, r)]
    expected = np.degrees((to_scipy[0].inv() * to_scipy[1]).magnitude()).reshape(3, 50).mean(1)
    found = head_rotation_difference(torch.from_numpy(p), torch.from_numpy(-2 * r))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_small_rotations_are_exact_in_single_precision():
    p = torch.tensor([[1.0, 0, 0, 0]])
    r = torch.from_numpy(quaternion.from_euler(0.0, np.radians(0.01), 0.0)).float()[None]
    assert head_rotation_difference(p, r) == pytest.approx(0.01, rel=1e-3)


def test_euler_angles_by_hand_and_across_the_turn():
    p = quaternion.from_euler(np.radians([10.0]), np.radians([-20.0]), np.radians([179.0]))
    r = quaternion.from_euler(np.radians([13.0]), np.radians([-26.0]), np.radians([-178.0]))
    found = head_rotation_difference(torch.from_numpy(p), torch.from_numpy(r), angles="euler")
    assert found == pytest.approx((3 + 6 + 3) / 3)


@pytest.mark.parametrize(
    ("metric", "function", "shape"),
    [
        (FaceLandmarkDistance, face_landmark_distance, (68, 3)),
        (FaceVelocityDistance, face_velocity_distance, (68, 2)),
        (HeadPositionDifference, head_position_difference, (68, 2)),
        (HeadRotationDifference, head_rotation_difference, (4,)),
    ],
)
def test_means_over_clips_of_their_own_length_and_refusals(metric, function, shape):
    predicted, reference = torch.rand(2, 3, 6, *shape, generator=torch.Generator().manual_seed(0)).unbind()
    lengths = torch.tensor([6, 4, 2])
    gathered = metric()
    gathered.update(predicted[:1], reference[:1], lengths[:1])
    padded = predicted.clone()
    padded[1, 4:] = torch.nan
    gathered.update(padded[1:], reference[1:], lengths[1:])
    values = [function(predicted[i, :n], reference[i, :n]) for i, n in enumerate(lengths.tolist())]
    torch.testing.assert_close(gathered.compute(), torch.stack(values).mean())
    with pytest.raises(ValueError, match=rf"predicted is \(3, 6, {shape[0]}.*reference \(2, 6, "):
        metric().update(predicted, reference[:2])
    with pytest.raises(ValueError, match="expected .* twice"):
        metric().update(predicted[..., :1], reference[..., :1])
    with pytest.raises(ValueError, match="lengths go from 2 to 7"):
        metric().update(predicted, reference, torch.tensor([2, 3, 7]))


def test_unknown_angles_are_refused():
    with pytest.raises(ValueError, match="angles are 'gimbal'; choose 'geodesic' or 'euler'"):
        head_rotation_difference(torch.ones(2, 4), torch.ones(2, 4), "gimbal")

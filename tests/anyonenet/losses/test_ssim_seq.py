"""SSIM-Seq against equation (4), written out for each item and parameter."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from anyonenet.losses.ssim_seq import CONTRAST, LEVEL, ssim_seq


def directly(made: np.ndarray, real: np.ndarray) -> float:
    """Equation (4) of one item, `(T, P)` twice, without the 1."""
    found = []
    for x, y in zip(made.T, real.T, strict=True):
        covariance = ((x - x.mean()) * (y - y.mean())).mean()
        found.append(
            (2 * x.mean() * y.mean() + LEVEL)
            * (2 * covariance + CONTRAST)
            / ((x.mean() ** 2 + y.mean() ** 2 + LEVEL) * (x.std() ** 2 + y.std() ** 2 + CONTRAST))
        )
    return float(np.mean(found))


@pytest.fixture
def tracks() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.random((3, 20, 5)), rng.random((3, 20, 5))


def test_is_the_equation(tracks):
    made, real = tracks
    mask = torch.ones(3, 20, dtype=torch.bool)
    expected = np.mean([directly(a, b) for a, b in zip(made, real, strict=True)])
    assert ssim_seq(torch.from_numpy(made), torch.from_numpy(real), mask).item() == pytest.approx(expected, abs=1e-6)


def test_padding_does_not_count(tracks):
    made, real = tracks
    mask = torch.ones(3, 20, dtype=torch.bool)
    mask[0, 12:], mask[1, 7:] = False, False
    expected = np.mean(
        [directly(made[0, :12], real[0, :12]), directly(made[1, :7], real[1, :7]), directly(made[2], real[2])]
    )
    assert ssim_seq(torch.from_numpy(made), torch.from_numpy(real), mask).item() == pytest.approx(expected, abs=1e-6)


def test_extremes(tracks):
    real = torch.from_numpy(tracks[1])
    mask = torch.ones(3, 20, dtype=torch.bool)
    assert ssim_seq(real, real, mask).item() == pytest.approx(1.0)
    mirrored = 2 * real.mean(1, keepdim=True) - real
    assert ssim_seq(mirrored, real, mask).item() < -0.9
    held = real.mean(1, keepdim=True).expand_as(real)
    assert abs(ssim_seq(held, real, mask).item()) < 0.05  # the right level alone is worth nothing


def test_gradient_is_finite_for_a_track_that_does_not_move(tracks):
    made = torch.zeros(3, 20, 5, requires_grad=True)
    (1 - ssim_seq(made, torch.from_numpy(tracks[1]), torch.ones(3, 20, dtype=torch.bool))).backward()
    assert made.grad is not None and made.grad.isfinite().all() and made.grad.abs().max() > 0

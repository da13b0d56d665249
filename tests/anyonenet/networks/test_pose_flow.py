import math

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from anyonenet.networks.pose_flow import STRIDE, UNIT, PoseFlow, away, between, turned


def flow(**sizes) -> PoseFlow:
    torch.manual_seed(0)
    pose = PoseFlow(**{"width": 8, "components": 2, "history": 4, **sizes})
    with torch.no_grad():
        for parameter in pose.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return pose.eval()


def noise_of(seed: int, batch: int, steps: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.rand(batch, steps, 1, generator=generator)
    return torch.cat([chosen, torch.randn(batch, steps, 3, generator=generator)], dim=-1)


def test_rotations_agree_with_scipy_and_undo_each_other():
    base = Rotation.random(2, random_state=0)
    vectors = 0.4 * np.random.default_rng(0).normal(size=(2, 5, 3))
    wanted = np.stack([(base[item] * Rotation.from_rotvec(vectors[item])).as_quat() for item in range(2)])
    wanted = np.roll(wanted, 1, axis=-1)  # scipy has the scalar last
    start = torch.from_numpy(np.roll(base.as_quat(), 1, axis=-1))
    found = turned(start, torch.from_numpy(vectors)).numpy()
    np.testing.assert_allclose(found * np.sign((found * wanted).sum(-1, keepdims=True)), wanted, atol=1e-12)
    np.testing.assert_allclose(away(start, torch.from_numpy(found)).numpy(), vectors, atol=1e-9)
    np.testing.assert_allclose(away(start, -torch.from_numpy(found)).numpy(), vectors, atol=1e-9)
    still = torch.zeros(2, 5, 3, dtype=torch.float64, requires_grad=True)
    away(start, turned(start, still)).sum().backward()
    assert still.grad.isfinite().all()


def test_what_is_drawn_has_the_likelihood_that_is_told():
    """Density of one step, by the formula of the module, at a point drawn by hand."""
    pose = flow()
    past, heard = torch.zeros(1, 4, 3), torch.zeros(1, 16)
    weights, means, spreads = pose.step(heard, past)
    at = torch.tensor([0.1, -0.2, 0.3])
    normal = torch.distributions.Normal(means[0], spreads[0].exp())
    mixture = (weights[0].exp() * normal.log_prob(at).sum(-1).exp()).sum().log()
    mels, turns = torch.zeros(1, 2 * STRIDE, 80), torch.zeros(1, 2 * STRIDE, 3)
    turns[:, STRIDE:] = at * UNIT
    pose.listen = lambda mels, lengths=None: torch.zeros(1, 2, 16)
    surprise, counts = pose.surprise(mels, turns, torch.tensor([2 * STRIDE]))
    assert counts.tolist() == [[False, True]] and surprise.shape == (1, 2)
    torch.testing.assert_close(surprise[0, 1], -mixture)


def test_draws_fill_the_distribution_of_a_step():
    pose = flow()
    heard, past = torch.zeros(1, 16), torch.zeros(1, 4, 3)
    weights, means, spreads = pose.step(heard, past)
    mean = (weights[0].exp()[:, None] * means[0]).sum(0)
    variance = (weights[0].exp()[:, None] * (spreads[0].exp() ** 2 + means[0] ** 2)).sum(0) - mean**2
    pose.listen = lambda mels, lengths=None: torch.zeros(4000, 1, 16)
    _, drawn = pose.sample(torch.zeros(4000, STRIDE, 80), noise=noise_of(0, 4000, 1))
    torch.testing.assert_close(
        drawn[:, -1].mean(0), mean, rtol=0, atol=4 * float(variance.detach().max() / 4000) ** 0.5
    )
    torch.testing.assert_close(drawn[:, -1].var(0), variance, rtol=0.15, atol=0)


def test_a_seed_is_a_track_and_none_is_the_expected_one():
    pose, mels = flow(), torch.randn(1, 40, 80)
    one, again, other = (pose.sample(mels, noise=noise_of(seed, 1, 5))[0] for seed in (1, 1, 2))
    assert torch.equal(one, again) and (one - other).abs().max() > 0.01 * UNIT
    assert torch.equal(pose.sample(mels)[0], pose.sample(mels)[0])


def test_a_sentence_goes_on_where_the_last_one_ended():
    pose = flow()
    first, past = pose.sample(torch.randn(1, 5 * STRIDE, 80), noise=noise_of(1, 1, 5))
    second, _ = pose.sample(torch.randn(1, 5 * STRIDE, 80), noise=noise_of(2, 1, 5), past=past)
    steps = torch.cat([first, second], dim=1).diff(dim=1).norm(dim=-1)[0]
    assert steps[5 * STRIDE - 1] < 2 * steps.max()
    assert (second[0, 0] - first[0, -1]).norm() < 0.5 * UNIT < (second[0, 0]).norm() + 10


def test_between_steps_lies_a_cubic():
    """It goes through the steps, and along a straight line where they lie on one."""
    line = torch.arange(6.0)[None, :, None].expand(1, 6, 3)
    found = between(line, 5 * STRIDE)
    torch.testing.assert_close(found[0, :, 0], (torch.arange(5 * STRIDE) + STRIDE / 2) / STRIDE)
    steps = torch.randn(1, 6, 3)
    torch.testing.assert_close(between(steps, 5 * STRIDE)[:, STRIDE // 2 :: STRIDE], steps[:, 1:])
    assert between(steps[:, :2], 3).shape == (1, 3, 3)


def test_padding_is_not_heard():
    pose, mels = flow(), torch.randn(1, 40, 80)
    turns = 0.05 * torch.randn(1, 50, 3)
    alone, counts = pose.surprise(mels, turns[:, :40], torch.tensor([40]))
    longer = torch.cat([mels, torch.full((1, 10, 80), 9.0)], dim=1)
    padded, counted = pose.surprise(longer, turns, torch.tensor([40]))
    assert counts.sum() == counted.sum() == 4
    torch.testing.assert_close(padded[:, :5], alone)


def test_training_finds_the_spread_of_noise():
    """Steps that jump by independent noise of one size: the likelihood is best at that size."""
    torch.manual_seed(0)
    pose = PoseFlow(width=8, components=1, history=3)
    truth = 0.2 * torch.randn(16, 30, 3)
    turns = UNIT * truth.repeat_interleave(STRIDE, dim=1)
    mels, lengths = torch.zeros(16, 30 * STRIDE, 80), torch.full((16,), 30 * STRIDE)
    optimiser = torch.optim.Adam(pose.parameters(), 0.02)
    for _ in range(80):
        surprise, counts = pose.surprise(mels, turns, lengths)
        loss = (surprise * counts).sum() / counts.sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    best = 3 * (math.log(0.2) + 0.5 * math.log(2 * math.pi * math.e))
    fresh = UNIT * (0.2 * torch.randn(16, 30, 3)).repeat_interleave(STRIDE, dim=1)
    with torch.no_grad():
        surprise, counts = pose.surprise(mels, fresh, lengths)
    assert best - 0.1 < float(surprise[counts].mean()) < best + 0.6

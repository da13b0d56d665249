from __future__ import annotations

import numpy as np
import pytest
import torch

from anyonenet.errors import InputError, WeightsError
from anyonenet.face.template import frontal_template
from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.render.translate import UNetRenderer

LANDMARKS = frontal_template() * 60 + [150, 130, 0]
IDENTITY = np.array([1.0, 0, 0, 0])


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (280, 300, 3)).astype(np.uint8)


def renderer_of(photo, tiny_weights, monkeypatch=None, answer=None) -> UNetRenderer:
    if answer is not None:
        monkeypatch.setattr(ImageTranslator, "forward", lambda self, pictures: answer(pictures))
    return UNetRenderer(photo, LANDMARKS, tiny_weights / "images")


def test_draws_around_the_head_and_leaves_the_rest(photo, tiny_weights):
    frame = renderer_of(photo, tiny_weights).render(LANDMARKS, IDENTITY)
    assert frame.shape == photo.shape and frame.dtype == np.uint8
    assert np.array_equal(frame[:, :20], photo[:, :20]) and np.array_equal(frame[:, -20:], photo[:, -20:])
    assert not np.array_equal(frame[100:180, 120:180], photo[100:180, 120:180])


def test_network_sees_sketch_then_photo(photo, tiny_weights, monkeypatch):
    seen = []
    photo[:] = 40
    renderer = renderer_of(photo, tiny_weights, monkeypatch, lambda pictures: seen.append(pictures) or pictures[:, :3])
    renderer.render(LANDMARKS, IDENTITY)
    assert seen[0].shape == (1, 6, 256, 256)
    assert (seen[0][0, :3] > 0.99).float().mean() > 0.9  # mostly white ground
    assert torch.allclose(seen[0][0, 3:], torch.tensor(40 / 127.5 - 1), atol=0.02)


def test_a_network_that_copies_gives_the_photo_back(tiny_weights, monkeypatch):
    smooth = np.add.outer(np.arange(280), np.arange(300))[..., None] * np.array([0.3, 0.2, 0.4])
    photo = smooth.astype(np.uint8)
    frame = renderer_of(photo, tiny_weights, monkeypatch, lambda pictures: pictures[:, 3:]).render(LANDMARKS, IDENTITY)
    assert np.abs(frame.astype(int) - photo)[5:-5, 5:-5].max() <= 4


def test_edge_is_soft(tiny_weights, monkeypatch):
    photo = np.full((280, 300, 3), 100, dtype=np.uint8)
    renderer = renderer_of(photo, tiny_weights, monkeypatch, lambda pictures: torch.ones_like(pictures[:, 3:]))
    frame = renderer.render(LANDMARKS, IDENTITY).astype(int)
    assert frame.max() == 255 and np.abs(np.diff(frame[140, :, 0])).max() < 20


def test_moved_landmarks_move_the_sketch_and_order_does_not_matter(photo, tiny_weights):
    renderer = renderer_of(photo, tiny_weights)
    first = renderer.render(LANDMARKS, IDENTITY)
    other = renderer.render(LANDMARKS + [0, 6, 0], IDENTITY)
    assert not np.array_equal(first, other)
    assert np.array_equal(first, renderer.render(LANDMARKS, IDENTITY))


def test_bad_landmarks_and_missing_weights(photo, tiny_weights, tmp_path):
    renderer = renderer_of(photo, tiny_weights)
    for bad in (LANDMARKS[:5], LANDMARKS * np.nan):
        with pytest.raises(InputError, match="68 finite landmarks"):
            renderer.render(bad, IDENTITY)
    with pytest.raises(WeightsError, match="no weights in"):
        UNetRenderer(photo, LANDMARKS, tmp_path / "images")

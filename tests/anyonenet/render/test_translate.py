from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from anyonenet.engine_use import WHOLE
from anyonenet.engines.image_engine import ImageEngine
from anyonenet.errors import InputError, WeightsError
from anyonenet.face.template import frontal_template
from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.render.translate import Translation, UNetRenderer
from anyonenet.weights import WeightsCard, save_weights

LANDMARKS = frontal_template() * 60 + [150, 130, 0]
IDENTITY = np.array([1.0, 0, 0, 0])


@pytest.fixture
def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (280, 300, 3)).astype(np.uint8)


def renderer_of(photo, tiny_weights, monkeypatch=None, answer=None) -> UNetRenderer:
    if answer is not None:
        monkeypatch.setattr(ImageEngine, "__call__", lambda self, pictures: answer(pictures))
    return UNetRenderer(photo, LANDMARKS, Translation(tiny_weights / "images", engine=WHOLE))


def test_draws_around_the_head_and_leaves_the_rest(photo, tiny_weights):
    frame = renderer_of(photo, tiny_weights).render(LANDMARKS + [0, 9, 0], IDENTITY)
    assert frame.shape == photo.shape and frame.dtype == np.uint8
    assert np.array_equal(frame[:, :20], photo[:, :20]) and np.array_equal(frame[:, -20:], photo[:, -20:])
    assert not np.array_equal(frame[100:180, 120:180], photo[100:180, 120:180])


def test_network_sees_sketch_then_photo(photo, tiny_weights, monkeypatch):
    seen = []
    photo[:] = 40
    renderer = renderer_of(photo, tiny_weights, monkeypatch, lambda pictures: seen.append(pictures) or pictures[:, :3])
    renderer.render(LANDMARKS, IDENTITY)
    assert seen[1].shape == (1, 6, 256, 256)  # after the photo at rest
    assert (seen[0][0, :3] > 0.99).mean() > 0.9  # mostly white ground
    assert np.allclose(seen[0][0, 3:], 40 / 127.5 - 1, atol=0.02)


def test_the_motion_field_is_shown_to_a_network_that_wants_it(photo, tmp_path, monkeypatch):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = ImageTranslator(widths=(4, 8), blocks=1, head="flow", motion_field=True)
    save_weights(tmp_path / "images", network, WeightsCard("images", "nothing: random"))
    seen = []
    run = ImageEngine.__call__
    monkeypatch.setattr(ImageEngine, "__call__", lambda self, pictures: seen.append(pictures) or run(self, pictures))
    renderer = UNetRenderer(photo, LANDMARKS, Translation(tmp_path / "images", engine=WHOLE))
    frame = renderer.render(LANDMARKS + [0, 9, 0], IDENTITY)
    assert frame.shape == photo.shape
    rest, moved = seen
    assert moved.shape == (1, 9, 256, 256) and not rest[:, 6:8].any()
    assert np.array_equal(moved[:, 3:6], rest[:, 3:6]) and not np.array_equal(moved[:, :3], rest[:, :3])
    assert moved[:, 7].min() < -0.05 and np.abs(moved[:, 6]).max() < 1e-6  # down: looks up in the photo


def test_a_network_that_copies_gives_the_photo_back(photo, tiny_weights, monkeypatch):
    frame = renderer_of(photo, tiny_weights, monkeypatch, lambda pictures: pictures[:, 3:]).render(LANDMARKS, IDENTITY)
    assert np.array_equal(frame, photo)


def test_many_frames_are_those_drawn_one_by_one_and_only_when_asked_for(photo, tiny_weights, monkeypatch):
    network = Translation(tiny_weights / "images", engine=WHOLE)
    renderer = UNetRenderer(photo, LANDMARKS, network)
    network._engine = replace(network._engine, threads=1)  # two frames ahead
    track = [LANDMARKS + [0, shift, 0] for shift in range(5)]
    single = [renderer.render(points, IDENTITY) for points in track]
    asked = []
    each = network.each
    monkeypatch.setattr(network, "each", lambda pictures: each(asked.append(1) or picture for picture in pictures))
    frames = renderer.render_many(np.array(track), np.array([IDENTITY] * 5))
    assert np.array_equal(next(frames), single[0]) and len(asked) <= 3
    assert all(np.array_equal(*pair) for pair in zip(frames, single[1:], strict=True))


def test_neighbours_share_the_coarse_levels_and_are_near_what_each_is_alone(photo, tiny_weights):
    renderer = UNetRenderer(photo, LANDMARKS, tiny_weights / "images")
    track = np.array([LANDMARKS + [0, shift, 0] for shift in range(6)])
    single = np.stack([renderer.render(points, IDENTITY) for points in track]).astype(int)
    frames = np.stack(list(renderer.render_many(track, np.array([IDENTITY] * 6)))).astype(int)
    away = np.abs(frames - single).mean((1, 2, 3))
    assert away[[0, 4, 5]].max() == 0 < away[1:4].min()
    assert away.max() < 0.5 * np.abs(np.diff(single, axis=0)).mean()
    again = np.stack(list(renderer.render_many(track, np.array([IDENTITY] * 6))))
    assert np.array_equal(again, frames)


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

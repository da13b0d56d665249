"""The visible mark: there, small, legible in any size, and no more than that."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.render.watermark import mark_frame, mark_in_place


@pytest.mark.parametrize(("height", "width"), [(256, 256), (512, 512), (720, 1280), (1024, 640)])
@pytest.mark.parametrize("ground", [0, 128, 255])
def test_the_mark_is_legible_on_any_ground_and_small(height: int, width: int, ground: int) -> None:
    frame = np.full((height, width, 3), ground, np.uint8)
    marked = mark_frame(frame)
    assert marked.shape == frame.shape and marked.dtype == np.uint8
    assert (frame == ground).all()  # a copy
    changed = (marked != ground).any(axis=-1)
    rows, columns = np.nonzero(changed)
    corner = marked[rows.min() :, columns.min() :].astype(int)
    assert 60 <= corner.shape[1] <= 240 and corner.shape[0] < 0.2 * height
    assert changed[: height // 2].sum() == 0 and changed[:, : width // 2].sum() == 0
    letters, plate = np.percentile(corner, 98), np.median(corner)
    assert letters - plate > 75  # white letters on a darker plate, on white ground too
    assert 0.05 < ((corner.mean(axis=-1) > (letters + plate) / 2).mean()) < 0.4


def test_tiny_and_odd_frames_wear_what_fits() -> None:
    for shape in ((1, 1, 3), (5, 300, 3), (300, 31, 3)):
        frame = np.zeros(shape, np.uint8)
        assert mark_frame(frame).shape == shape


def test_marking_is_deterministic() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (128, 128, 3)).astype(np.uint8)
    np.testing.assert_array_equal(mark_frame(frame), mark_frame(frame))


def test_in_place_is_the_same_mark() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (300, 400, 3)).astype(np.uint8)
    marked = mark_frame(frame)
    mark_in_place(frame)
    np.testing.assert_array_equal(frame, marked)


def test_letters_on_white_do_not_overflow() -> None:
    marked = mark_frame(np.full((512, 512, 3), 255, np.uint8))
    assert marked.min() > 100 and marked[-25:, -128:].max() == 255

"""The sketch: seven parts in their own colours on white, proportionate, indifferent to depth."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.face.sketch import PARTS, draw_sketch
from anyonenet.face.template import frontal_template


def _face(size: int) -> np.ndarray:
    return frontal_template() * size * 0.35 + (size / 2, size * 0.4, 0)


def test_seven_parts_with_their_own_colours_cover_all_points() -> None:
    assert len(PARTS) == 7
    assert len({colour for _, _, colour in PARTS.values()}) == 7
    assert sorted(i for lines, _, _ in PARTS.values() for line in lines for i in line) == list(range(68))


def test_every_part_is_drawn_on_white() -> None:
    sketch = draw_sketch(_face(256))
    assert sketch.shape == (256, 256, 3) and sketch.dtype == np.uint8
    assert (sketch[0, 0] == 255).all()
    for name, (_, _, colour) in PARTS.items():
        assert (sketch == colour).all(axis=-1).any(), name
    ink = (sketch < 255).any(axis=-1).mean()
    assert 0.02 < ink < 0.12


def test_lines_are_anti_aliased_and_follow_subpixel_motion() -> None:
    sketch = draw_sketch(_face(256))
    assert len(np.unique(sketch.reshape(-1, 3), axis=0)) > 20
    moved = draw_sketch(_face(256) + (0.25, 0, 0))
    assert (moved != sketch).any()


def test_depth_is_ignored_and_size_may_be_a_rectangle() -> None:
    face = _face(128)
    flat = draw_sketch(face[:, :2], (128, 200))
    assert flat.shape == (128, 200, 3)
    np.testing.assert_array_equal(flat, draw_sketch(face, (128, 200)))


def test_line_width_grows_with_the_canvas() -> None:
    ink = [(draw_sketch(_face(size), size) < 128).any(axis=-1).mean() for size in (256, 512)]
    assert ink[1] == pytest.approx(ink[0], rel=0.2)


def test_points_far_outside_do_no_harm_and_bad_ones_are_refused() -> None:
    far = _face(64) + 1e7
    assert (draw_sketch(far, 64) == 255).all()
    with pytest.raises(ValueError, match="shape"):
        draw_sketch(np.zeros((67, 2)))
    with pytest.raises(ValueError, match="finite"):
        draw_sketch(np.full((68, 2), np.nan))

import numpy as np
import pytest
import torch

from anyonenet.face.mouth import mouth_area, mouth_opening, mouth_width, polygon_area
from anyonenet.face.template import frontal_template


def test_polygon_area_in_either_direction():
    triangle = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]])
    assert polygon_area(triangle) == 6.0
    assert polygon_area(torch.from_numpy(triangle[::-1].copy())) == 6.0


def test_opening_moves_gap_and_area_together():
    face = frontal_template()
    open_face = face.copy()
    open_face[[65, 66, 67], 1] += 0.25
    assert mouth_opening(open_face) - mouth_opening(face) == pytest.approx(0.25)
    assert mouth_area(open_face) > mouth_area(face)
    assert mouth_area(open_face, "outer") == pytest.approx(mouth_area(face, "outer"))
    assert mouth_width(open_face) == pytest.approx(np.hypot(*(face[54] - face[48])[:2]))

import numpy as np
import pytest

from anyonenet.errors import InputError
from anyonenet.face.landmark_file import read_landmarks
from anyonenet.face.template import frontal_template

POINTS = frontal_template()[:, :2] * 50 + (100, 90)


def written(folder, points=POINTS, line="{:.2f},{:.2f}", before="", after=""):
    path = folder / "face.txt"
    path.write_text(before + "\n".join(line.format(*point) for point in points) + after, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "line", ["{:.2f},{:.2f}", "{:.2f}, {:.2f}", "{:.2f};{:.2f}", "{:.2f}\t{:.2f}", "{:.2f} {:.2f}"]
)
def test_points_are_read_however_they_are_separated(tmp_path, line):
    found = read_landmarks(written(tmp_path, line=line, before="\ufeff# marked by hand\n\n", after="\n\n"), 200, 200)
    np.testing.assert_allclose(found, POINTS, atol=0.006)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"points": POINTS[:67]}, "holds 67 landmarks; give 68 lines x,y"),
        ({"before": "x,y\n"}, "line 1: 'x,y' is not x,y; give two numbers"),
        ({"line": "{:.1f},{:.1f},0"}, "line 1: .* give two numbers a line"),
        ({"points": POINTS + 500}, "outside the picture of 200x200 pixels"),
        ({"points": (200, 0) + POINTS * (-1, 1)}, "from right to left"),
        ({"points": POINTS * 0.02 + 50}, "corners of the eyes coincide"),
        ({"line": "nan,{:.1f}"}, "not finite"),
    ],
)
def test_mistakes_say_what_and_where(tmp_path, changes, said):
    path = written(tmp_path, **changes)
    with pytest.raises(InputError, match=f"{path}.*{said}"):
        read_landmarks(path, 200, 200)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="no file with landmarks at .*face.txt; check the path"):
        read_landmarks(tmp_path / "face.txt", 200, 200)

"""Landmarks that a person has marked, for pictures in which no detector finds the face: drawings, animals, masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anyonenet.errors import InputError
from anyonenet.face.registration import outer_eye_distance

_SEPARATORS = str.maketrans(",;\t", "   ")
_LEAST_EYES = 4.0
"""pixels between the outer corners of the eyes, at least"""


def read_landmarks(path: str | Path, width: int, height: int) -> NDArray[np.float64]:
    """Read 68 points from a text file: a line `x,y` each, in the order of iBUG 300-W.

    Pixels of the picture as it is shown (upright), x to the right, y down. Commas, semicolons, tabs or spaces may
    stand between x and y; empty lines and lines that begin with # do not count.

    Args:
        path: the file.
        width, height: pixels of the picture.

    Returns:
        `(68, 2)` float64 pixels.

    Raises:
        InputError: the file or a line of it cannot be used, or the points make no face of this picture.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise InputError(f"no file with landmarks at {path}; check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a text file with landmarks ({error})") from None
    points = []
    for number, line in enumerate(lines, 1):
        fields = line.translate(_SEPARATORS).split()
        if not fields or fields[0].startswith("#"):
            continue
        try:
            x, y = (float(field) for field in fields)
        except ValueError:
            raise InputError(f"{path}, line {number}: '{line.strip()}' is not x,y; give two numbers a line") from None
        points.append((x, y))
    if len(points) != 68:
        raise InputError(
            f"{path} holds {len(points)} landmarks; give 68 lines x,y in the order of iBUG 300-W: jaw 17, brows 10, "
            "nose 9, eyes 12, lips 20"
        )
    return _checked(np.array(points), path, width, height)


def _checked(points: NDArray[np.float64], path: Path, width: int, height: int) -> NDArray[np.float64]:
    if not np.isfinite(points).all():
        raise InputError(f"{path} holds numbers that are not finite")
    middle = points.mean(0)
    if not (0 <= middle[0] < width and 0 <= middle[1] < height):
        raise InputError(
            f"{path}: the face lies around x {middle[0]:.0f}, y {middle[1]:.0f}, outside the picture of "
            f"{width}x{height} pixels; give pixels of this very picture"
        )
    if points[36, 0] >= points[45, 0]:
        raise InputError(f"{path}: the points run from right to left; begin with the jaw at the picture's left")
    if outer_eye_distance(points) < _LEAST_EYES:
        raise InputError(f"{path}: the corners of the eyes coincide; mark points 37 and 46 at the eyes' outer corners")
    return points

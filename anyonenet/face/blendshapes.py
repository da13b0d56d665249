"""The 51 blendshapes that Write-a-Speaker animates, and what each does to the 68 landmarks.

Write-a-Speaker (Li et al. 2021, "Mocap Dataset") has 28 parameters of the mouth and 23 of the upper face "following the
definition of Faceshift", 6 of the head pose, and does not list them. The set that follows Faceshift's and divides so is
that of ARKit without the tongue: 23 of eyes, brows, nose and cheek, 28 of jaw, lips and a puffed cheek. Their names are
used here, so that recordings made with a telephone fit without a table.

`landmarks = mean + parameters @ basis`, parameters from 0 (rest) to 1 (full). The basis is sculpted by rule on the
template, in millimetres of an adult; as everywhere, x is right in the image, y down, z away from the camera, "left" and
"right" are the person's, and the unit is the distance of the outer eye corners.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from anyonenet.errors import InputError
from anyonenet.face.blendshape_offsets import CENTRED, ONE_SIDED
from anyonenet.face.template import INNER_LIPS, MIRROR, OUTER_LIPS, frontal_template

UPPER = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft",
    "browOuterUpRight", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
"""the 23 parameters of the upper face"""
MOUTH = (
    "jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft",
    "mouthRight", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft",
    "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight", "mouthRollLower", "mouthRollUpper",
    "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft",
    "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "cheekPuff",
)  # fmt: skip
"""the 28 parameters of the mouth"""
BLENDSHAPES = (*UPPER, *MOUTH)
"""all 51, in the order of every track: the upper face, then the mouth"""
HEAD = ("rotationX", "rotationY", "rotationZ", "moveX", "moveY", "moveZ")
"""the 6 of the head pose: a rotation vector (radians; about x: a nod, y: a shake, z: a tilt) away from looking into the
camera, as `anyonenet.face.quaternion.from_rotation_vector` reads it, and a translation in outer-eye distances:
`place(face) = R (face - NECK) + NECK + move`, with `anyonenet.portrait.NECK`, about which heads turn"""
RATE = 25.0
"""frames a second of all tracks, as of the videos; the paper states none. Frame k stands at k / RATE seconds"""
EMOTIONS = ("surprise", "anger", "neutral", "happiness")
"""in the paper's order"""
_SPELLINGS = {"surprised": "surprise", "angry": "anger", "happy": "happiness"}

_MILLIMETRES = 88.0
"""between the outer eye corners of the template"""
_JAW_DEGREES = 18.0
"""of jawOpen, about an axis through the joints: lower lips 24 mm down"""
_JAW_HINGE = (25.0, 64.0)
"""(y, z) of the joints, millimetres from between the outer eye corners"""
_JAW_SHARE = {
    2: 0.15, 3: 0.35, 4: 0.6, 5: 0.85, 6: 1.0, 7: 1.0, 8: 1.0, 48: 0.3, 57: 1.0, 58: 0.95, 59: 0.75, 60: 0.3,
    66: 1.0, 67: 0.9,
}  # fmt: skip
"""how far points of the right half and the middle follow the jaw"""
_LOWER_LIP_CLOSES = 0.8
"""share of the gap that jawOpen leaves which mouthClose closes from below"""
_LIDS = {"Right": ((37, 41), (38, 40)), "Left": ((43, 47), (44, 46))}
_INNER = ((61, 67), (62, 66), (63, 65))


def emotion_of(name: str) -> str:
    """One of `EMOTIONS`, from its name or its adjective ('happy').

    Raises:
        InputError: none of them.
    """
    found = _SPELLINGS.get(name.strip().lower(), name.strip().lower())
    if found not in EMOTIONS:
        raise InputError(f"'{name}' is not an emotion that is known; choose one of {', '.join(EMOTIONS)}")
    return found


def mean_face() -> NDArray[np.float64]:
    """`(68, 3)`: the template with lips closed, eyes open; outer-eye distances."""
    face = frontal_template()
    for upper, lower in _INNER:
        face[[upper, lower]] = face[[upper, lower]].mean(axis=0)
    return face


def basis() -> NDArray[np.float64]:
    """`(51, 68, 3)`: how far each of `BLENDSHAPES` moves each landmark at 1; outer-eye distances."""
    return _basis().copy()


def landmarks(parameters: NDArray[np.floating], face: NDArray[np.floating] | None = None) -> NDArray[np.float64]:
    """The frontal face of some parameters.

    Args:
        parameters: `(..., 51)`, see `BLENDSHAPES`.
        face: `(68, 3)` at rest, outer-eye distances; None: `mean_face`.

    Returns:
        `(..., 68, 3)`.

    Raises:
        ValueError: another number of parameters.
    """
    if np.shape(parameters)[-1] != len(BLENDSHAPES):
        raise ValueError(f"{np.shape(parameters)[-1]} parameters; a face has {len(BLENDSHAPES)}")
    rest = mean_face() if face is None else np.asarray(face, dtype=np.float64)
    placed: NDArray[np.float64] = rest + np.tensordot(parameters, _basis(), axes=1)
    return placed


def column(name: str) -> int:
    """Where a blendshape stands in a track.

    Raises:
        ValueError: no such blendshape.
    """
    if name not in BLENDSHAPES:
        raise ValueError(f"'{name}' is not a blendshape; known are {', '.join(BLENDSHAPES)}")
    return BLENDSHAPES.index(name)


def columns(*names: str) -> list[int]:
    """As `column`, of several; a name without its side ('mouthSmile') means both."""
    found = []
    for name in names:
        sides = [name] if name in BLENDSHAPES else [f"{name}Left", f"{name}Right"]
        found += [column(side) for side in sides]
    return found


@lru_cache(maxsize=1)
def _basis() -> NDArray[np.float64]:
    moved = {name: _both_halves(offsets) for name, offsets in CENTRED.items()}
    for name, offsets in ONE_SIDED.items():
        right = np.zeros((68, 3))
        for point, offset in offsets.items():
            right[point] = offset
        moved[f"{name}Right"], moved[f"{name}Left"] = right, _mirrored(right)
    moved["eyeBlinkRight"], moved["eyeBlinkLeft"] = _blink("Right"), _blink("Left")
    moved["jawOpen"] = _jaw_open()
    moved["mouthClose"] = _closing(moved["jawOpen"])
    return np.stack([moved[name] for name in BLENDSHAPES]) / _MILLIMETRES


def _both_halves(offsets: dict[int, tuple[float, float, float]]) -> NDArray[np.float64]:
    """Offsets of the right half and the middle, laid on both halves."""
    half = np.zeros((68, 3))
    for point, offset in offsets.items():
        half[point] = offset
        half[MIRROR[point]] = np.array(offset) * (-1, 1, 1)
    return half


def _mirrored(moved: NDArray[np.float64]) -> NDArray[np.float64]:
    return moved[list(MIRROR)] * (-1, 1, 1)


def _blink(side: str) -> NDArray[np.float64]:
    """The upper lid comes down to the lower one, which rises a seventh of the way."""
    face, moved = frontal_template() * _MILLIMETRES, np.zeros((68, 3))
    for upper, lower in _LIDS[side]:
        meet = 0.86 * face[lower] + 0.14 * face[upper]
        moved[upper], moved[lower] = meet - face[upper], meet - face[lower]
    return moved


def _jaw_open() -> NDArray[np.float64]:
    """A turn about the joints, followed less by what is further from the chin."""
    face, moved = mean_face() * _MILLIMETRES, np.zeros((68, 3))
    face += _frontal_middle()
    cosine, sine = np.cos(np.radians(_JAW_DEGREES)), np.sin(np.radians(_JAW_DEGREES))
    y, z = face[:, 1] - _JAW_HINGE[0], face[:, 2] - _JAW_HINGE[1]
    turned = np.stack([np.zeros(68), y * cosine - z * sine - y, y * sine + z * cosine - z], axis=1)
    for point, share in _JAW_SHARE.items():
        moved[point] = share * turned[point]
        moved[MIRROR[point]] = share * turned[MIRROR[point]]
    return moved


def _closing(jaw_open: NDArray[np.float64]) -> NDArray[np.float64]:
    """What closes the lips of an open jaw: jawOpen and mouthClose at the same value give closed lips."""
    moved = np.zeros((68, 3))
    for upper, lower in (*_INNER, (49, 59), (50, 58), (51, 57), (52, 56), (53, 55)):
        gap = jaw_open[lower] - jaw_open[upper]
        moved[lower], moved[upper] = -_LOWER_LIP_CLOSES * gap, (1 - _LOWER_LIP_CLOSES) * gap
    return moved


def _frontal_middle() -> NDArray[np.float64]:
    """`(3,)`: the template's origin as seen from the middle between the outer eye corners, millimetres."""
    face = frontal_template()
    return -(face[36] + face[45]) / 2 * _MILLIMETRES


LIP_POINTS = (*OUTER_LIPS, *INNER_LIPS)
"""over which the paper's lips landmark distance (LMD) is taken"""

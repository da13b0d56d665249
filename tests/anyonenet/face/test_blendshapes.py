"""The blendshapes' numbers, sides, and what their linear model does to lips and lids."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.errors import InputError
from anyonenet.face import blendshapes
from anyonenet.face.template import MIRROR


def face_of(**values: float) -> np.ndarray:
    parameters = np.zeros(51)
    for name, value in values.items():
        parameters[blendshapes.columns(name)] = value
    return blendshapes.landmarks(parameters)


def test_numbers_are_the_papers():
    assert (len(blendshapes.UPPER), len(blendshapes.MOUTH), len(blendshapes.HEAD)) == (23, 28, 6)
    assert len(set(blendshapes.BLENDSHAPES)) == 51
    assert blendshapes.basis().shape == (51, 68, 3)


def test_every_shape_moves_something_and_no_two_are_alike():
    basis = blendshapes.basis().reshape(51, -1)
    assert (np.abs(basis).max(axis=1) > 0.002).all()
    unit = basis / np.linalg.norm(basis, axis=1, keepdims=True)
    assert (unit @ unit.T - np.eye(51)).max() < 0.97  # looking up and down may be opposites


def test_left_is_the_mirror_image_of_right():
    basis = blendshapes.basis()
    for name in blendshapes.BLENDSHAPES:
        if name.endswith("Left"):
            right = basis[blendshapes.column(name[:-4] + "Right")]
            left = basis[blendshapes.column(name)]
            np.testing.assert_allclose(left, right[list(MIRROR)] * (-1, 1, 1), atol=1e-12)
    # the person's left is on the image's right, where x is positive
    assert blendshapes.mean_face()[45, 0] > 0 and basis[blendshapes.column("eyeBlinkLeft")][44, 1] > 0


def test_a_blink_closes_the_eye():
    face = face_of(eyeBlink=1.0)
    np.testing.assert_allclose(face[[37, 38, 43, 44]], face[[41, 40, 47, 46]], atol=1e-12)


def test_mouth_close_undoes_the_gap_of_the_jaw():
    gap = face_of(jawOpen=0.6)[66, 1] - face_of(jawOpen=0.6)[62, 1]
    assert gap > 0.1
    closed = face_of(jawOpen=0.6, mouthClose=0.6)
    np.testing.assert_allclose(closed[[61, 62, 63]], closed[[67, 66, 65]], atol=1e-12)
    assert closed[8, 1] > blendshapes.mean_face()[8, 1] + 0.05


@pytest.mark.parametrize("name", blendshapes.MOUTH)
def test_no_shape_crosses_resting_lips(name):
    if name == "mouthClose":
        return  # only ever together with jawOpen
    parameters = np.zeros(51)
    parameters[blendshapes.column(name)] = 1.0
    face = blendshapes.landmarks(parameters)
    # rolled lips overlap by half a millimetre at most
    assert (face[[67, 66, 65], 1] - face[[61, 62, 63], 1] > -0.007).all()


def test_emotions_by_adjective_too():
    assert blendshapes.emotion_of("Happy") == "happiness"
    assert blendshapes.emotion_of("anger") == "anger"
    with pytest.raises(InputError, match="'bored' is not an emotion.*surprise, anger, neutral, happiness"):
        blendshapes.emotion_of("bored")


def test_errors_name_what_is_known():
    with pytest.raises(ValueError, match="50 parameters; a face has 51"):
        blendshapes.landmarks(np.zeros(50))
    with pytest.raises(ValueError, match="'browUp' is not a blendshape"):
        blendshapes.column("browUp")

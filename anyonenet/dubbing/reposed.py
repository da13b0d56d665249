"""A performance made for a photograph, given the head's own pose in each frame of a video."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from anyonenet.dubbing.filmed import Filmed
from anyonenet.face import quaternion
from anyonenet.face.registration import place
from anyonenet.face.template import JAW, LIPS
from anyonenet.portrait import NECK, Portrait
from anyonenet.systems.system import Performance

_SPEAKING = [*JAW, *LIPS]
Reposed = tuple[Performance, NDArray[np.float64]]


def frontal_of(portrait: Portrait, performance: Performance) -> NDArray[np.float64]:
    """What `Portrait.place` was given: `(F, 68, 3)` frontal landmarks in outer-eye distances."""
    matrices = quaternion.to_matrix(np.concatenate([portrait.quaternion[None], performance.quaternions]))
    necks = portrait.scale * (matrices.astype(np.float64) @ NECK)
    translations = portrait.translation + necks[0] - necks[1:]
    return (performance.landmarks - translations[:, None]) @ matrices[1:].astype(np.float64) / portrait.scale


def reposed(filmed: Filmed, performance: Performance, places: NDArray[np.int64]) -> Reposed:
    """The same speech with the head of the video.

    Mouth and jaw are the performance's, all else is the portrait's, turned out of the picture plane as the head of each
    frame is. What is left of its pose is a similarity of the plane.

    Args:
        filmed: the video.
        performance: of `filmed.portrait`, F frames.
        places: `(F,)` frames of the video that they are shown in.

    Returns:
        the performance to be drawn, and `(F, 2, 3)` affine maps from the portrait's pixels to the video's.
    """
    portrait, poses = filmed.portrait, filmed.poses
    frontal = np.repeat(portrait.frontal[None].astype(np.float64), len(places), axis=0)
    frontal[:, _SPEAKING] = frontal_of(portrait, performance)[:, _SPEAKING]
    base = poses.quaternions[filmed.reference]
    away = quaternion.multiply(poses.quaternions[places], quaternion.conjugate(base)[None])
    pitch, yaw, roll = quaternion.to_euler(away)
    out_of_plane = quaternion.from_euler(pitch, yaw, np.zeros_like(roll))
    turned = quaternion.normalise(quaternion.multiply(out_of_plane, portrait.quaternion[None]))
    scale, translation = np.full(len(places), portrait.scale), np.repeat(portrait.translation[None], len(places), 0)
    landmarks = place(frontal, turned, scale, translation)
    replaced = dataclasses.replace(performance, landmarks=landmarks, quaternions=turned.astype(np.float32))
    size = poses.scale[places] / poses.scale[filmed.reference]
    cosine, sine = size * np.cos(roll), size * np.sin(roll)
    linear = np.stack([np.stack([cosine, -sine], -1), np.stack([sine, cosine], -1)], -2)  # (F, 2, 2)
    offset = poses.translation[places, :2] - linear @ poses.translation[filmed.reference, :2]
    return replaced, np.concatenate([linear, offset[..., None]], -1)

"""A still face made to speak: the motion of a drawn person, carried over to it, drawn by the warp renderer.

The landmarks of each frame are those that were asked for, so they are true as far as the renderer is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from anyonenet.face import quaternion
from anyonenet.face.registration import outer_eye_distance, place, register
from anyonenet.liveliness import close_lids, close_lips, uncross_lips
from anyonenet.portrait import NECK
from anyonenet.render.warp import WarpRenderer
from datamodules.mini.faces_controls import CONTROLS
from datamodules.mini.faces_mesh import head_mesh
from datamodules.mini.faces_shape import head_shape
from datamodules.mini.identity import draw_identity, draw_voice
from datamodules.mini.sentences import draw_sentence
from datamodules.mini.talking_motion import Performance, draw_manner, perform
from datamodules.mini.voices import articulate

FPS = 12
"""frames a second: neighbours differ, and a clip of few frames holds a sentence"""
_PERFORMERS = 6
_POSES_DEGREES = (8.0, 5.0, 4.0)
"""spread of how a clip's head is turned away from the photo's pose: yaw, pitch, roll"""
_LARGEST_TURN_DEGREES = 13.0
_LIDS = [CONTROLS.index("blink_left"), CONTROLS.index("blink_right")]


@dataclass(frozen=True)
class Animation:
    """A clip of a still face; frame 0 is the picture as it is."""

    landmarks: np.ndarray  # (F, 68, 3) float32 pixels
    quaternions: np.ndarray  # (F, 4) float32 (w, x, y, z)


def animate(landmarks: np.ndarray, frames: int, number: int, rng: np.random.Generator) -> Animation:
    """How a still face moves through a clip.

    Args:
        landmarks: `(68, 3)` pixels of the face.
        frames: of the clip, at `FPS`.
        number: of the clip; the first keeps about the picture's pose, others turn away from it.
        rng: of what is said and how.
    """
    performance, shapes = performed(frames - 1, rng), _shapes(int(rng.integers(_PERFORMERS)))
    face = register(landmarks)
    base = face.quaternions.astype(np.float64)
    controls = performance.controls.copy()
    lids = controls[:, _LIDS].max(axis=1)
    controls[:, _LIDS] = 0
    gain = rng.uniform(0.9, 1.3)
    still = np.repeat(face.frontal[None].astype(np.float64), frames - 1, axis=0)
    # opening is measured from a closed mouth, whatever the picture's does
    moved = close_lips(still, np.ones(frames - 1)) + gain * np.tensordot(controls, shapes, axes=1)
    moved = close_lids(uncross_lips(moved), np.clip(lids, 0, 1))
    turns = _turns(performance, number, rng)
    turned = quaternion.multiply(quaternion.from_rotation_vector(turns), base[None])
    quaternions = quaternion.normalise(np.concatenate([base[None], turned]))
    necks = float(face.scale) * (quaternion.to_matrix(quaternions) @ NECK)
    moves = np.concatenate([np.zeros((1, 3)), performance.moves * (1, 1, 0)]) * float(face.scale)
    translations = face.translation + necks[0] - necks + moves
    placed = place(np.concatenate([face.frontal[None], moved]), quaternions, np.full(frames, face.scale), translations)
    return Animation(placed, quaternions.astype(np.float32))


def drawn_frames(picture: np.ndarray, landmarks: np.ndarray, animation: Animation) -> Iterator[np.ndarray]:
    """The frames `(H, W, 3)` uint8 of an animation of a picture; the first is the picture itself."""
    renderer = WarpRenderer(picture, landmarks, animation.quaternions[0])
    yield picture
    for points, orientation in zip(animation.landmarks[1:], animation.quaternions[1:], strict=True):
        yield renderer.render(points, orientation)


def performed(frames: int, rng: np.random.Generator) -> Performance:
    """Somebody says something: as many frames of it, at `FPS`."""
    language = "zh" if rng.random() < 0.3 else "en"
    identity = draw_identity("performer", rng)
    voice = draw_voice(identity, rng)
    text = draw_sentence(language, rng)
    speech = articulate(text, language, voice)
    while speech.seconds * FPS < frames + 1:
        text = f"{text} {draw_sentence(language, rng)}"
        speech = articulate(text, language, voice)
    told = perform(speech.waveform, speech.sample_rate, speech.phonemes, draw_manner(rng), rng, FPS)
    begin = int(rng.integers(len(told.controls) - frames + 1))
    part = slice(begin, begin + frames)
    return Performance(told.controls[part], told.quaternions[part], told.moves[part], FPS)


@lru_cache(maxsize=_PERFORMERS)
def _shapes(performer: int) -> np.ndarray:
    """`(12, 68, 3)`: where each control moves the landmarks of one of a few drawn faces, outer-eye distances."""
    rng = np.random.default_rng([performer, 0xFACE])
    shape = head_shape(draw_identity(f"performer-{performer}", rng), rng)
    mesh = head_mesh(shape, shape.surface())
    return mesh.shapes[:, mesh.landmarks].astype(np.float64) / outer_eye_distance(mesh.rest[mesh.landmarks])


def _turns(performance: Performance, number: int, rng: np.random.Generator) -> np.ndarray:
    """`(F, 3)` rotation vectors away from the picture's pose: what the performer does, about a pose of the clip's."""
    middle = quaternion.normalise(performance.quaternions.mean(axis=0))
    about = quaternion.multiply(performance.quaternions, quaternion.conjugate(middle)[None])
    yaw, pitch, roll = np.radians(_POSES_DEGREES) * np.clip(rng.normal(0, 1, 3), -2, 2)
    if number % 2:
        yaw = (1 if number % 4 == 1 else -1) * np.radians(rng.uniform(6, 12))
    pose = np.array([pitch, yaw, roll]) * (number > 0)
    turns = quaternion.to_rotation_vector(about) + pose
    limit = np.radians(_LARGEST_TURN_DEGREES)
    size = np.maximum(np.linalg.norm(turns, axis=1, keepdims=True), 1e-9)
    return turns * limit * np.tanh(size / limit) / size

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import InputError
from anyonenet.face import quaternion
from anyonenet.face.template import frontal_template
from anyonenet.lively_motion import MotionSettings
from anyonenet.portrait import Portrait
from anyonenet.raw_motion import RawMotion
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.known import LANDMARK_RENDERERS, load_system
from anyonenet.systems.landmark_performer import LandmarkSystem
from anyonenet.voice import Spoken

SILENCE = MelSettings().silence
SCALE = 30.0
JAW = 8


def face() -> Portrait:
    frontal = frontal_template().astype(np.float32)
    base = np.array([1.0, 0, 0, 0], dtype=np.float32)
    middle = np.array([64.0, 64.0, 0.0])
    landmarks = (frontal * SCALE + middle).astype(np.float32)
    picture = np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)
    return Portrait(picture, landmarks, frontal, base, SCALE, middle, picture, landmarks)


def spoken(frames: int) -> Spoken:
    mel = np.full((frames, 80), SILENCE, dtype=np.float32)
    mel[10:-10] = 0
    return Spoken("", (), mel, np.zeros(frames * 200, dtype=np.float32), np.full(frames, -1), True)


class Ramp:
    """Lowers the chin by 0.1 outer-eye distances a second and turns the head, at a rate of its own."""

    def __init__(self, rate: float):
        self.rate = rate

    def hear(self, heard: Spoken) -> RawMotion:
        count = round(len(heard.mel) / 80 * self.rate)
        seconds = np.arange(count) / self.rate
        displacements = np.zeros((count, 68, 2), dtype=np.float32)
        displacements[:, JAW, 1] = 0.1 * seconds
        turned = quaternion.from_rotation_vector(np.stack([0 * seconds, 0.1 * seconds, 0 * seconds], axis=-1))
        turned[1::2] *= -1  # the same rotation
        return RawMotion(displacements, turned.astype(np.float32), self.rate)


def system(rate: float = 62.5, liveliness: MotionSettings | None = None) -> LandmarkSystem:
    return LandmarkSystem(
        "ramp", lambda portrait, seed: Ramp(rate), Path("none"), torch.device("cpu"), liveliness=liveliness
    )


@pytest.mark.parametrize("rate", [25.0, 62.5, 80.0])
def test_plain_motion_is_what_the_mover_says_at_the_videos_rate(rate):
    performer = system(rate).performer(face(), 25.0, 0, "warp")
    performance = performer.perform(spoken(160))
    assert performance.landmarks.shape == (50, 68, 3) and performance.quaternions.shape == (50, 4)
    seconds = np.minimum(np.arange(50) / 25, 2 - 1 / rate)  # its last row is held
    angles = quaternion.to_rotation_vector(performance.quaternions)[:, 1]
    assert np.allclose(angles, 0.1 * seconds, atol=1e-5)
    still = np.zeros_like(performance.landmarks[:, JAW])
    still[:, :] = frontal_template()[JAW]
    still[:, 1] += 0.1 * seconds
    upright = np.einsum("fji,fj->fi", quaternion.to_matrix(performance.quaternions), performance.landmarks[:, JAW])
    nose = np.einsum("fji,fj->fi", quaternion.to_matrix(performance.quaternions), performance.landmarks[:, 30])
    apart = still - frontal_template()[30]
    assert np.allclose((upright - nose) / SCALE, apart, atol=1e-4)


@pytest.mark.parametrize("liveliness", [None, MotionSettings(lip_gain=1.0)])
def test_sentences_are_joined_without_a_jump_and_frames_are_counted_exactly(liveliness):
    performer = system(62.5, liveliness).performer(face(), 50.0, 0, "warp")
    said, mels = [], 0
    for length in (133, 81, 200):
        said.append(performer.perform(spoken(length)))
        mels += length
        assert sum(len(one.landmarks) for one in said) == math.ceil(mels / 80 * 50 - 1e-9)
    turns = np.concatenate([one.quaternions for one in said])
    points = np.concatenate([one.landmarks for one in said])[:, JAW]
    # unjoined, the second sentence would begin 9.5 degrees away and the chin 5 pixels higher
    assert np.degrees(quaternion.angle_between(turns[1:], turns[:-1])).max() < 2.5
    assert np.abs(np.diff(points[:, 1])).max() < 1.5


def test_frames_are_drawn_in_order_in_the_portraits_size():
    watch, portrait = Stopwatch(), face()
    performer = system().performer(portrait, 25.0, 0, "warp")
    with SideBySide(2) as pool:
        performer.ready()
        frames = [
            frame for count in (40, 40) for frame in performer.draw(performer.perform(spoken(count)), pool, watch)
        ]
    assert len(frames) == 25 and {frame.shape for frame in frames} == {portrait.image.shape}
    assert np.abs(frames[-1].astype(int) - frames[0]).mean() > 1
    assert watch.wall_seconds()["render"] > 0


def test_a_renderer_that_cannot_draw_it_is_refused():
    with pytest.raises(InputError, match="renderer 'own' cannot draw the system 'ramp'; choose warp or unet"):
        system().prepare("own")
    with pytest.raises(InputError, match="cannot draw"):
        system().performer(face(), 25.0, 0, "own")


def test_anyonenet_lives_and_is_drawn_by_what_draws_landmarks(tiny_weights):
    loaded = load_system("anyonenet", tiny_weights)
    assert loaded.renderers == LANDMARK_RENDERERS and not loaded.reads_symbols
    first, other = (loaded.performer(face(), 25.0, seed, "warp").perform(spoken(400)) for seed in (0, 1))
    assert len(first.landmarks) == 125
    assert np.abs(first.landmarks - other.landmarks).max() > 1  # blinks and sway of another seed

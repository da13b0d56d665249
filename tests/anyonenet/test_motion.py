from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from anyonenet.audio.mel import MelSettings
from anyonenet.face import quaternion
from anyonenet.face.template import frontal_template
from anyonenet.lively_motion import MotionSettings
from anyonenet.motion import Motion, lip_closures, load_predictor
from anyonenet.types import LandmarkMotion
from anyonenet.video_rate import FaceMotion

SILENCE = MelSettings().silence


class Talker(torch.nn.Module):
    """Opens the lower lip with the sound's level and turns the head; stands in for the landmark predictor."""

    def __init__(self, opening: float = 0.2, turn: float = 0.1, bias: float = 0.0):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.opening, self.turn, self.bias = opening, turn, bias

    def forward(self, mels, base_landmarks, base_quaternions):
        level = ((mels.mean(-1) - SILENCE) / -SILENCE).clamp(0, 1)  # (1, T)
        displacements = torch.full((1, mels.shape[1], 68, 2), self.bias)
        displacements[0, :, 65:68, 1] += self.opening * level[0, :, None]
        angle = self.turn * level[0].numpy()
        away = quaternion.from_rotation_vector(np.stack([0 * angle, angle, 0 * angle], axis=-1))
        turned = quaternion.multiply(away, base_quaternions[0].numpy())
        return LandmarkMotion(displacements, torch.from_numpy(turned)[None])


def motion_of(predictor=None, fps=25.0, seed=0, settings=None, base=(1.0, 0, 0, 0), opened=0.0) -> Motion:
    face = frontal_template().astype(np.float32)
    face[[65, 66, 67], 1] += opened
    return Motion(predictor or Talker(), MelSettings(), face, np.array(base), fps, seed, settings)


def sentence(speech: int = 120, before: int = 16, after: int = 30) -> np.ndarray:
    mel = np.full((before + speech + after, 80), SILENCE, dtype=np.float32)
    mel[before : before + speech] = 0
    return mel


def gap(motion: FaceMotion) -> np.ndarray:
    return motion.landmarks[:, 66, 1] - motion.landmarks[:, 62, 1]


@pytest.mark.parametrize("fps", [24.0, 25.0, 29.97, 60.0])
def test_frames_cover_the_sound_exactly_over_many_sentences(fps):
    motion = motion_of(fps=fps)
    frames = mels = 0
    for speech in (37, 120, 81, 200):
        mel = sentence(speech)
        frames += len(motion.move(mel).landmarks)
        mels += len(mel)
        assert frames == math.ceil(mels / 80 * fps - 1e-9)


def test_mouth_opens_in_speech_and_is_shut_in_silence():
    moved = motion_of().move(sentence())
    assert gap(moved)[12:38].min() > 0.15  # 0.2 s before, then 1.5 s of speech at 25 fps
    assert gap(moved)[-4:].max() < 0.005 and gap(moved)[0] < 0.005


def test_in_a_recording_with_noise_the_mouth_shuts_where_nobody_speaks():
    noisy = np.maximum(sentence(), np.float32(SILENCE + 1.3))
    gaps = gap(motion_of().move(noisy))
    assert gaps[12:38].min() > 0.1 and gaps[-4:].max() < 0.005 and gaps[0] < 0.005


def test_an_open_mouth_in_the_photo_is_shut_in_silence():
    assert gap(motion_of(opened=0.2).move(sentence()))[-4:].max() < 0.005


def test_lips_shut_on_the_sounds_that_need_it():
    closures = np.zeros(166)
    closures[80:90] = 1  # frame 27 is mel frame 86
    gaps = gap(motion_of().move(sentence(), closures))
    assert gaps[27] < 0.03 < 0.15 < gaps[20]


def test_what_the_predictor_says_about_silence_is_the_zero_of_the_motion():
    plain, biased = motion_of(Talker()).move(sentence()), motion_of(Talker(bias=0.3)).move(sentence())
    assert np.allclose(plain.landmarks, biased.landmarks, atol=1e-6)


def test_same_seed_same_motion_other_seed_other_blinks():
    first, again, other = (motion_of(seed=seed).move(sentence(400)) for seed in (5, 5, 6))
    assert first.landmarks.tobytes() == again.landmarks.tobytes()
    assert first.quaternions.tobytes() == again.quaternions.tobytes()
    assert first.landmarks.tobytes() != other.landmarks.tobytes()


def test_head_goes_on_without_a_jump_across_joins():
    motion = motion_of(Talker(turn=0.15), fps=50)
    turns = np.concatenate([motion.move(sentence(speech, 0, 0)).quaternions for speech in (150, 150, 150)])
    steps = np.degrees(quaternion.angle_between(turns[1:], turns[:-1]))
    assert steps.max() < 1.0
    second = np.abs(np.diff(turns, n=2, axis=0)).max()
    assert second < 0.004  # no kink: speed does not jump either


def test_head_turns_but_not_beyond_the_limit():
    settings = MotionSettings(largest_turn_degrees=6.0)
    base = quaternion.from_euler(0.1, -0.2, 0.05)
    turns = motion_of(Talker(turn=1.0), settings=settings, base=base).move(sentence(400)).quaternions
    away = np.degrees(quaternion.angle_between(turns, base))
    assert away[0] < 0.1 and 2 < away.max() < 6.0
    assert np.allclose(np.linalg.norm(turns, axis=1), 1, atol=1e-5)


def test_closures_follow_the_symbols_and_a_frame_to_either_side():
    of_frame = np.array([-1, -1, 0, 0, 1, 1, 1, 2, -1, -1])
    spoken = lip_closures(("m", "ɑː", "zh_b"), of_frame)
    assert spoken.tolist() == [0, 1, 1, 1, 1, 0, 1, 1, 1, 0]


def test_predictor_from_weights_moves_a_face(tiny_weights):
    predictor, settings = load_predictor(tiny_weights)
    face = frontal_template().astype(np.float32)
    moved = Motion(predictor, settings, face, np.array([1.0, 0, 0, 0])).move(sentence())
    assert moved.landmarks.shape == (52, 68, 3) and moved.landmarks.dtype == np.float32
    assert np.isfinite(moved.landmarks).all()


def test_bfloat16_is_near_and_only_where_asked_for(tiny_weights):
    predictor, settings = load_predictor(tiny_weights)
    face, base = frontal_template().astype(np.float32), np.array([1.0, 0, 0, 0])
    mel = sentence() + np.random.default_rng(0).normal(0, 0.5, (166, 80)).astype(np.float32)
    auto, exact, rounded = (
        Motion(predictor, settings, face, base, precision=name).move(mel) for name in ("auto", "fp32", "bf16")
    )
    assert auto.landmarks.tobytes() == exact.landmarks.tobytes()  # a small network
    assert 0 < np.abs(rounded.landmarks - exact.landmarks).max() < 0.01
    with pytest.raises(ValueError, match="precision is 'int8'"):
        Motion(predictor, settings, face, base, precision="int8")

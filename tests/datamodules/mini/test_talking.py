from dataclasses import dataclass

import numpy as np
import pytest

from datamodules.mini.faces_controls import CONTROLS
from datamodules.mini.talking import mouth_controls, visemes_of
from datamodules.mini.talking_motion import draw_manner, perform, prosody

COLUMN = {name: k for k, name in enumerate(CONTROLS)}


@dataclass(frozen=True)
class Sound:
    phoneme: str
    start: float
    end: float


def spoken(*phonemes: str, each: float = 0.09, pause: float = 0.2) -> list[Sound]:
    edges = [pause + each * k for k in range(len(phonemes) + 1)]
    sounds = [Sound(p, a, b) for p, a, b in zip(phonemes, edges, edges[1:], strict=False)]
    return [Sound("", 0.0, pause), *sounds, Sound("", edges[-1], edges[-1] + pause)]


def at(sounds: list[Sound], phoneme: str) -> slice:
    sound = next(s for s in sounds if s.phoneme == phoneme)
    return slice(int(np.ceil((sound.start - 0.02) * 25)), int((sound.end + 0.02) * 25) + 1)


@pytest.mark.parametrize("bilabial", ["p", "b", "m", "ph"])
@pytest.mark.parametrize("offset", [0.0, 0.01, 0.02, 0.03])
@pytest.mark.parametrize("each", [0.04, 0.09])
def test_lips_close_fully_on_bilabials_in_some_frame(bilabial, offset, each):
    sounds = spoken("ɑ", bilabial, "æ", each=each, pause=0.2 + offset)
    controls = mouth_controls(sounds, np.arange(40) / 25)
    window = controls[at(sounds, bilabial)]
    assert (window[:, COLUMN["jaw"]] + window[:, COLUMN["part"]]).min() < 0.02
    assert window[:, COLUMN["press"]].max() > 0.7


def test_labiodentals_tuck_the_lower_lip():
    sounds = spoken("ɑ", "f", "ɑ")
    controls = mouth_controls(sounds, np.arange(25) / 25)
    assert controls[at(sounds, "f"), COLUMN["tuck"]].max() > 0.8
    assert controls[0, COLUMN["tuck"]] == 0


def test_open_vowels_lower_the_jaw_and_round_ones_purse_the_lips():
    for vowel, control, least in (("ɑː", "jaw", 0.55), ("u", "round", 0.6), ("i", "wide", 0.4)):
        sounds = spoken("t", vowel, "t", each=0.14)
        controls = mouth_controls(sounds, np.arange(30) / 25)
        assert controls[at(sounds, vowel), COLUMN[control]].max() > least, vowel


def test_rounding_begins_before_its_vowel():
    round_one, plain = (mouth_controls(spoken("s", v), np.array([0.24])) for v in ("u", "i"))
    assert round_one[0, COLUMN["round"]] > plain[0, COLUMN["round"]] + 0.1


def test_the_mouth_is_in_step_with_the_sound():
    sounds = spoken("b", "ɑ", "m", "i", "f", "o")
    later = [Sound(s.phoneme, s.start + 0.2, s.end + 0.2) for s in sounds]
    times = np.arange(25) / 25
    np.testing.assert_allclose(mouth_controls(sounds, times), mouth_controls(later, times + 0.2), atol=1e-6)


def test_a_mouth_at_rest_is_closed():
    assert np.abs(mouth_controls([Sound("", 0.0, 1.0)], np.arange(25) / 25)[:, 1:]).max() == 0
    assert mouth_controls([], np.arange(3) / 25).shape == (3, len(CONTROLS))


def test_short_gaps_between_syllables_do_not_let_the_mouth_rest():
    gap = [Sound("ɑ", 0.0, 0.2), Sound("", 0.2, 0.26), Sound("ɑ", 0.26, 0.46)]
    jaw = mouth_controls(gap, np.array([0.10, 0.23]))[:, COLUMN["jaw"]]
    assert jaw[1] > 0.9 * jaw[0]


@pytest.mark.parametrize(
    ("phoneme", "count"), [("aɪ", 2), ("oʊ", 2), ("tʃ", 1), ("ts.h", 1), ("th", 1), ("iɑu", 3), ("ɑːɹ", 2), ("ʔ", 1)]
)
def test_diphthongs_go_through_their_shapes(phoneme, count):
    assert len(visemes_of(phoneme)) == count


def tone(seconds: float = 3.0, rate: int = 16000) -> np.ndarray:
    times = np.arange(int(seconds * rate)) / rate
    return (np.sin(2 * np.pi * 120 * times) * (0.5 + 0.5 * np.sin(2 * np.pi * 2 * times))).astype(np.float32)


def test_prosody_hears_the_pitch():
    _, pitch = prosody(tone(), 16000)
    assert abs(np.median(pitch[pitch > 0]) - 120) < 4


def test_a_performance_is_smooth_and_as_long_as_the_sound():
    rng = np.random.default_rng(0)
    performance = perform(tone(), 16000, spoken("b", "ɑ", "m", "i"), draw_manner(rng), rng)
    assert performance.controls.shape == (75, len(CONTROLS)) and performance.moves.shape == (75, 3)
    quaternions = performance.quaternions
    np.testing.assert_allclose(np.linalg.norm(quaternions, axis=1), 1, atol=1e-6)
    steps = (quaternions[1:] * quaternions[:-1]).sum(1)
    assert steps.min() > np.cos(np.deg2rad(4) / 2)  # no jump, no change of sign
    assert np.ptp(quaternions, axis=0)[1:].max() > 0.01  # but it moves
    assert performance.controls.min() >= 0 and performance.controls.max() <= 1
    assert performance.controls[:, COLUMN["blink_left"]].max() > 0.5


def test_nods_follow_loud_syllables():
    rng = np.random.default_rng(1)
    manner = draw_manner(rng)
    quiet = perform(tone() * 0, 16000, [], manner, np.random.default_rng(2))
    loud = perform(tone(), 16000, [], manner, np.random.default_rng(2))
    assert np.abs(loud.quaternions - quiet.quaternions).max() > 0.005

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import InputError
from anyonenet.face import quaternion
from anyonenet.face.blendshapes import MOUTH, UPPER, column
from anyonenet.face.face_fit import FaceFit
from anyonenet.face.face_model import face_model
from anyonenet.mouth_style import STYLE, learn_style, save_style
from anyonenet.voice import Spoken
from anyonenet.weights import load_weights


@dataclass
class Said:
    parameters: np.ndarray


class Actor:
    """Opens the jaw once a second."""

    def animate(self, spoken: Spoken, emotion: str = "neutral") -> Said:
        parameters = np.zeros((len(spoken.mel) * 25 // 80, 51), np.float32)
        parameters[:, column("jawOpen")] = 0.5 * np.sin(np.pi * np.arange(len(parameters)) / 25) ** 2
        return Said(parameters)


def clip(seconds: float, fps: float, wider: float) -> tuple[np.ndarray, float, Spoken]:
    """Somebody who opens the jaw further than the actor, seen at another frame rate."""
    rng, frames = np.random.default_rng(0), round(seconds * fps)
    expressions = np.zeros((frames, 51))
    expressions[:, column("jawOpen")] = wider * 0.5 * np.sin(np.pi * np.arange(frames) / fps) ** 2
    angles = quaternion.from_euler(*rng.normal(0, 0.05, (3, frames)))
    person = FaceFit(
        rng.normal(0, 0.5, 60), expressions, quaternion.to_matrix(angles), np.full(frames, 90.0),
        np.full((frames, 2), 200.0), 0.0,
    )  # fmt: skip
    mel = np.full((round(seconds * 80), 80), MelSettings().silence, np.float32)
    spoken = Spoken("", (), mel, np.zeros(len(mel) * 200, np.float32), np.full(len(mel), -1), True)
    return person.projected(face_model()), fps, spoken


def test_who_opens_the_mouth_wider_is_found_to(tmp_path):
    style, identity = learn_style([clip(1.0, 15.0, 1.6), clip(1.0, 12.0, 1.6)], Actor())
    jaw = MOUTH.index("jawOpen")
    actor = torch.zeros(3, len(MOUTH))
    actor[:, jaw] = torch.tensor([0.1, 0.3, 0.5])
    mapped = style(actor)[:, jaw]
    assert mapped[2] - mapped[0] == pytest.approx(1.6 * 0.4, rel=0.3)
    assert identity.shape == (60,) and len(UPPER) + len(MOUTH) == 51
    save_style(tmp_path / STYLE, style, identity, "somebody")
    loaded, card = load_weights(tmp_path / STYLE, STYLE)
    torch.testing.assert_close(loaded(actor), style(actor), atol=1e-3, rtol=1e-2)
    np.testing.assert_allclose(card.extra["identity"], identity)


def test_without_a_clip_there_is_no_style():
    with pytest.raises(InputError, match="no reference clip"):
        learn_style([], Actor())

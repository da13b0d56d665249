from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import InputError, WeightsError
from anyonenet.face import quaternion
from anyonenet.face.blendshapes import MOUTH, column
from anyonenet.face.mouth import mouth_opening
from anyonenet.mouth_style import STYLE, save_style
from anyonenet.networks.mouth_style import MouthStyle, fit_style
from anyonenet.portrait import Portrait, portrait_of
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.manner import Manner
from anyonenet.systems.write_a_speaker import WriteASpeaker
from anyonenet.voice import Spoken
from tests.anyonenet.render.test_space_time import FACE, PHOTO, generator


@dataclass
class Tracks:
    parameters: np.ndarray
    head: np.ndarray


class Waves:
    """Opens and closes the jaw twice a second and holds the head turned; an angry one frowns."""

    def animate(self, spoken: Spoken, emotion: str = "neutral") -> Tracks:
        count = math.ceil(len(spoken.mel) / 80 * 25)
        parameters, head = np.zeros((count, 51), np.float32), np.zeros((count, 6), np.float32)
        parameters[:, column("jawOpen")] = 0.4 * np.sin(np.pi * np.arange(count) / 12.5) ** 2
        parameters[:, column("browDownLeft")] = float(emotion == "anger")
        head[:, 1] = 0.1
        return Tracks(parameters, head)


def portrait() -> Portrait:
    picture = np.ascontiguousarray(PHOTO)
    return portrait_of(picture, FACE)


def spoken(frames: int) -> Spoken:
    mel = np.full((frames, 80), MelSettings().silence, dtype=np.float32)
    return Spoken("", (), mel, np.zeros(frames * 200, dtype=np.float32), np.full(frames, -1), True)


def system(weights: Path = Path("none"), style: MouthStyle | None = None) -> WriteASpeaker:
    made = WriteASpeaker(Waves(), weights, torch.device("cpu"))
    made.style = style
    return made


@pytest.mark.parametrize("renderer", ["own", "warp"])
def test_two_sentences_become_the_right_number_of_frames(tmp_path, renderer):
    generator(tmp_path / "write_a_speaker_frames")
    made = system(tmp_path)
    made.prepare(renderer)
    performer, frames = made.performer(portrait(), 25.0, 0, renderer), []
    with SideBySide(2) as pool:
        performer.ready()
        for length in (37, 50):
            performance = performer.perform(spoken(length))
            frames += performer.draw(performance, pool, Stopwatch())
    assert len(frames) == math.ceil(87 / 80 * 25) and {frame.shape for frame in frames} == {PHOTO.shape}
    assert np.abs(frames[12].astype(int) - frames[0]).max() > 0


def test_the_mouth_opens_and_the_head_turns_away_from_the_photo_gently():
    face = portrait()
    performance = system().performer(face, 25.0, 0, "warp").perform(spoken(160))
    openings = mouth_opening(performance.landmarks)
    assert openings.max() > openings.min() + 1.0 and openings.argmax() in (6, 7, 19, 31, 32, 44)
    degrees = np.degrees(quaternion.angle_between(performance.quaternions, face.quaternion[None]))
    assert degrees[0] < 0.1 and degrees[-1] > 4.0 and np.abs(np.diff(degrees)).max() < 1.0


def test_emotions_reach_the_upper_face():
    made = system()
    calm = made.performer(portrait(), 25.0, 0, "warp").perform(spoken(40))
    made.follow(Manner("anger"))
    angry = made.performer(portrait(), 25.0, 0, "warp").perform(spoken(40))
    assert (angry.landmarks[:, 22, 1] > calm.landmarks[:, 22, 1] + 0.5).all()


def test_a_persons_mouth_style_is_learned_from_pairs_and_used():
    jaw = MOUTH.index("jawOpen")
    actor = torch.rand(200, 28, generator=torch.Generator().manual_seed(0)) * 0.5
    wide = actor.clone()
    wide[:, jaw] = 1.8 * actor[:, jaw]
    untrained = (MouthStyle()(actor) - wide).square().mean()
    style = fit_style(actor, wide, steps=200)
    assert (style(actor) - wide).square().mean() < 0.1 * untrained
    plain, styled = (
        mouth_opening(system(style=one).performer(portrait(), 25.0, 0, "warp").perform(spoken(80)).landmarks)
        for one in (None, style)
    )
    assert np.ptp(styled) > 1.3 * np.ptp(plain)
    with pytest.raises(ValueError, match="twice"):
        fit_style(actor, wide[:3])


def test_a_style_is_worn_from_its_folder_and_taken_off_again(tmp_path):
    made = system(tmp_path / "weights")
    save_style(tmp_path / "anna", MouthStyle(), np.full(60, 0.5), "Anna")
    made.follow(Manner(style=tmp_path / "anna"))
    assert made.style is not None and made.identity.tolist() == [0.5] * 60
    made.follow(Manner())
    assert made.style is None and made.identity is None
    save_style(tmp_path / "weights" / STYLE, MouthStyle(), np.zeros(60), "Bert")
    made.follow(Manner())
    assert made.style is not None and made.identity.tolist() == [0.0] * 60
    save_style(tmp_path / "odd", MouthStyle(), np.zeros(3), "nobody")
    with pytest.raises(WeightsError, match="odd holds no mouth style; make it again: anyonenet style"):
        made.follow(Manner(style=tmp_path / "odd"))


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(WeightsError, match="write_a_speaker_frames"):
        system(tmp_path).prepare("own")
    with pytest.raises(InputError, match="'cartoonish' cannot draw"):
        system().performer(portrait(), 25.0, 0, "cartoonish")

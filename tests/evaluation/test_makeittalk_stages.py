"""Alignment, probes, and the stranger's manner."""

import numpy as np
import pytest
import torch

from anyonenet.errors import WeightsError
from anyonenet.types import LandmarkMotion
from evaluation.ablation import predictor_of
from evaluation.ctc_alignment import align
from evaluation.makeittalk_content import code_context, frame_context, sounds
from evaluation.makeittalk_speaker import Stranger, turning
from evaluation.probes import class_probe
from tests.anyonenet.systems.test_makeittalk import made


def test_alignment_follows_the_text_and_fills_the_gaps():
    scores = np.full((9, 4), -5.0)
    for frame, symbol in enumerate((0, 1, 0, 0, 2, 2, 0, 3, 0)):
        scores[frame, symbol] = -0.1
    assert align(scores, [1, 2, 3]).tolist() == [0, 0, 0, 1, 1, 1, 1, 2, 2]
    # the text wins where the scores would say it otherwise
    assert sorted(set(align(scores, [3, 1]).tolist())) == [0, 1]
    doubled = align(scores, [2, 2])
    assert doubled.tolist() == sorted(doubled) and set(doubled.tolist()) == {0, 1}
    long = align(np.zeros((200, 4)), [1, 2] * 80)  # more states than a byte counts
    assert long.tolist() == sorted(long) and set(long.tolist()) == set(range(160))
    with pytest.raises(ValueError, match="do not fit into 9 frames"):
        align(scores, [1] * 6)
    with pytest.raises(ValueError, match="no symbols"):
        align(scores, [])


def test_a_probe_tells_what_is_there_and_not_what_is_not():
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 3, 400)
    told = np.eye(3)[classes] + rng.normal(0, 0.1, (400, 3))
    noise = rng.normal(size=(400, 3))
    assert (class_probe(told[:200], classes[:200])(told[200:]) == classes[200:]).mean() > 0.95
    assert (class_probe(noise[:200], classes[:200])(noise[200:]) == classes[200:]).mean() < 0.5


def test_each_place_in_a_code_has_a_reading_of_its_own():
    codes = torch.arange(6.0)[:, None]
    at = 2 * np.arange(12)
    found = code_context(codes, at, 4)
    assert found.shape == (12, 2 * 5)
    assert found[4].tolist() == [0, 1, 2, 3, 4, 0, 0, 0, 0, 0]  # frame 8 begins code 2
    assert found[5].tolist() == [0, 0, 0, 0, 0, 0, 1, 2, 3, 4]
    assert frame_context(torch.zeros(24, 80), at, 4).shape == (12, 5 * 80)
    kinds = sounds()
    assert "ɪ" in kinds and not any(sound[:1] in "ˈˌ" for sound in kinds if sound)


def test_a_stranger_is_never_oneself_and_comes_in_order():
    bank = torch.eye(4)
    seen = []

    def model(mels, landmarks, quaternions, lengths, identity):
        seen.append(identity)
        return None

    stranger = Stranger(model, bank, ["a", "a", "b", "c"])
    for count in (3, 1):
        stranger(torch.zeros(count, 2, 80), None, None, None)
    persons = np.array(["a", "a", "b", "c"])
    chosen = torch.cat(seen).argmax(1).numpy()
    assert (persons[chosen] != persons).all()


def test_turning_is_the_spread_of_the_head():
    angles = torch.linspace(-0.2, 0.2, 9)
    zero = torch.zeros_like(angles)

    def turned(share: float) -> torch.Tensor:
        half = share * angles / 2
        return torch.stack([half.cos(), zero, half.sin(), zero], -1)[None]

    batch = type("Batch", (), {
        "mels": None, "base_landmarks": None, "base_quaternions": None, "lengths": torch.tensor([9]),
        "quaternions": turned(1.0),
    })  # fmt: skip
    figure = turning(lambda *_: LandmarkMotion(torch.zeros(1), turned(0.5)), [batch], ["clip"])
    assert figure.value == pytest.approx(0.5, rel=1e-3)


def test_the_row_of_an_ablation_is_the_branch_over_its_encoder(tmp_path):
    folder = made(tmp_path)
    said = predictor_of(folder / "makeittalk_speech", folder)(
        torch.zeros(1, 7, 80), torch.zeros(1, 68, 2), torch.eye(4)[:1]
    )
    assert said.displacements.shape == (1, 7, 68, 2) and said.displacements.any()
    with pytest.raises(WeightsError, match="of stage 'speaker_encoder'; expected landmarks or makeittalk_speech"):
        predictor_of(folder / "speaker_encoder", folder)

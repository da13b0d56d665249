"""MakeItTalk as a system: two sentences on one portrait, its variants, and parts that were not trained together."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.audio.mel import MelSettings
from anyonenet.content_codes import ContentCodes
from anyonenet.errors import InputError, WeightsError
from anyonenet.face import quaternion
from anyonenet.face.posed import lifted, posed
from anyonenet.face.template import frontal_template
from anyonenet.makeittalk import MakeItTalk
from anyonenet.networks.speaker_aware import SpeakerAwareBranch
from anyonenet.networks.speaker_encoder import SpeakerEncoder
from anyonenet.networks.speech_content import SpeechContentBranch
from anyonenet.networks.voice_conversion import VoiceConverter
from anyonenet.portrait import Portrait, portrait_of
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems import makeittalk
from anyonenet.systems.known import load_system
from anyonenet.voice import Spoken
from anyonenet.weights import WeightsCard, read_card, save_weights


def made(folder: Path, mel: MelSettings | None = None) -> Path:
    """Random tiny weights that say they were trained with each other."""
    torch.manual_seed(0)
    mel = mel or MelSettings()
    voices = SpeakerEncoder(widths=[4, 4, 4, 4])
    save_weights(folder / "speaker_encoder", voices, WeightsCard("speaker_encoder", "nothing"))
    content = VoiceConverter(speaker_width=4, channels=8, neck=4, downsampling=4, decoder_channels=4, decoder_lstm=4,
                             postnet_channels=4)  # fmt: skip
    save_weights(folder / "makeittalk_content", content, WeightsCard("makeittalk_content", "nothing", mel))
    extra = {"content_sha256": read_card(folder / "makeittalk_content")[2].sha256}
    speech = SpeechContentBranch(8, 8, 1, 4, [8])
    save_weights(folder / "makeittalk_speech", speech, WeightsCard("makeittalk_speech", "nothing", mel, extra=extra))
    extra = extra | {"speech_sha256": read_card(folder / "makeittalk_speech")[2].sha256}
    speaker = SpeakerAwareBranch(8, 8, 1, 4, attention_width=8, attention_layers=1, hidden=[8])
    save_weights(folder / "makeittalk_speaker", speaker, WeightsCard("makeittalk_speaker", "nothing", mel, extra=extra))
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("weights"))


def face() -> Portrait:
    picture = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    return portrait_of(picture, frontal_template() * 20 + [64, 48, 0])


def spoken(frames: int, seed: int) -> Spoken:
    rng = np.random.default_rng(seed)
    wave = rng.normal(size=frames * 200).astype(np.float32) * 0.1
    return Spoken("", (), rng.normal(size=(frames, 80)).astype(np.float32), wave, np.full(frames, -1), True)


@pytest.mark.parametrize("hop", [0.0125, 0.016])
def test_two_sentences_make_as_many_frames_as_they_last(weights: Path, tmp_path: Path, hop: float) -> None:
    if hop != 0.0125:
        weights = made(tmp_path, MelSettings(hop_seconds=hop))
    system = load_system("makeittalk", weights)
    assert system.renderers[0] == "warp" and not system.reads_symbols
    portrait = face()
    performer = system.performer(portrait, 25.0, 0, "warp")
    drawn = heard = 0
    with SideBySide(1) as pool:
        for seed, frames in enumerate((43, 50)):
            performance = performer.perform(spoken(frames, seed))
            for frame in performer.draw(performance, pool, Stopwatch()):
                assert frame.shape == portrait.image.shape and frame.dtype == np.uint8
                drawn += 1
            heard += frames
            assert drawn == math.ceil(heard / 80 * 25)
    assert np.ptp(performance.quaternions, axis=0).max() > 1e-5  # the speaker-aware branch turns the head


def test_variants_and_another_identity(weights: Path) -> None:
    portrait, sentence = face(), spoken(40, 0)

    def said(**options):
        system = makeittalk.load(weights, torch.device("cpu"), "auto", **options)
        return system.performer(portrait, 25.0, 0, "warp").perform(sentence)

    full, stranger = said(), said(identity=np.eye(1024, dtype=np.float32)[3])
    assert not np.allclose(full.landmarks, stranger.landmarks)
    still = said(variant="no_speaker")
    np.testing.assert_allclose(still.quaternions, np.tile(portrait.quaternion, (len(still.quaternions), 1)), atol=1e-6)
    assert not np.allclose(said(variant="no_content").landmarks, full.landmarks)
    with pytest.raises(InputError, match="'half' is no variant of MakeItTalk; choose full, no_speaker, no_content"):
        said(variant="half")
    with pytest.raises(InputError, match="expected a speaker embedding"):
        said(identity=np.zeros(3))


def test_motion_is_taken_apart_as_it_was_put_together(weights: Path) -> None:
    model = MakeItTalk.load(weights)
    base = torch.from_numpy(frontal_template()[None, :, :2]).float() + 0.01
    turned = torch.from_numpy(quaternion.from_rotation_vector(np.array([[0.1, -0.2, 0.05]]))).float()
    moved = torch.zeros(1, 6, 68, 3)
    moved[..., 48:68, 1] = 0.1 * torch.arange(6)[:, None]
    truth = torch.from_numpy(quaternion.from_rotation_vector(np.linspace(-0.2, 0.2, 18).reshape(6, 3))).float()

    class Knowing:
        def __call__(self, content, lengths, speakers, faces):
            whole = posed((lifted(base)[:, None] + moved), truth[None])
            return whole - faces[:, None], content

    model.speech = None
    model.speaker = Knowing()  # type: ignore[assignment]
    said = model(torch.zeros(1, 6, 80), base, turned, torch.tensor([5]))
    torch.testing.assert_close(said.displacements[0, :5], moved[0, :5, :, :2], atol=1e-5, rtol=0)
    agree = (said.quaternions[0, :5] * truth[:5]).sum(-1).abs()
    torch.testing.assert_close(agree, torch.ones(5), atol=1e-6, rtol=0)
    assert not said.displacements[0, 5].any() and torch.equal(said.quaternions[0, 5], turned[0])


def test_parts_that_were_not_trained_together_are_refused(weights: Path, tmp_path: Path) -> None:
    alone = SpeakerAwareBranch(8, 8, 1, 4, attention_width=8, attention_layers=1, hidden=[8])
    extra = {"content_sha256": read_card(weights / "makeittalk_content")[2].sha256, "speech_sha256": ""}
    save_weights(tmp_path / "alone", alone, WeightsCard("makeittalk_speaker", "nothing", extra=extra))
    assert MakeItTalk.load(weights, "no_content", speaker=tmp_path / "alone").speech is None
    with pytest.raises(WeightsError, match="was trained with another speech-content branch"):
        MakeItTalk.load(weights, speaker=tmp_path / "alone")
    extra["content_sha256"] = "0" * 64
    save_weights(tmp_path / "other", alone, WeightsCard("makeittalk_speaker", "nothing", extra=extra))
    with pytest.raises(WeightsError, match="was trained on codes of the content encoder 000000000000, and is given"):
        MakeItTalk.load(weights, "no_content", speaker=tmp_path / "other")
    with pytest.raises(WeightsError, match="expected 'makeittalk_content'"):
        ContentCodes(weights / "speaker_encoder")

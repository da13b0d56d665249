"""MakeItTalk's networks: what each sees, and that neither padding nor the end of a window changes it."""

import pytest
import torch

from anyonenet.networks.frame_attention import FrameAttention
from anyonenet.networks.landmark_head import FaceShape
from anyonenet.networks.speaker_aware import LandmarkDiscriminator, SpeakerAwareBranch
from anyonenet.networks.speech_content import SpeechContentBranch
from anyonenet.networks.voice_conversion import VoiceConverter
from anyonenet.networks.window_lstm import WindowLSTM


def converter() -> VoiceConverter:
    torch.manual_seed(0)
    return VoiceConverter(
        bands=6, speaker_size=8, speaker_width=4, channels=8, neck=3, downsampling=4, decoder_channels=8,
        decoder_lstm=8, postnet_channels=4, layers=2,
    ).eval()  # fmt: skip


def test_sizes_are_the_papers():
    # 1.9 and 3.8 million with features of 80 numbers a frame (section 4.4; the second with the discriminator)
    assert sum(value.numel() for value in SpeechContentBranch(80).parameters()) == pytest.approx(1.9e6, rel=0.06)
    both = [*SpeakerAwareBranch(80).parameters(), *LandmarkDiscriminator().parameters()]
    assert sum(value.numel() for value in both) == pytest.approx(3.8e6, rel=0.35)


def test_a_code_is_of_its_own_frames_whatever_lies_behind_the_end():
    network, speakers = converter(), torch.nn.functional.normalize(torch.randn(2, 8), dim=-1)
    mels, lengths = torch.randn(2, 18, 6), torch.tensor([10, 18])
    with torch.no_grad():
        both = network(mels, lengths, speakers)
        alone = network(mels[:1, :10], lengths[:1], speakers[:1])
        features = network.features(mels, lengths, speakers)
    assert both.codes.shape == (2, 5, 6) and both.refined_mels.shape == (2, 18, 6) and features.shape == (2, 18, 6)
    torch.testing.assert_close(both.codes[:1, :3], alone.codes)
    assert not both.codes[0, 3:].any()
    torch.testing.assert_close(both.refined_mels[:1, :10], alone.refined_mels)
    assert torch.equal(features[:, 4], features[:, 7]) and not torch.equal(features[:, 3], features[:, 4])
    with pytest.raises(ValueError, match="downsampling is 0"):
        VoiceConverter(downsampling=0)


def test_the_lstm_reads_its_window_and_nothing_else():
    torch.manual_seed(0)
    listen, features = WindowLSTM(5, 4, 2, window=3), torch.randn(2, 9, 5)
    lengths = torch.tensor([6, 9])
    with torch.no_grad():
        heard = listen(features, lengths)
        torch.testing.assert_close(heard[1, 2], listen.lstm(features[1:, 2:5])[0][0, -1])
        ended = features[:1, [5, 5, 5]]  # behind the end the last frame again
        torch.testing.assert_close(heard[0, 5], listen.lstm(ended)[0][0, -1])
        some = listen(features, lengths, torch.tensor([2, 7]))
    torch.testing.assert_close(some, heard[:, [2, 7]])


def test_attention_beyond_one_window_fades_over_and_minds_no_padding():
    torch.manual_seed(0)
    attention = FrameAttention(3, 8, 1, 2, window=8).eval()
    frames, lengths = torch.randn(2, 21, 3), torch.tensor([7, 21])
    with torch.no_grad():
        both = attention(frames, lengths)
        torch.testing.assert_close(both[:1, :7], attention(frames[:1, :7], lengths[:1]))
        assert both.shape == (2, 21, 8) and not both[0, 7:].any()
        short = attention(frames[:, :8], torch.tensor([7, 8]))
        torch.testing.assert_close(short[:1, :7], both[:1, :7])
        other = frames.clone()
        other[1, 20] += 1
        changed = (attention(other, lengths) - both)[1].abs().sum(-1)
    assert not changed[:8].any() and changed[20] > 0  # beyond the reach of windows that hold it


def test_another_speaker_moves_the_head_otherwise():
    torch.manual_seed(0)
    sizes = {"content_size": 5, "lstm_width": 8, "lstm_layers": 1, "speaker_size": 8, "attention_width": 8}
    branch = SpeakerAwareBranch(**sizes, hidden=[8]).eval()
    content, faces = torch.randn(1, 6, 5), FaceShape().usual[None]
    with torch.no_grad():
        moved, heard = branch(content, torch.tensor([6]), torch.eye(8)[:1], faces)
        other, same = branch(content, torch.tensor([6]), torch.eye(8)[1:2], faces)
    assert moved.shape == (1, 6, 68, 3) and heard.shape == (1, 6, 8)
    assert torch.equal(heard, same) and not torch.allclose(moved, other)

import torch

from anyonenet.audio.mel_rate import at_frame_rate


def test_a_slope_stays_one_and_equal_rates_change_nothing():
    mel = torch.arange(40.0)[:, None].expand(-1, 80)
    assert at_frame_rate(mel, 80.0, 80.0) is mel
    slower = at_frame_rate(mel, 80.0, 62.5)
    assert slower.shape == (31, 80)
    torch.testing.assert_close(slower[:, 0], torch.arange(31) * 80 / 62.5)
    assert at_frame_rate(mel[:1], 62.5, 80.0).shape == (1, 80)

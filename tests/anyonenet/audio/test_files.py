"""Sound in and out of files: any container, right length, right instant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from anyonenet.audio import files
from anyonenet.audio.files import read_audio, write_wav
from anyonenet.errors import InputError
from anyonenet.render.video import VideoWriter


def _tone(hertz: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


def _level(waveform: np.ndarray) -> float:
    """dB relative to a tone of amplitude 0.5, ends left out."""
    return float(20 * np.log10(np.sqrt(2 * np.mean(waveform[1000:-1000] ** 2)) / 0.5 + 1e-9))


def test_wav_there_and_back(tmp_path: Path) -> None:
    tone = _tone(440, 16000)
    write_wav(tmp_path / "a.wav", tone, 16000)
    back = read_audio(tmp_path / "a.wav", 16000)
    assert back.dtype == np.float32 and back.shape == tone.shape
    np.testing.assert_allclose(back, tone, atol=1 / 32000)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(("name", "rate"), [("a.flac", 44100), ("a.ogg", 48000), ("a.mp3", 22050)])
def test_formats_and_channels(tmp_path: Path, name: str, rate: int) -> None:
    stereo = np.stack([_tone(440, rate), np.zeros(rate, np.float32)], axis=1)
    soundfile.write(tmp_path / name, stereo, rate)
    mono = read_audio(tmp_path / name, 16000)
    assert len(mono) == pytest.approx(16000, abs=10)
    assert _level(mono) == pytest.approx(-6, abs=0.2)  # the mean of both channels


def test_long_files_are_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (30_000, 2)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", noise, 44100, subtype="FLOAT")
    whole = read_audio(tmp_path / "a.wav", 16000)
    monkeypatch.setattr(files, "_BLOCK", 999)
    assert np.array_equal(read_audio(tmp_path / "a.wav", 16000), whole)
    assert len(whole) == -(-30_000 * 160 // 441)


def test_sound_of_a_video_starts_and_ends_with_it(tmp_path: Path) -> None:
    click = np.zeros(24000, np.float32)
    click[12000:12200] = 0.8
    with VideoWriter(tmp_path / "a.mp4", 32, 32, 25, 16000) as writer:
        for _ in range(38):
            writer.write_frame(np.zeros((32, 32, 3), np.uint8))
        writer.write_audio(click)
    sound = read_audio(tmp_path / "a.mp4", 16000)
    assert len(sound) == 38 * 640
    assert abs(int(np.argmax(np.abs(sound) > 0.3)) - 12000) < 40


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound here")
    (tmp_path / "text.mp4").write_text("no video here")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 16000)
    with VideoWriter(tmp_path / "mute.mp4", 32, 32, 25, None) as writer:
        writer.write_frame(np.zeros((32, 32, 3), np.uint8))
    cases = {
        "missing.wav": "no audio file",
        "text.wav": "cannot be read",
        "text.mp4": "cannot be read",
        "empty.wav": "holds no sound",
        "mute.mp4": "has no sound",
    }
    for name, words in cases.items():
        with pytest.raises(InputError, match=words) as caught:
            read_audio(tmp_path / name, 16000)
        assert "\n" not in str(caught.value) and name in str(caught.value)
    with pytest.raises(InputError, match="is a folder"):
        read_audio(tmp_path, 16000)


def test_what_cannot_be_written_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        write_wav(tmp_path / "nowhere" / "a.wav", np.zeros(10), 16000)
    with pytest.raises(ValueError, match="shape"):
        write_wav(tmp_path / "a.wav", np.zeros((10, 2)), 16000)
    with pytest.raises(ValueError, match="finite"):
        write_wav(tmp_path / "a.wav", np.full(10, np.nan), 16000)
    assert list(tmp_path.iterdir()) == []
    write_wav(tmp_path / "loud.wav", np.array([4.0, -4.0]), 16000)
    assert np.abs(read_audio(tmp_path / "loud.wav", 16000)).max() == pytest.approx(1, abs=1e-3)

"""Writes spoken sentences as sound files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import soundfile
import soxr

from datamodules.mini.identity import Voice
from datamodules.mini.voices import speak

SYNTHESIS_RATE = 24000
"""Hz; the synthesiser has nothing to say above 12 kHz, so higher rates are resampled from this one"""


@dataclass(frozen=True)
class SoundFile:
    """One sound file to make."""

    path: Path
    """`.wav` or `.flac`, 16-bit; its folder exists"""
    text: str
    language: str
    voice: Voice
    sample_rate: int
    """Hz of the file"""


def write_sound(file: SoundFile) -> float:
    """Speak and write one file; returns its length in seconds."""
    rate = min(file.sample_rate, SYNTHESIS_RATE)
    speech = speak(file.text, file.language, file.voice, rate)
    waveform = speech.waveform
    if rate != file.sample_rate:
        waveform = soxr.resample(waveform, rate, file.sample_rate, quality="MQ")
    soundfile.write(file.path, waveform.clip(-1, 1), file.sample_rate, subtype="PCM_16")
    return speech.seconds

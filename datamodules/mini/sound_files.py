"""Writes spoken sentences as sound files, on several cores."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile
import soxr
from tqdm import tqdm

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


def write_sounds(files: Sequence[SoundFile], workers: int = 1, progress: bool = True, name: str = "speech") -> float:
    """Speak and write all files; the bytes do not depend on `workers`.

    Args:
        files: what to make.
        workers: processes; 1 works in this one.
        progress: show a bar.
        name: what the bar says.

    Returns:
        seconds of speech made.
    """
    bar = tqdm(total=len(files), desc=name, unit="utterance", disable=not progress)
    seconds = 0.0
    with bar:
        if workers <= 1:
            for file in files:
                seconds += write_sound(file)
                bar.update()
            return seconds
        # spawned, not forked: a fork of a process that runs torch's threads may hang
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            for length in pool.imap(write_sound, files, chunksize=16):
                seconds += length
                bar.update()
    return seconds

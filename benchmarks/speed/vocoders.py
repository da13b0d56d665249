"""Griffin-Lim beside librosa's: time at equal iterations, and at equal spectral convergence."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature

import librosa
import numpy as np
import torch
from torch import Tensor

from anyonenet.audio.frames import Frames
from anyonenet.audio.griffin_lim import griffin_lim, linear_magnitude, reconstruct
from anyonenet.audio.mel import MelSettings, log_mel, mel_filterbank, mel_magnitude
from anyonenet.audio.starting_phase import starting_angles
from benchmarks.measuring import Step
from benchmarks.speed.peers import CLIP_SECONDS, Peer

ITERATIONS = 32
"""librosa's default"""
OURS = int(signature(griffin_lim).parameters["iterations"].default)
TRIED = (1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128, 192)
"""numbers of iterations among which the one of equal convergence is looked for"""


def vocoders() -> Iterator[Peer]:
    """Of a sung vowel that glides, as long as the clip: from linear magnitudes, and from its mel."""
    settings = MelSettings()
    mel = log_mel(glide(settings), settings)
    magnitude = linear_magnitude(mel, settings)  # (frames, bins)

    def ours(iterations: int) -> tuple[dict[str, Step], float]:
        reached = convergence(ours_of(magnitude, iterations, settings), magnitude, settings)
        return {f"{iterations} iterations": lambda: ours_of(magnitude, iterations, settings)}, reached

    found = {count: convergence(theirs_of(magnitude, count, settings), magnitude, settings) for count in TRIED}
    same, reached = ours(ITERATIONS)
    yield Peer(
        f"sound of {CLIP_SECONDS:g} s, equal iterations",
        f"librosa.griffinlim, {ITERATIONS} iterations",
        lambda: theirs_of(magnitude, ITERATIONS, settings),
        same,
        f"both from the same magnitudes with momentum 0.99; librosa's phases start at random, ours go on from frame to "
        f"frame. Spectral convergence (lower is better): ours {reached:.4f}, librosa's {found[ITERATIONS]:.4f}.",
    )
    usual, reached = ours(OURS)
    equal = next((count for count in TRIED if found[count] <= reached), TRIED[-1])
    yield Peer(
        f"sound of {CLIP_SECONDS:g} s, equal convergence",
        f"librosa.griffinlim, {equal} iterations",
        lambda: theirs_of(magnitude, equal, settings),
        usual,
        f"ours with its usual {OURS} iterations reaches {reached:.4f}; librosa with the first of "
        f"{', '.join(map(str, TRIED))} that is not above it, or the last: {found[equal]:.4f}",
    )
    yield Peer(
        f"mel to sound of {CLIP_SECONDS:g} s",
        f"librosa: nnls and griffinlim, {ITERATIONS} iterations",
        lambda: theirs_of(theirs_linear(mel, settings), ITERATIONS, settings),
        {f"griffin_lim, {OURS} iterations": lambda: griffin_lim(mel[None], settings)},
        "librosa finds non-negative least squares by L-BFGS-B, ours by eight multiplicative corrections",
        2,
    )


def ours_of(magnitude: Tensor, iterations: int, settings: MelSettings) -> Tensor:
    """Our waveform of `(frames, bins)` magnitudes."""
    frames = Frames(1, len(magnitude), settings, magnitude.device)
    angles = starting_angles(magnitude[None], settings)
    return reconstruct(magnitude[None], angles, frames, iterations, 0.99)[0]


def glide(settings: MelSettings) -> Tensor:
    """(samples,) sound with forty harmonics whose pitch moves, and pauses, in [-1, 1]."""
    time = np.arange(round(CLIP_SECONDS * settings.sample_rate)) / settings.sample_rate
    phase = 2 * np.pi * np.cumsum(150 + 40 * np.sin(2 * np.pi * 0.7 * time)) / settings.sample_rate
    sound = sum(np.sin(number * phase) / number for number in range(1, 41))
    loud = np.clip(np.sin(2 * np.pi * 1.1 * time) + 0.6, 0, 1)
    return torch.from_numpy((0.2 * sound * loud).astype(np.float32))


def theirs_of(magnitude: Tensor, iterations: int, settings: MelSettings) -> np.ndarray:
    """librosa's waveform of `(frames, bins)` magnitudes."""
    return np.asarray(
        librosa.griffinlim(
            magnitude.T.numpy(),
            n_iter=iterations,
            hop_length=settings.hop_samples,
            win_length=settings.window_samples,
            n_fft=settings.fft_samples,
            momentum=0.99,
            random_state=0,
        )
    )


def theirs_linear(mel: Tensor, settings: MelSettings) -> Tensor:
    """librosa's magnitudes of a mel, with our filters."""
    wanted = mel_magnitude(mel, settings).T.numpy()
    return torch.from_numpy(librosa.util.nnls(mel_filterbank(settings).numpy(), wanted).T)


def convergence(waveform: Tensor | np.ndarray, magnitude: Tensor, settings: MelSettings) -> float:
    """Norm of the difference of a waveform's magnitudes from those wanted, over the norm of those wanted."""
    window = torch.hann_window(settings.window_samples)
    sizes = settings.fft_samples, settings.hop_samples, settings.window_samples, window
    found = torch.stft(torch.as_tensor(waveform), *sizes, pad_mode="constant", return_complex=True).abs()
    frames = min(found.shape[1], len(magnitude))
    wanted = magnitude[:frames].T
    return float((found[:, :frames] - wanted).norm() / wanted.norm())

"""One sentence in several voices: mel spectrograms with F0, beside the faces they were chosen for (Fig. 6)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from anyonenet.audio.mel import MelSettings
from evaluation.figures.saving import fonts, printable, save_figure
from evaluation.metrics.pitch import track_f0


def voice_figure(
    voices: Sequence[tuple[str, np.ndarray, np.ndarray]],
    out: Path,
    settings: MelSettings | None = None,
    pictures: Sequence[np.ndarray] | None = None,
) -> list[float]:
    """Mel spectrograms with the fundamental frequency drawn on them, one row a voice (as AnyoneNet's Fig. 6).

    Args:
        voices: title, mel `(T, 80)`, waveform `(samples,)` each.
        out: a PNG file; a PDF is written beside it.
        settings: of the mels and waveforms.
        pictures: `(H, W, 3)` uint8 RGB, drawn left of each voice.

    Returns:
        the mean F0 of each voice, Hz (nan where nothing is voiced).

    Raises:
        InputError: the figure cannot be written there.
    """
    settings = settings or MelSettings()
    figure = Figure(figsize=(10, 3 * len(voices)), layout="constrained")
    shares = [1.0, 3.2] if pictures is not None else [1.0]
    axes = figure.subplots(len(voices), len(shares), squeeze=False, width_ratios=shares)
    longest = max(len(mel) for _, mel, _ in voices) / settings.frame_rate
    means = []
    for row, (title, mel, waveform) in enumerate(voices):
        axis = axes[row, -1]
        seconds = len(mel) / settings.frame_rate
        axis.imshow(
            mel.T, origin="lower", aspect="auto", extent=(0, seconds, 0, settings.bands), cmap="magma", vmax=1.5
        )
        pitch = track_f0(waveform, settings.sample_rate, settings.hop_seconds)
        times = np.arange(len(pitch)) * settings.hop_seconds
        means.append(float(np.nanmean(pitch)) if np.isfinite(pitch).any() else float("nan"))
        above = axis.twinx()
        outline = [withStroke(linewidth=4, foreground="black")]  # legible on bright and on dark bands
        above.plot(times, pitch, color="cyan", linewidth=2, path_effects=outline)
        above.set(ylim=(50, 400), ylabel="F0, Hz")
        axis.set_facecolor("black")  # as silence, where another voice speaks longer
        axis.set(xlabel="seconds", ylabel="mel band", xlim=(0, longest if pictures is not None else seconds))
        axis.set_title(f"{printable(title)} (mean F0 {means[-1]:.0f} Hz)", family=fonts())
        if pictures is not None:
            axes[row, 0].imshow(pictures[row])
            axes[row, 0].axis("off")
    save_figure(figure, out)
    return means


def voices_of_faces(
    weights: Path, text: str, images: Sequence[Path], language: str | None = None, seed: int = 0
) -> tuple[list[tuple[str, np.ndarray, np.ndarray]], list[np.ndarray], MelSettings]:
    """One text spoken in the voices of several faces.

    Returns:
        for each face a title, mel and waveform; a square picture of each; the settings of the mels.

    Raises:
        InputError: a picture cannot be read or has no face, or the text cannot be spoken.
        WeightsError: weights are missing.
    """
    from anyonenet.portrait import PortraitReader
    from anyonenet.voice import Voice

    voice, reader = Voice(weights), PortraitReader()
    voices, pictures = [], []
    apart = len({path.stem for path in images}) == len(images)
    for path in images:
        portrait = reader.read(path, 256, crop=True)
        speaker = voice.speaker_of_face(portrait.photo, portrait.photo_landmarks)
        parts = list(voice.speak(text, speaker, language, seed))
        mel = np.concatenate([part.mel for part in parts])
        title = path.stem if apart else f"{path.parent.name}/{path.stem}"
        voices.append((title, mel, np.concatenate([part.waveform for part in parts])))
        pictures.append(portrait.image)
    return voices, pictures, voice.settings

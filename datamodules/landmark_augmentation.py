"""What is varied in training the landmark predictor, so that one speaker's corpus serves every voice and face.

The corpus has one face and few voices; at inference the voice comes from the TTS and the face from any photograph.
All functions take a local generator and leave their input as it is.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from anyonenet.audio.mel import MelSettings
from anyonenet.face.quaternion import from_rotation_vector, multiply
from datamodules.mel_augmentation import band_centres_hz


@dataclass(frozen=True)
class AugmentationSettings:
    """Sizes of the variations; 0 switches one off."""

    tract_scale: float = 0.18
    """largest |ln| of the factor on frequency: other vocal tracts"""
    tilt: float = 0.6
    """standardised log-mel, lowest to highest band: brighter and darker voices"""
    gain: float = 0.5
    """standardised log-mel: louder and softer"""
    noise: float = 0.15
    """standard deviation, standardised log-mel"""
    blur_frames: float = 1.2
    """largest width of a Gaussian over time: synthesised mels are smooth"""
    blur_bands: float = 1.5
    """largest width of a Gaussian over frequency: hides the harmonics of the voice"""
    floor: float = 0.8
    """standardised log-mel: how far the noise floor is raised at most"""
    face: float = 0.12
    """relative size of changes of the face's proportions"""
    rotation_degrees: float = 15.0
    """largest rotation of the whole clip about each axis: other poses of the photograph"""

    @classmethod
    def off(cls) -> AugmentationSettings:
        """Nothing varies."""
        return cls(**{field.name: 0.0 for field in dataclasses.fields(cls)})


def vary_voice(
    mel: np.ndarray,
    settings: AugmentationSettings,
    generator: np.random.Generator,
    mel_settings: MelSettings | None = None,
) -> np.ndarray:
    """The same words from another throat and microphone.

    Args:
        mel: `(frames, bands)` float32, standardised log-mel.
        settings: sizes of the variations.
        generator: local.
        mel_settings: the project's when None.

    Returns:
        `(frames, bands)` float32.
    """
    mel_settings = mel_settings or MelSettings()
    frequencies = band_centres_hz(mel_settings)
    factor = np.exp(generator.uniform(-settings.tract_scale, settings.tract_scale))
    # where each band looks it up, in bands
    source = np.interp(frequencies / factor, frequencies, np.arange(len(frequencies)))
    low = np.floor(source).astype(int).clip(0, len(frequencies) - 2)
    share = (source - low).astype(np.float32)
    varied = mel[:, low] * (1 - share) + mel[:, low + 1] * share
    blurs = generator.uniform(0, 1, 2) * (generator.random(2) < 0.7)
    if settings.blur_frames * blurs[0] > 0.1:
        varied = gaussian_filter1d(varied, settings.blur_frames * blurs[0], axis=0)
    if settings.blur_bands * blurs[1] > 0.1:
        varied = gaussian_filter1d(varied, settings.blur_bands * blurs[1], axis=1)
    slope = np.linspace(-0.5, 0.5, mel.shape[1]) * generator.uniform(-settings.tilt, settings.tilt)
    varied = varied + slope + generator.uniform(-settings.gain, settings.gain)
    varied = varied + generator.normal(0, 1, mel.shape) * settings.noise * generator.random()
    floor = mel_settings.silence + settings.floor * generator.random() ** 2
    return np.maximum(varied, floor).astype(np.float32)


def vary_face(landmarks: np.ndarray, settings: AugmentationSettings, generator: np.random.Generator) -> np.ndarray:
    """The same motion on a face of other proportions; lips that touch still touch.

    Each part gets its own place and size and the whole its own aspect; sizes act about the part's centre, so points
    that coincide stay together.

    Args:
        landmarks: `(frames, 68, 2)` float32, frontal, outer-eye distances.
        settings: sizes of the variations.
        generator: local.

    Returns:
        `(frames, 68, 2)` float32.
    """
    amount = settings.face
    aspect = 1 + generator.uniform(-amount, amount, 2) * [0.3, 1.0]
    mean = landmarks.mean(0, dtype=np.float64) * aspect  # (68, 2)
    # every change is a size and a shift of each point, so the frames are gone through once
    sizes, shifts = np.empty((2, *mean.shape))
    for part in (slice(0, 17), slice(17, 27), slice(27, 36), slice(36, 48), slice(48, 68)):
        size = 1 + generator.uniform(-amount, amount, 2)
        sizes[part] = size
        shifts[part] = mean[part].mean(0) * (1 - size) + generator.uniform(-amount, amount, 2) * 0.3
    # thicker or thinner lips: the outer contour moves away from the inner one, the opening stays
    thickness = generator.uniform(-amount, amount) * 0.4
    shifts[49:54, 1] -= thickness * 0.3
    shifts[55:60, 1] += thickness * 0.3
    varied: np.ndarray = landmarks * (sizes * aspect).astype(np.float32) + shifts.astype(np.float32)
    return varied.astype(np.float32, copy=False)


def vary_pose(quaternions: np.ndarray, settings: AugmentationSettings, generator: np.random.Generator) -> np.ndarray:
    """The same head motion from another first pose: `(frames, 4)` unit -> `(frames, 4)` unit."""
    largest = np.deg2rad(settings.rotation_degrees)
    turn = from_rotation_vector(generator.uniform(-largest, largest, 3))
    return multiply(turn, quaternions).astype(np.float32)

"""How a picture of a drawn person is taken: size, light, colour, blur, noise, background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datamodules.mini.faces_body import background


@dataclass(frozen=True)
class Scene:
    """How a picture is taken. Directions: x right, y down, z away; colours are multipliers in linear light."""

    height: int
    width: int
    scale: float
    """pixels per outer-eye distance"""
    centre: tuple[float, float]
    """pixels: where the point midway between the eyes stands at rest (x, y)"""
    key: np.ndarray
    """(3,) unit direction towards the main light"""
    key_colour: np.ndarray
    fill: np.ndarray
    """(3,) unit direction towards the second light"""
    fill_colour: np.ndarray
    ambient: np.ndarray
    shine: float
    background: np.ndarray
    """(H, W, 3) float32 linear light"""
    gains: np.ndarray
    """(3,) white balance and exposure"""
    contrast: float
    saturation: float
    blur: float
    """pixels (sigma)"""
    noise: float
    """grey levels (0 to 255) of sensor noise"""
    seed: int


def draw_scene(rng: np.random.Generator, height: int, width: int, framing: float = 0.29, variety: float = 1.0) -> Scene:
    """A scene at random.

    Args:
        framing: outer-eye distance as a share of the picture's width, about.
        variety: 0 (studio) to 1 (anything a camera meets): spread of light, colour, blur and noise.
    """
    azimuth, height_angle = rng.uniform(-1.0, 1.0) * (0.4 + 0.6 * variety), rng.uniform(0.15, 0.85)
    key = np.array(
        [np.sin(azimuth) * np.cos(height_angle), -np.sin(height_angle), -np.cos(azimuth) * np.cos(height_angle)]
    )
    other = -np.sign(azimuth) * rng.uniform(0.5, 1.5)
    fill = np.array([np.sin(other), -0.2, -np.cos(other)])
    warm = rng.normal(0, 0.07 * variety)
    tint = np.array([1 + warm, 1 + rng.normal(0, 0.02 * variety), 1 - warm])
    strength = rng.uniform(0.55, 1.0)
    exposure = rng.uniform(0.85, 1.20)
    return Scene(
        height=height,
        width=width,
        scale=framing * width * rng.uniform(0.92, 1.08),
        centre=(width * (0.5 + rng.normal(0, 0.012)), height * (0.43 + rng.normal(0, 0.015))),
        key=(key / np.linalg.norm(key)).astype(np.float32),
        key_colour=(strength * tint * 1.0).astype(np.float32),
        fill=(fill / np.linalg.norm(fill)).astype(np.float32),
        fill_colour=(rng.uniform(0.06, 0.32) * tint[::-1]).astype(np.float32),
        ambient=(rng.uniform(0.20, 0.38) * (1 + 0.3 * (tint - 1))).astype(np.float32),
        shine=float(rng.uniform(0.08, 0.34)),
        background=background((height, width), rng).astype(np.float32),
        gains=(exposure * (1 + rng.normal(0, 0.045 * variety, 3))).astype(np.float32),
        contrast=float(1 + rng.uniform(-0.15, 0.2) * variety),
        saturation=float(1 + rng.uniform(-0.35, 0.25) * variety) if rng.random() > 0.06 * variety else 0.0,
        blur=float(max(rng.uniform(-0.5, 0.9), 0.0) * variety),
        noise=float(rng.uniform(0.5, 4.5) * variety),
        seed=int(rng.integers(2**31)),
    )

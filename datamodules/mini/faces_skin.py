"""The skin of a drawn face, painted on the head's texture: complexion, lids, lashes, brows, lips, beard, wrinkles."""

from __future__ import annotations

import cv2
import numpy as np

from datamodules.mini.faces_creases import paint_nose, paint_wrinkles
from datamodules.mini.faces_features import SkinStyle, paint_beard, paint_brows, paint_eyes, paint_lips
from datamodules.mini.faces_mesh import TEXTURE_SIZE, HeadMesh, texture_parameters
from datamodules.mini.faces_paint import blurred, mix, noise, scale, shade, smooth_step, spot, texture
from datamodules.mini.faces_shape import HeadShape, Surface
from datamodules.mini.identity import Identity

_TONES = np.array(
    [(246, 214, 196), (235, 193, 166), (219, 172, 138), (193, 142, 106), (150, 104, 74), (108, 72, 52), (80, 54, 42)],
    np.float32,
)


def skin_tone(skin: float, rng: np.random.Generator) -> np.ndarray:
    """Display colour (3,) of a complexion 0 (very light) to 1 (very dark), with a person's own tinge."""
    at = skin * (len(_TONES) - 1)
    base = np.array([np.interp(at, range(len(_TONES)), _TONES[:, k]) for k in range(3)], np.float32) / 255
    return base * (1 + rng.normal(0, 0.012, 3).astype(np.float32))


def paint_skin(
    identity: Identity,
    style: SkinStyle,
    shape: HeadShape,
    surface: Surface,
    mesh: HeadMesh,
    scalp: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """The head's texture.

    Args:
        scalp: `TEXTURE_SIZE` 0 to 1, where hair grows or falls over the skin (darkens it and what lies just below).

    Returns:
        `(h, w, 5)` uint8, see `faces_raster.draw_mesh`.
    """
    angle, t = texture_parameters()
    u = angle * 0.95
    old = float(np.clip((identity.age - 22) / 48, 0, 1.1))
    colour = np.empty((*TEXTURE_SIZE, 3), np.float32)
    colour[:] = style.tone
    _complexion(colour, u, t, old, rng, style)
    gloss = 0.22 + 0.2 * spot(u, t, (0, 0.4), (0.1, 0.2)) + 0.12 * spot(u, t, (0, -0.5), (0.4, 0.2))
    gloss += 0.1 * (spot(u, t, (-0.4, 0.2), (0.15, 0.12)) + spot(u, t, (0.4, 0.2), (0.15, 0.12)))
    _hollows(colour, surface)
    paint_wrinkles(colour, old, rng)
    paint_nose(colour, shape, surface)
    if identity.sex == "m":
        paint_beard(colour, style, shape, surface, u, t, rng)
    paint_lips(colour, gloss, style, mesh, rng, old)
    paint_eyes(colour, style, mesh, identity, old)
    paint_brows(colour, style, mesh, identity, rng)
    cast = blurred(np.roll(scalp, 6, axis=0), 5) * (1 - scalp)
    shade(colour, 0.32 * cast)
    mix(colour, style.hair * 0.55, blurred(scalp, 1.5) * 0.9)
    gloss = np.where(scalp > 0.3, 0.05, gloss)
    jaw = surface.jaw(angle[0])
    under = smooth_step(t - jaw[None, :], 0.0, 0.16) * (1 - 0.72 * smooth_step(t, 1.45, 2.2))
    shade(colour, under, np.array([0.40, 0.47, 0.50], np.float32))
    return texture(colour, 1.0, np.clip(gloss, 0, 1))


def _complexion(
    colour: np.ndarray,
    u: np.ndarray,
    t: np.ndarray,
    old: float,
    rng: np.random.Generator,
    style: SkinStyle,
) -> None:
    shape = TEXTURE_SIZE
    mottle = 0.011 * noise(rng, shape, 30) + 0.009 * noise(rng, shape, 9) + 0.010 * noise(rng, shape, 2.2)
    scale(colour, 1 + (0.7 + 0.8 * old) * mottle)
    flush = 0.8 * (spot(u, t, (-0.45, 0.38), (0.2, 0.2)) + spot(u, t, (0.45, 0.38), (0.2, 0.2)))
    flush += 0.6 * spot(u, t, (0, 0.42), (0.16, 0.14)) + 0.35 * spot(u, t, (0, 1.1), (0.2, 0.14))
    flush += 0.25 * noise(rng, shape, 24) * spot(u, t, (0, 0.4), (0.8, 0.5))
    strength = rng.uniform(0.5, 1.1) + 0.9 * style.makeup
    shade(colour, strength * flush, np.array([0.0, 0.085, 0.075], np.float32))
    ring = spot(u, t, (-0.33, 0.07), (0.2, 0.11)) + spot(u, t, (0.33, 0.07), (0.2, 0.11))
    shade(colour, ring * (0.05 + 0.09 * old), np.array([0.8, 1.1, 0.9], np.float32))
    if style.freckles > 0:
        specks = (noise(rng, shape, 2.6) > 1.9) * spot(u, t, (0, 0.3), (0.6, 0.25))
        shade(colour, style.freckles * blurred(specks.astype(np.float32), 0.7), np.array([0.22, 0.34, 0.4]))
    for _ in range(int(rng.integers(0, 3)) + int(old * rng.integers(0, 5))):
        mole = spot(u, t, (rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 1.0)), (0.012, 0.012))
        shade(colour, rng.uniform(0.2, 0.5) * mole)


def _hollows(colour: np.ndarray, surface: Surface) -> None:
    """Ambient occlusion from the relief: hollows are darker and redder, ridges lighter."""
    angle, t = texture_parameters()
    angle, t = angle[:, ::4], t[::4]
    jaw = surface.jaw(angle)
    above = t < jaw  # all places below the jaw count as its edge: one for each angle is worked out
    wide, high = np.broadcast_to(angle.astype(float), above.shape), np.broadcast_to(t.astype(float), above.shape)
    points = surface(np.concatenate([wide[above], angle[0].astype(float)]), np.concatenate([high[above], jaw[0]]))
    found = np.hypot(points[:, 0], points[:, 2] - 0.75).astype(np.float32)
    radius = np.repeat(found[None, -angle.size :], len(t), axis=0)
    radius[above] = found[: -angle.size]
    hollow = sum(w * (blurred(radius, s) - radius) for s, w in ((2.5, 5.0), (6.0, 2.5), (12.0, 1.0)))
    hollow *= (1 - smooth_step(t - jaw, -0.08, 0.04)) * smooth_step(t, -1.2, -0.9)
    full = cv2.resize(np.clip(hollow, -0.12, 0.5), TEXTURE_SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    shade(colour, full, np.array([0.85, 1.05, 1.1], np.float32))

"""Features painted on a drawn face: lips, lids and lashes, brows, beard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datamodules.mini.faces_creases import crease
from datamodules.mini.faces_mesh import TEXELS, TEXTURE_SIZE, HeadMesh, texture_parameters
from datamodules.mini.faces_paint import line, mix, noise, polygon, shade, smooth_step, spot, strokes
from datamodules.mini.faces_shape import HeadShape, Surface
from datamodules.mini.identity import Identity

BEARDS = ("none", "shadow", "stubble", "moustache", "goatee", "full")


@dataclass(frozen=True)
class SkinStyle:
    """What the owner chose or got: colours in display values 0 to 1."""

    tone: np.ndarray
    hair: np.ndarray
    lip: np.ndarray
    iris: np.ndarray
    brow_weight: float
    beard: str
    makeup: float
    freckles: float


def paint_beard(
    colour: np.ndarray,
    style: SkinStyle,
    shape: HeadShape,
    surface: Surface,
    u: np.ndarray,
    t: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Stubble, moustache, goatee or full beard on `colour` (h, w, 3) in place; `u` (1, w) and `t` (h, 1) in units."""
    if style.beard == "none":
        return
    mouth = shape.landmarks[48:60]
    line_y = float(mouth[:, 1].mean())
    jaw = surface.jaw(texture_parameters()[0][0])[None, :].astype(np.float32)
    moustache = spot(u, t, (0, line_y - 0.125), (0.30, 0.055)) * (np.abs(u) < 0.36)
    chin = spot(u, t, (0, 1.08), (0.27, 0.17)) + 0.8 * sum(
        spot(u, t, (s * 0.33, line_y + 0.1), (0.06, 0.2)) for s in (-1, 1)
    )
    side = np.abs(u)
    edge = 0.62 - 0.62 * smooth_step(side, 0.45, 1.05)
    cheeks = smooth_step(t, 0, 0.2) * smooth_step(t - edge, -0.02, 0.16) * smooth_step(side, 0.25, 0.45) * (side < 1.2)
    low = smooth_step(t, line_y + 0.02, line_y + 0.2)
    whole = np.clip(cheeks + low * (side < 1.2) + 1.2 * moustache + chin, 0, 1)
    whole *= 1 - smooth_step(t - jaw, 0.10, 0.30)
    region = {
        "shadow": whole, "stubble": whole, "full": whole, "moustache": np.clip(1.6 * moustache, 0, 1),
        "goatee": np.clip(1.5 * moustache + 1.3 * chin, 0, 1) * (1 - smooth_step(t - jaw, 0.05, 0.2)),
    }[style.beard]  # fmt: skip
    region = region.astype(np.float32) * np.clip(1 + 0.15 * noise(rng, TEXTURE_SIZE, 12), 0, 1.2)
    grain = noise(rng, TEXTURE_SIZE, 1.6)
    if style.beard in ("shadow", "stubble"):
        strength = 0.17 if style.beard == "shadow" else 0.36
        cover = np.clip(region * (strength + 0.10 * strength * 2 * grain), 0, 1)
        mix(colour, style.hair * 0.6 + 0.10, cover)
        return
    places = rng.random((5200, 2)) * (1.9, 1.35) + (-0.95, 0.1)
    at = (places + (2.03, 1.60)) * TEXELS
    inside = np.clip(region, 0, 1)[at[:, 1].astype(int), at[:, 0].astype(int)]
    keep = rng.random(len(at)) < inside * 1.15
    at, places = at[keep], places[keep]
    lean = np.stack([places[:, 0] * 2.5 + rng.normal(0, 1.4, len(at)), rng.uniform(3, 7, len(at))], 1)
    lights, darks = np.split(rng.permutation(len(at)), [len(at) // 3])
    mix(colour, style.hair * 0.62, np.clip(region, 0, 1) * 0.80)
    mix(
        colour,
        style.hair * 0.35,
        strokes(TEXTURE_SIZE, at[darks], at[darks] + lean[darks], rng.uniform(0.4, 0.9, len(darks))),
    )
    mix(
        colour,
        np.clip(style.hair * 1.35 + 0.05, 0, 1),
        strokes(TEXTURE_SIZE, at[lights], at[lights] + lean[lights], rng.uniform(0.2, 0.6, len(lights))),
    )


def paint_lips(
    colour: np.ndarray, gloss: np.ndarray, style: SkinStyle, mesh: HeadMesh, rng: np.random.Generator, old: float
) -> None:
    """Lips on `colour` (h, w, 3), their sheen added to `gloss` (h, w), the seam and the shade below; in place."""
    curves = mesh.curve_uv
    streaks = np.broadcast_to(noise(rng, (4, TEXTURE_SIZE[1]), 1.8).mean(0), TEXTURE_SIZE) + 0.6 * noise(
        rng, TEXTURE_SIZE, 3
    )
    for part, bright in (("upper", 0.86), ("lower", 1.0)):
        outer, inner = curves[f"lip_outer_{part}"], curves[f"lip_inner_{part}"] + (0, 4 if part == "lower" else 0)
        if part == "lower":
            inner = curves["lip_inner_upper"]  # paint down from the seam: the slit's lower rim included
        mask = polygon(TEXTURE_SIZE, np.concatenate([outer, inner[::-1]]), 0.9 - 0.2 * style.makeup)
        tint = style.lip * bright
        mix(colour, tint, mask * (0.82 + 0.12 * style.makeup))
        shade(colour, mask * streaks * (-0.02 - 0.02 * old))
        gloss += mask * ((0.55 + 0.3 * style.makeup) if part == "lower" else 0.15)
    seam = curves["lip_inner_upper"]
    mix(
        colour,
        style.lip * 0.28,
        0.75 * line(TEXTURE_SIZE, seam + (0, 0.3), np.r_[1.6, np.full(len(seam) - 2, 2.0), 1.6], 0.8),
    )
    below = curves["lip_outer_lower"]
    shade(colour, 0.16 * line(TEXTURE_SIZE, below[4:-4] + (0, 4), 5, 3.0))
    for corner in (seam[0], seam[-1]):
        dimple = corner + np.array([(-3, -1), (3, -1), (3, 2), (-3, 2)])
        shade(colour, 0.30 * polygon(TEXTURE_SIZE, dimple, 1.8))


def paint_eyes(colour: np.ndarray, style: SkinStyle, mesh: HeadMesh, identity: Identity, old: float) -> None:
    """What surrounds the eyes, on `colour` (h, w, 3) in place: lids, crease, lashes, the wet rim."""
    woman = identity.sex == "f"
    for side in (0, 1):
        upper, lower = mesh.curve_uv[f"lid_upper_{side}"], mesh.curve_uv[f"lid_lower_{side}"]
        fold = upper + (0, -1) * (np.sin(np.linspace(0.1, np.pi - 0.1, len(upper)))[:, None] * (8.5 - 3 * old) + 1.5)
        lid = polygon(TEXTURE_SIZE, np.concatenate([upper, fold[::-1]]), 1.2)
        shadow = np.array([0.16, 0.20, 0.18]) if style.makeup < 0.35 else np.array([0.34, 0.40, 0.32])
        shade(colour, lid, shadow.astype(np.float32))
        crease(colour, fold, 1.7, 0.34)
        lash = (
            np.sin(np.linspace(0.25, np.pi - 0.1, len(upper)))
            if side
            else np.sin(np.linspace(0.1, np.pi - 0.25, len(upper)))
        )
        weight = (2.1 + 1.5 * style.makeup) if woman else 1.3
        mix(
            colour,
            (0.07, 0.05, 0.05),
            (0.9 if woman else 0.72) * line(TEXTURE_SIZE, upper + (0, -0.7), 0.7 + lash * weight, 0.5),
        )
        if woman:  # lashes past the outer corner
            outer, sign = (upper[:4], -1) if side == 0 else (upper[-4:], 1)
            ends = outer + np.array([sign * 3.2, -2.6]) * (0.6 + 0.7 * style.makeup)
            mix(colour, (0.07, 0.05, 0.05), 0.7 * strokes(TEXTURE_SIZE, outer, ends, np.full(4, 0.8)))
        rim = lower + (0, 0.8)
        mix(colour, np.clip(style.tone * (1.06, 0.86, 0.84), 0, 1), 0.55 * line(TEXTURE_SIZE, rim, 1.6, 0.5))
        mix(colour, (0.12, 0.08, 0.07), (0.32 + 0.3 * style.makeup) * line(TEXTURE_SIZE, lower + (0, 1.9), 0.8, 0.6))


def paint_brows(
    colour: np.ndarray, style: SkinStyle, mesh: HeadMesh, identity: Identity, rng: np.random.Generator
) -> None:
    """Brows, hair by hair, on `colour` (h, w, 3) in place."""
    for side in (0, 1):
        curve = mesh.curve_uv[f"brow_{side}"]
        along = np.linspace(0, 1, len(curve)) if side else np.linspace(1, 0, len(curve))  # 0 at the nose
        half = style.brow_weight * np.interp(along, [0, 0.12, 0.5, 0.8, 1], [0.5, 0.95, 1.0, 0.7, 0.15])
        sign = 1 if side else -1
        count = int(70 + 130 * min(style.brow_weight / 6, 1.4))
        place = rng.random(count) ** 0.9
        order = np.argsort(along)
        base = np.stack([np.interp(place, along[order], curve[order, k]) for k in range(2)], 1)
        base[:, 1] += rng.uniform(-1, 1, count) * np.interp(place, along[order], half[order]) + 0.8
        rise = np.deg2rad(np.interp(place, [0, 0.25, 0.6, 1], [75, 35, 12, -18]) + rng.normal(0, 9, count))
        length = rng.uniform(4, 7.5, count) * np.interp(place, [0, 0.5, 1], [0.85, 1.1, 0.8])
        tips = base + length[:, None] * np.stack([sign * np.cos(rise), -np.sin(rise)], 1)
        inner = np.concatenate(
            [curve - np.stack([np.zeros_like(half), half], 1), (curve + np.stack([np.zeros_like(half), half], 1))[::-1]]
        )
        tint = style.hair * 0.55
        mix(colour, tint, polygon(TEXTURE_SIZE, inner, 2.2) * 0.38)
        mix(colour, tint * 0.8, strokes(TEXTURE_SIZE, base, tips, rng.uniform(0.35, 0.8, count)))

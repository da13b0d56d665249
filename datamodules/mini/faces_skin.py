"""The skin of a drawn face, painted on the head's texture: complexion, lids, lashes, brows, lips, beard, wrinkles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datamodules.mini.faces_mesh import TEXELS, TEXTURE_SIZE, HeadMesh, texture_parameters
from datamodules.mini.faces_paint import blurred, line, mix, noise, polygon, smooth_step, spot, strokes, texture
from datamodules.mini.faces_shape import HeadShape, Surface
from datamodules.mini.identity import Identity

_TONES = np.array(
    [(246, 214, 196), (235, 193, 166), (219, 172, 138), (193, 142, 106), (150, 104, 74), (108, 72, 52), (80, 54, 42)],
    np.float32,
)
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
    old = float(np.clip((identity.age - 30) / 40, 0, 1.1))
    dark = float(style.tone.mean() < 0.5)
    colour = np.empty((*TEXTURE_SIZE, 3), np.float32)
    colour[:] = style.tone
    _complexion(colour, u, t, identity, old, rng, style)
    gloss = 0.22 + 0.2 * spot(u, t, (0, 0.4), (0.1, 0.2)) + 0.12 * spot(u, t, (0, -0.5), (0.4, 0.2))
    gloss += 0.1 * (spot(u, t, (-0.4, 0.2), (0.15, 0.12)) + spot(u, t, (0.4, 0.2), (0.15, 0.12)))
    _hollows(colour, surface)
    _wrinkles(colour, mesh, u, t, identity, old, rng)
    _nose(colour, shape, surface, dark)
    if identity.sex == "m":
        _beard(colour, style, shape, surface, u, t, rng)
    _lips(colour, gloss, style, mesh, rng, old)
    _eyes(colour, style, mesh, identity, old)
    _brows(colour, style, mesh, identity, rng)
    cast = blurred(np.roll(scalp, 6, axis=0), 5) * (1 - scalp)
    colour *= (1 - 0.32 * cast)[..., None]
    mix(colour, style.hair * 0.55, blurred(scalp, 1.5) * 0.9)
    gloss = np.where(scalp > 0.3, 0.05, gloss)
    jaw = surface.jaw(angle[0])
    under = smooth_step(t - jaw[None, :], 0.0, 0.16) * (1 - 0.72 * smooth_step(t, 1.45, 2.2))
    colour *= 1 - under[..., None] * np.array([0.40, 0.47, 0.50], np.float32)
    return texture(colour, 1.0, np.clip(gloss, 0, 1))


def _complexion(
    colour: np.ndarray, u: np.ndarray, t: np.ndarray, identity: Identity, old: float, rng: np.random.Generator, style: SkinStyle
) -> None:
    shape = TEXTURE_SIZE
    mottle = 0.011 * noise(rng, shape, 30) + 0.009 * noise(rng, shape, 9) + 0.010 * noise(rng, shape, 2.2)
    colour *= (1 + (0.7 + 0.8 * old) * mottle)[..., None]
    flush = 0.8 * (spot(u, t, (-0.45, 0.38), (0.2, 0.2)) + spot(u, t, (0.45, 0.38), (0.2, 0.2)))
    flush += 0.6 * spot(u, t, (0, 0.42), (0.16, 0.14)) + 0.35 * spot(u, t, (0, 1.1), (0.2, 0.14))
    flush += 0.25 * noise(rng, shape, 24) * spot(u, t, (0, 0.4), (0.8, 0.5))
    strength = rng.uniform(0.5, 1.1) + 0.9 * style.makeup
    colour *= 1 - strength * flush[..., None] * np.array([0.0, 0.085, 0.075], np.float32)
    ring = sum(spot(u, t, (s * 0.33, 0.07), (0.2, 0.11)) for s in (-1, 1))
    colour *= 1 - ring[..., None] * (0.05 + 0.09 * old) * np.array([0.8, 1.1, 0.9], np.float32)
    if style.freckles > 0:
        specks = (noise(rng, shape, 2.6) > 1.9) * spot(u, t, (0, 0.3), (0.6, 0.25))
        colour *= 1 - style.freckles * blurred(specks.astype(np.float32), 0.7)[..., None] * np.array([0.22, 0.34, 0.4])
    for _ in range(int(rng.integers(0, 3)) + int(old * rng.integers(0, 5))):
        mole = spot(u, t, (rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 1.0)), (0.012, 0.012))
        colour *= 1 - (rng.uniform(0.2, 0.5) * mole)[..., None]


def _hollows(colour: np.ndarray, surface: Surface) -> None:
    """Ambient occlusion from the relief: hollows are darker and redder, ridges lighter."""
    angle, t = (plane[::4, ::4] for plane in texture_parameters())
    points = surface(angle.ravel().astype(float), np.minimum(t, surface.jaw(angle)).ravel())
    radius = np.hypot(points[:, 0], points[:, 2] - 0.75).reshape(angle.shape).astype(np.float32)
    hollow = sum(w * (blurred(radius, s) - radius) for s, w in ((2.5, 5.0), (6.0, 2.5), (12.0, 1.0)))
    import cv2

    hollow *= (1 - smooth_step(t - surface.jaw(angle), -0.08, 0.04)) * smooth_step(t, -1.2, -0.9)
    full = cv2.resize(np.clip(hollow, -0.12, 0.5), TEXTURE_SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    colour *= 1 - full[..., None] * np.array([0.85, 1.05, 1.1], np.float32)


def _crease(colour: np.ndarray, points: np.ndarray, width: float, depth: float) -> None:
    """A fold: a dark line with a lighter lip below it; `points` (N, 2) texels."""
    fade = np.sin(np.linspace(0.15, np.pi - 0.15, len(points))) * width
    low = np.maximum(np.floor(points.min(0)).astype(int) - 9, 0)
    high = np.minimum(np.ceil(points.max(0)).astype(int) + 10, TEXTURE_SIZE[::-1])
    window = colour[low[1] : high[1], low[0] : high[0]]
    dark = line(window.shape[:2], points - low, fade, 0.9)
    light = line(window.shape[:2], points - low + (0, 2.2), fade, 1.3)
    window *= 1 - depth * dark[..., None] * np.array([0.8, 1.0, 1.05], np.float32)
    window *= 1 + 0.35 * depth * light[..., None]


def _curve(points: list[tuple[float, float]], count: int = 14) -> np.ndarray:
    """A smooth texel curve through places given in (u, t) units."""
    from scipy.interpolate import make_interp_spline

    at = np.array(points, float)
    spline = make_interp_spline(np.linspace(0, 1, len(at)), at, k=min(2, len(at) - 1))
    return (spline(np.linspace(0, 1, count)) + (2.03, 1.60)) * TEXELS


def _wrinkles(
    colour: np.ndarray, mesh: HeadMesh, u: np.ndarray, t: np.ndarray, identity: Identity, old: float, rng: np.random.Generator
) -> None:
    def wobble(spread: float = 0.012) -> float:
        return float(rng.normal(0, spread))

    for side in (-1, 1):
        fold = [(side * (0.20 + wobble()), 0.47), (side * (0.29 + wobble()), 0.60), (side * (0.335 + wobble()), 0.74)]
        _crease(colour, _curve(fold), 1.5 + 1.2 * old, 0.07 + 0.26 * old)
        bag = [(side * 0.20, 0.11), (side * 0.31, 0.165 + wobble(0.006)), (side * 0.44, 0.12)]
        _crease(colour, _curve(bag), 1.4 + old, 0.05 + 0.20 * old)
        if old > 0.2:
            for k in range(3):
                feet = [(side * 0.545, -0.01 + 0.035 * k), (side * (0.63 + wobble()), -0.05 + 0.07 * k + wobble())]
                _crease(colour, _curve(feet, 6), 1.2, 0.24 * old)
            _crease(colour, _curve([(side * 0.32, 0.82), (side * 0.345, 0.92), (side * 0.33, 1.0)]), 1.6, 0.26 * old)
            frown = [(side * 0.055, -0.15), (side * (0.05 + wobble(0.006)), -0.28)]
            _crease(colour, _curve(frown, 6), 1.2, 0.22 * old)
    if old > 0.1:
        for k in range(int(2 + 3 * old)):
            at = -0.44 - 0.085 * k + wobble(0.01)
            reach = rng.uniform(0.25, 0.48)
            lines = [(-reach, at + wobble()), (-0.1, at + wobble()), (0.15, at + wobble()), (reach, at + wobble())]
            _crease(colour, _curve(lines, 20), 1.3, 0.20 * old)
        for k in range(3):
            at = 1.75 + 0.14 * k + wobble()
            _crease(colour, _curve([(-0.45, at), (0, at + 0.06), (0.45, at)], 20), 1.6, 0.13 * old)
    _crease(colour, _curve([(-0.12, 0.955), (0, 0.94), (0.12, 0.955)]), 2.5, 0.10)


def _nose(colour: np.ndarray, shape: HeadShape, surface: Surface, dark: float) -> None:
    points = shape.landmarks
    angle, t = surface.parameters(points[[31, 32, 33, 34, 35]])
    at = (np.stack([angle * 0.95, t], 1) + (2.03, 1.60)) * TEXELS
    for wing, near, side in ((0, 1, -1), (4, 3, 1)):
        centre = 0.30 * at[wing] + 0.70 * at[near] + (0, -0.5)
        reach = np.array([0.030, 0.014]) * TEXELS
        turn = np.linspace(0, 2 * np.pi, 24)
        hole = centre + np.stack([reach[0] * np.cos(turn), reach[1] * np.sin(turn) + 0.25 * side * reach[0] * np.cos(turn)], 1)
        mix(colour, (0.12, 0.05, 0.04), 0.82 * polygon(TEXTURE_SIZE, hole, 1.0))
        crease = np.array([at[wing] + (side * 4, -13), at[wing] + (side * 6.5, -6), at[wing] + (side * 3.5, 1), at[wing] + (side * -3, 3)])
        _crease(colour, crease, 1.8, 0.22)
    base = polygon(TEXTURE_SIZE, np.concatenate([at + (0, 1), at[::-1] + (0, 7)]), 3.0)
    colour *= 1 - 0.20 * base[..., None]


def _beard(
    colour: np.ndarray, style: SkinStyle, shape: HeadShape, surface: Surface, u: np.ndarray, t: np.ndarray, rng: np.random.Generator
) -> None:
    if style.beard == "none":
        return
    mouth = shape.landmarks[48:60]
    line_y = float(mouth[:, 1].mean())
    jaw = surface.jaw(texture_parameters()[0][0])[None, :].astype(np.float32)
    moustache = spot(u, t, (0, line_y - 0.125), (0.30, 0.055)) * (np.abs(u) < 0.36)
    chin = spot(u, t, (0, 1.08), (0.27, 0.17)) + 0.8 * sum(spot(u, t, (s * 0.33, line_y + 0.1), (0.06, 0.2)) for s in (-1, 1))
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
    mix(colour, style.hair * 0.35, strokes(TEXTURE_SIZE, at[darks], at[darks] + lean[darks], rng.uniform(0.4, 0.9, len(darks))))
    mix(colour, np.clip(style.hair * 1.35 + 0.05, 0, 1), strokes(TEXTURE_SIZE, at[lights], at[lights] + lean[lights], rng.uniform(0.2, 0.6, len(lights))))


def _lips(colour: np.ndarray, gloss: np.ndarray, style: SkinStyle, mesh: HeadMesh, rng: np.random.Generator, old: float) -> None:
    curves = mesh.curve_uv
    streaks = np.broadcast_to(noise(rng, (4, TEXTURE_SIZE[1]), 1.8).mean(0), TEXTURE_SIZE) + 0.6 * noise(rng, TEXTURE_SIZE, 3)
    for part, shade in (("upper", 0.86), ("lower", 1.0)):
        outer, inner = curves[f"lip_outer_{part}"], curves[f"lip_inner_{part}"] + (0, 4 if part == "lower" else 0)
        if part == "lower":
            inner = curves["lip_inner_upper"]  # paint down from the seam: the slit's lower rim included
        mask = polygon(TEXTURE_SIZE, np.concatenate([outer, inner[::-1]]), 0.9 - 0.2 * style.makeup)
        tint = style.lip * shade
        mix(colour, tint, mask * (0.82 + 0.12 * style.makeup))
        colour *= 1 + (mask * streaks * (0.02 + 0.02 * old))[..., None]
        gloss += mask * ((0.55 + 0.3 * style.makeup) if part == "lower" else 0.15)
    seam = curves["lip_inner_upper"]
    mix(colour, style.lip * 0.28, 0.75 * line(TEXTURE_SIZE, seam + (0, 0.3), np.r_[1.6, np.full(len(seam) - 2, 2.0), 1.6], 0.8))
    below = curves["lip_outer_lower"]
    colour *= 1 - 0.16 * line(TEXTURE_SIZE, below[4:-4] + (0, 4), 5, 3.0)[..., None]
    for corner in (seam[0], seam[-1]):
        colour *= 1 - 0.30 * polygon(TEXTURE_SIZE, corner + np.array([(-3, -1), (3, -1), (3, 2), (-3, 2)]), 1.8)[..., None]


def _eyes(colour: np.ndarray, style: SkinStyle, mesh: HeadMesh, identity: Identity, old: float) -> None:
    woman = identity.sex == "f"
    for side in (0, 1):
        upper, lower = mesh.curve_uv[f"lid_upper_{side}"], mesh.curve_uv[f"lid_lower_{side}"]
        crease = upper + (0, -1) * (np.sin(np.linspace(0.1, np.pi - 0.1, len(upper)))[:, None] * (8.5 - 3 * old) + 1.5)
        lid = polygon(TEXTURE_SIZE, np.concatenate([upper, crease[::-1]]), 1.2)
        shadow = np.array([0.16, 0.20, 0.18]) if style.makeup < 0.35 else np.array([0.34, 0.40, 0.32])
        colour *= 1 - lid[..., None] * shadow.astype(np.float32)
        _crease(colour, crease, 1.7, 0.34)
        lash = np.sin(np.linspace(0.25, np.pi - 0.1, len(upper))) if side else np.sin(np.linspace(0.1, np.pi - 0.25, len(upper)))
        weight = (2.1 + 1.5 * style.makeup) if woman else 1.3
        mix(colour, (0.07, 0.05, 0.05), (0.9 if woman else 0.72) * line(TEXTURE_SIZE, upper + (0, -0.7), 0.7 + lash * weight, 0.5))
        if woman:  # lashes past the outer corner
            outer, sign = (upper[:4], -1) if side == 0 else (upper[-4:], 1)
            ends = outer + np.array([sign * 3.2, -2.6]) * (0.6 + 0.7 * style.makeup)
            mix(colour, (0.07, 0.05, 0.05), 0.7 * strokes(TEXTURE_SIZE, outer, ends, np.full(4, 0.8)))
        rim = lower + (0, 0.8)
        mix(colour, np.clip(style.tone * (1.06, 0.86, 0.84), 0, 1), 0.55 * line(TEXTURE_SIZE, rim, 1.6, 0.5))
        mix(colour, (0.12, 0.08, 0.07), (0.32 + 0.3 * style.makeup) * line(TEXTURE_SIZE, lower + (0, 1.9), 0.8, 0.6))


def _brows(colour: np.ndarray, style: SkinStyle, mesh: HeadMesh, identity: Identity, rng: np.random.Generator) -> None:
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
        inner = np.concatenate([curve - np.stack([np.zeros_like(half), half], 1), (curve + np.stack([np.zeros_like(half), half], 1))[::-1]])
        tint = style.hair * 0.55
        mix(colour, tint, polygon(TEXTURE_SIZE, inner, 2.2) * 0.38)
        mix(colour, tint * 0.8, strokes(TEXTURE_SIZE, base, tips, rng.uniform(0.35, 0.8, count)))

"""Parts of a drawn head besides the skin: eyeballs, teeth and the mouth's inside, ears, glasses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datamodules.mini.faces_mesh import HeadMesh
from datamodules.mini.faces_paint import line, mix, noise, polygon, smooth_step, spot, texture


@dataclass(frozen=True)
class Part:
    """A mesh of its own in the head frame.

    `rest` (V, 3) float32; `triangles` (T, 3) int32; `uv` (V, 2) float32 texels; `texture` (h, w, 5) uint8; `jaw` share
    of the jaw's motion it takes; `behind` added to its depth so that skin covers it; `shade` (V,) light reaching it.
    """

    rest: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    texture: np.ndarray
    jaw: float = 0.0
    behind: float = 0.0
    shade: np.ndarray | float = 1.0


def grid_triangles(rows: int, columns: int) -> np.ndarray:
    """Triangles (T, 3) int32 of a grid of vertices in row-major order, facing the camera."""
    k = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = k[:-1, :-1].ravel(), k[:-1, 1:].ravel(), k[1:, :-1].ravel(), k[1:, 1:].ravel()
    return np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)]).astype(np.int32)


def _grid(rows: int, columns: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices' places v, u in 0..1 (rows * columns,) and their texels in a texture of `size` (h, w)."""
    v, u = (g.ravel() for g in np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij"))
    return v, u, np.stack([u * (size[1] - 1.01), v * (size[0] - 1.01)], 1).astype(np.float32)


def eyeball(mesh: HeadMesh, side: int, iris: np.ndarray, age: float, rng: np.random.Generator) -> Part:
    """The visible part of one eye: `side` 0 left in the picture. Looking = shifting `uv` (see `look`)."""
    upper, lower = mesh.curves[f"lid_upper_{side}"], mesh.curves[f"lid_lower_{side}"]
    both = np.concatenate([upper, lower])
    low, high = both.min(0), both.max(0)
    size, rows, columns = (96, 160), 9, 13
    v, u, uv = _grid(rows, columns, size)
    x = low[0] - 0.03 + u * (high[0] - low[0] + 0.06)
    y = low[1] - 0.04 + v * (high[1] - low[1] + 0.08)
    base = np.interp(x, (upper[:, 0] + lower[:, 0]) / 2, (upper[:, 2] + lower[:, 2]) / 2)
    centre_x, centre_y = (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
    bulge = np.clip(1 - ((x - centre_x) / 0.22) ** 2 - ((y - centre_y) / 0.22) ** 2, 0, 1)
    beyond = np.clip(np.abs(x - centre_x) - (high[0] - low[0]) / 2 + 0.01, 0, 1)
    rest = np.stack([x, y, base - 0.055 * bulge + 0.02 + 1.5 * beyond], 1).astype(np.float32)
    lid = np.interp(x, upper[:, 0], upper[:, 1])
    shade = 0.50 + 0.50 * smooth_step((y - lid) / 0.075, 0.0, 1.0)
    shade = shade * (1 - 0.35 * smooth_step(np.abs(x - centre_x), 0.09, 0.18))

    units = (high[0] - low[0] + 0.06) / size[1]
    rows_px, columns_px = np.mgrid[: size[0], : size[1]].astype(np.float32)
    ex = (columns_px - size[1] / 2 + 0.5) * units
    ey = (rows_px - size[0] / 2 + 0.5) * ((high[1] - low[1] + 0.08) / size[0]) + 0.010
    radius = np.hypot(ex, ey)
    colour = np.empty((*size, 3), np.float32)
    old = np.clip((age - 30) / 45, 0, 1)
    colour[:] = np.array([0.84, 0.82, 0.80]) * (1 - np.array([0.02, 0.05, 0.08]) * old)
    inner = 1 if side == 0 else -1
    mix(colour, (0.80, 0.55, 0.52), spot(ex, ey, (inner * (high[0] - low[0]) / 2, 0.0), (0.045, 0.06)) * 0.75)
    mix(colour, (0.86, 0.72, 0.70), smooth_step(np.abs(ex), 0.06, 0.17) * 0.35)
    size_iris = 0.071
    turn = np.arctan2(ey, ex)
    rays = noise(rng, (1, 180), 2.0)[0][((turn + np.pi) / (2 * np.pi) * 179).astype(int)]
    within = 1 - smooth_step(radius, size_iris - 0.005, size_iris + 0.004)
    iris_colour = iris * (0.85 + 0.5 * (radius / size_iris))[..., None] * (1 + 0.16 * rays)[..., None]
    iris_colour = iris_colour * (1 - 0.60 * smooth_step(radius, 0.75 * size_iris, size_iris))[..., None]
    mix_mask = within[..., None]
    colour += mix_mask * (iris_colour.astype(np.float32) - colour)
    mix(colour, (0.02, 0.02, 0.02), 1 - smooth_step(radius, 0.026, 0.032))
    gloss = 0.25 + 0.75 * within
    return Part(rest, grid_triangles(rows, columns), uv, texture(colour, 1.0, gloss), 0.0, 0.035, shade)


def mouth_inside(mesh: HeadMesh, age: float, rng: np.random.Generator) -> list[Part]:
    """Cavity with tongue, lower teeth (they follow the jaw), upper teeth (they do not)."""
    seam = mesh.curves["lip_inner_upper"]
    corner_l, corner_r = seam[0], seam[-1]
    line_y = float(seam[len(seam) // 2, 1])
    middle, half = (corner_l[0] + corner_r[0]) / 2, (corner_r[0] - corner_l[0]) / 2
    front = float(seam[len(seam) // 2, 2])
    parts = []
    for kind, top, bottom, jaw in (
        ("cavity", line_y - 0.12, line_y + 0.25, 0.6),
        ("lower", line_y + 0.012, line_y + 0.16, 1.0),
        ("upper", line_y - 0.14, line_y + 0.030, 0.0),
    ):
        size, rows, columns = ((64, 128), 7, 13)
        v, u, uv = _grid(rows, columns, size)
        width = {"cavity": 1.0, "lower": 0.68, "upper": 0.80}[kind]
        x = middle + (2 * u - 1) * half * width
        depth = {"cavity": 0.16, "lower": 0.085, "upper": 0.055}[kind]
        z = front + depth + 2.0 * (x - middle) ** 2 + (0.2 * v**2 if kind == "cavity" else 0.0)
        rest = np.stack([x, top + v * (bottom - top), z], 1).astype(np.float32)
        if kind == "cavity":
            art = _cavity(size, rng)
            shade: np.ndarray | float = 0.75
        else:
            art = _teeth(size, kind == "upper", age, rng)
            shade = (0.95 if kind == "upper" else 0.72) * (1 - 0.75 * np.abs(2 * u - 1) ** 2.2)
        parts.append(Part(rest, grid_triangles(rows, columns), uv, art, jaw, 0.03, shade))
    return parts


def _cavity(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    v, u = np.mgrid[: size[0], : size[1]].astype(np.float32) / np.array(size, np.float32)[:, None, None]
    colour = np.empty((*size, 3), np.float32)
    colour[:] = (0.20, 0.07, 0.07)
    tongue = spot(u, v, (0.5, 0.86), (0.27, 0.26)) * (1 + 0.05 * noise(rng, size, 3))
    mix(colour, (0.66, 0.34, 0.34), np.clip(tongue * 1.3, 0, 0.95))
    return texture(colour, 1.0, 0.25)


def _teeth(size: tuple[int, int], upper: bool, age: float, rng: np.random.Generator) -> np.ndarray:
    height, width = size
    edges = np.cumsum([0, 0.6, 0.75, 0.85, 0.95, 1.25] if upper else [0, 0.7, 0.85, 0.9, 0.8, 0.8])
    gaps = np.concatenate([-edges[::-1][:-1], edges]) / edges[-1] * 0.5 + 0.5
    v, u = np.mgrid[:height, :width].astype(np.float32)
    u, v = u / width, v / height
    depth = v if upper else 1 - v  # 0 at the gum, 1 at the biting edge
    colour = np.empty((*size, 3), np.float32)
    old = np.clip((age - 25) / 50, 0, 1)
    enamel = np.array([0.95, 0.92, 0.86]) * (1 - old * np.array([0.05, 0.09, 0.16]))
    colour[:] = enamel * (1 + 0.015 * rng.normal(size=3))
    gap = np.abs(u[..., None] - gaps).min(-1)
    colour *= (0.62 + 0.38 * smooth_step(gap, 0.0, 0.022))[..., None]
    colour *= (0.82 + 0.18 * smooth_step(depth, 0.2, 0.6))[..., None]
    gum = 1 - smooth_step(depth + 0.10 * np.cos(gap * 40), 0.28, 0.36)
    mix(colour, (0.72, 0.42, 0.40), gum)
    tooth = np.searchsorted(gaps, u[0])
    uneven = rng.uniform(0.90, 1.0, len(gaps) + 2)[tooth][None] - 0.08 * np.clip(0.02 - gap, 0, 1) / 0.02
    opaque = 1 - smooth_step(depth, uneven - 0.03, uneven)
    return texture(colour, opaque, 0.45 * (1 - gum))


def ear(side: int, tone: np.ndarray, breadth: float, rng: np.random.Generator, size_factor: float) -> Part:
    """One ear: `side` -1 left in the picture, 1 right; `tone` (3,) the skin; `breadth` half that of the head there."""
    size, rows, columns = (96, 64), 11, 7
    v, u, uv = _grid(rows, columns, size)
    out = u * 0.21 * size_factor
    along = (v - 0.5) * 0.54 * size_factor
    x = side * (breadth - 0.045 + out * 0.72)
    y = 0.17 + along + 0.04 * u
    z = 0.78 + out * 0.75 - 0.05 * np.sin(np.pi * v) * (u > 0.7)
    rest = np.stack([x, y, z], 1).astype(np.float32)
    rows_px, columns_px = np.mgrid[: size[0], : size[1]].astype(np.float32)
    ev, eu = rows_px / size[0], columns_px / size[1]
    outline = np.stack([
        np.array([0.0, 0.25, 0.62, 0.90, 0.97, 0.90, 0.70, 0.55, 0.45, 0.22, 0.0]) * size[1],
        np.array([0.12, 0.03, 0.02, 0.12, 0.30, 0.50, 0.68, 0.85, 0.96, 0.98, 0.80]) * size[0],
    ], 1)  # fmt: skip
    opaque = polygon(size, outline, 0.8)
    colour = np.empty((*size, 3), np.float32)
    colour[:] = tone * np.array([0.86, 0.78, 0.77])
    rim = line(size, outline[2:8] + (-5, 2), 6, 2.0)
    shadow = spot(eu, ev, (0.45, 0.50), (0.22, 0.20)) + 0.6 * spot(eu, ev, (0.62, 0.27), (0.16, 0.12))
    colour *= (1 - 0.55 * np.clip(shadow, 0, 1) + 0.10 * rim)[..., None]
    colour *= (1 - 0.35 * (1 - smooth_step(eu, 0.0, 0.25)))[..., None]
    triangles = grid_triangles(rows, columns)
    return Part(rest, triangles if side > 0 else triangles[:, ::-1].copy(), uv, texture(colour, opaque, 0.12))


def glasses(mesh: HeadMesh, colour: np.ndarray, kind: int, thickness: float) -> list[tuple[np.ndarray, float]]:
    """Frames as curves in the head frame, (N, 3) with their width in units: two rims, the bridge, two temples.

    Args:
        kind: 0 round, 1 rectangular, 2 half-rimmed.
    """
    curves = []
    turn = np.linspace(0, 2 * np.pi, 33)
    centres = []
    for side in (0, 1):
        eye = np.concatenate([mesh.curves[f"lid_upper_{side}"], mesh.curves[f"lid_lower_{side}"]])
        centre = (eye.max(0) + eye.min(0)) / 2 + (0, 0.035, 0)
        centres.append(centre)
        power = (0.9, 0.45, 0.6)[kind]
        c, s = np.cos(turn), np.sin(turn)
        ring = np.stack(
            [np.sign(c) * np.abs(c) ** power * 0.245, np.sign(s) * np.abs(s) ** power * (0.21, 0.165, 0.17)[kind]], 1
        )
        x, y = centre[0] + ring[:, 0], centre[1] + ring[:, 1]
        z = -0.20 + 0.35 * np.abs(x) ** 2
        full = np.stack([x, y, z], 1)
        curves.append((full if kind != 2 else full[16:], thickness))
        outer = full[0] if side else full[16]
        temple = np.linspace(outer, (np.sign(centre[0]) * 0.83, 0.0, 0.7), 8) + (0, -0.03, 0)
        curves.append((temple, thickness))
    bridge_x = np.linspace(centres[0][0] + 0.24, centres[1][0] - 0.24, 9)
    arc = np.stack([bridge_x, centres[0][1] - 0.05 - 0.025 * np.cos(np.linspace(-1.5, 1.5, 9)), np.full(9, -0.29)], 1)
    curves.append((arc, thickness))
    return curves

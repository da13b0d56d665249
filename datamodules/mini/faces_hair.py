"""Hair of a drawn person: a shell over the skull whose strands follow a flow field, and a sheet behind the neck."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from datamodules.mini.faces_mesh import TEXTURE_SIZE, texture_parameters
from datamodules.mini.faces_paint import flowing, mix, noise, scale, smooth_step, texture
from datamodules.mini.faces_parts import Part, grid_triangles
from datamodules.mini.faces_shape import Surface
from datamodules.mini.identity import Identity

COLOURS = {
    "black": (0.115, 0.10, 0.10), "dark_brown": (0.23, 0.165, 0.13), "brown": (0.36, 0.255, 0.18),
    "light_brown": (0.52, 0.39, 0.27), "blond": (0.78, 0.64, 0.44), "red": (0.55, 0.28, 0.15),
}  # fmt: skip
_SPAN = 2.75  # the shell reaches this far round the head, radians
_TOP, _END = -1.56, 2.5
_SIZE = (440, 560)


@dataclass(frozen=True)
class HairStyle:
    """`length`: t down to which the side hair hangs (below about 0.3 = short, no curtain); `front`: hairline's t at the
    forehead; `fringe` 0 or how low a fringe falls (t); `part`: angle of the parting; `volume` thickness in units;
    `swept` 0 (falls forward and aside) to 1 (combed back); `wave` amplitude; `curl` 0 or 1; `recede` 0 to 1; `tied`.
    """

    length: float
    front: float
    fringe: float
    part: float
    volume: float
    swept: float
    wave: float
    curl: float
    recede: float
    tied: bool
    bald: bool
    colour: np.ndarray
    grey: float


def draw_style(identity: Identity, rng: np.random.Generator) -> HairStyle:
    """A hair style at random; sex and age shift the odds, they do not decide (one woman in five wears it short)."""
    woman = identity.sex == "f"
    dark_skin = identity.skin > 0.55
    names = list(COLOURS)
    odds = np.array([0.6, 0.3, 0.1, 0, 0, 0] if dark_skin else [0.2, 0.25, 0.25, 0.14, 0.11, 0.05])
    colour = np.array(COLOURS[names[int(rng.choice(len(names), p=odds / odds.sum()))]]) * rng.uniform(0.85, 1.12)
    grey = float(np.clip((identity.age - rng.uniform(38, 54)) / 22, 0, 1)) * (0.75 if woman else 1.0)
    white = np.array([0.80, 0.79, 0.78]) * rng.uniform(0.82, 1.0)
    colour = colour + grey * (white - colour)
    short = rng.random() < (0.20 if woman else 0.86)
    recede = 0.0 if woman else float(np.clip((identity.age - rng.uniform(25, 80)) / 30, 0, 1))
    bald = not woman and rng.random() < 0.10 + 0.12 * recede
    tied = woman and not short and rng.random() < 0.28
    length = 0.22 if short or tied else float(rng.uniform(0.85, 2.3) if woman else rng.uniform(0.5, 1.7))
    fringe = float(rng.uniform(-0.42, -0.30)) if rng.random() < (0.26 if woman else 0.10) else 0.0
    return HairStyle(
        length=length,
        front=float(rng.uniform(-0.80, -0.66)) - 0.30 * recede,
        fringe=fringe if recede < 0.2 else 0.0,
        part=float(rng.choice([-0.45, -0.3, 0.0, 0.3, 0.45])),
        volume=float(rng.uniform(0.07, 0.20) if woman else rng.uniform(0.04, 0.15))
        * (1 - 0.5 * recede)
        * (0.6 if tied else 1),
        swept=float(rng.random() > 0.45) if not woman else float(tied),
        wave=float(max(rng.normal(0.2, 0.35), 0)),
        curl=float(rng.random() < (0.6 if dark_skin else 0.10)),
        recede=recede,
        tied=tied,
        bald=bald,
        colour=colour.astype(np.float32),
        grey=grey,
    )


def _hairline(style: HairStyle, angle: np.ndarray, t: np.ndarray) -> np.ndarray:
    """How far inside the hair a place is (units; negative outside); `angle` and `t` broadcast."""
    side = np.abs(angle)
    front = style.front - 0.22 * style.recede * np.exp(-(((side - 0.5) / 0.25) ** 2))
    knots = [0, 0.45, 0.78, 0.98, 1.12, 1.27, 1.36, 1.62, 1.8, 2.8]
    sideburn = 0.22 if style.length < 0.3 else 0.3
    values = [0, 0.03, 0.18, 0.45, 0.78, 0.78 + sideburn, 0.62, 0.62, 1.55, 1.65]
    base = np.interp(side, knots, values)
    edge = np.where(side < 1.12, front + base, -0.76 + base)
    uneven = 0.018 * np.sin(13 * angle + 40 * style.volume) + 0.014 * np.sin(29 * angle + 90 * style.volume)
    peak = 0.05 * style.wave * np.exp(-((angle / 0.16) ** 2))
    slant = -0.10 * (1 - style.swept) * np.sin(2 * angle) * np.sign(style.part)
    edge = edge + (uneven + peak + slant) * (side < 0.95)
    edge = np.minimum(edge, np.where(side < 1.3, 0.28, 9))
    if style.fringe:
        falls = style.fringe + 0.05 * np.sin(angle * 9 + style.part)
        edge = np.where(side < 0.75, np.maximum(edge, falls), edge)
        edge = np.maximum(
            edge, np.interp(side, [0.70, 0.95], [style.fringe, -0.1]) * (side < 0.95) - 9 * (side >= 0.95)
        )
    if style.length > 0.3:  # curtains: from the parting aside and down, round the face
        inner = np.interp(t, [-1.0, -0.75, -0.45, -0.1, 0.5, 2.4], [0.30, 0.55, 0.86, 1.02, 1.04, 1.0])
        depth = (side - inner) * 0.9
        ends = style.length - t + 0.08 * np.sin(angle * 11)
        return np.maximum(np.minimum(depth, ends), np.minimum(edge - t, 0.5) * (t < -0.2) - 9.0 * (t >= -0.2))
    return edge - t


def _flow(style: HairStyle, angle: np.ndarray, t: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Unit directions (h, w, 2) of the strands in texels (u, v), from a row of angles and a column of t."""
    away = angle - style.part
    down = smooth_step(np.abs(away), 0.15, 1.1) + smooth_step(t, -0.5, 0.1)
    if style.fringe:
        down = down + (np.abs(angle) < 0.7)
    aside_u, aside_v = np.sign(away) * (1.2 - np.clip(down, 0, 1.15)), 0.25 + down
    back_u, back_v = 0.25 * np.sin(angle), np.full_like(angle, 1.0)
    u = aside_u * (1 - style.swept) + back_u * style.swept
    v = aside_v * (1 - style.swept) + back_v * style.swept
    if style.wave:
        u = u + 0.55 * style.wave * np.sin(t * 11 + 2.0 * angle + rng.uniform(0, 6))
    if style.curl:
        turn = 3.0 * noise(rng, _SIZE, 7)
        u, v = u * np.cos(turn) - v * np.sin(turn), u * np.sin(turn) + v * np.cos(turn)
    norm = np.hypot(u, v) + 1e-6
    return np.stack([u / norm, v / norm], -1).astype(np.float32)


def hair(style: HairStyle, surface: Surface, rng: np.random.Generator) -> tuple[list[Part], np.ndarray]:
    """The meshes of the hair, and where it covers the skin's texture: `TEXTURE_SIZE` (h, w) float32, 0 to 1."""
    skin_angle, skin_t = texture_parameters()
    scalp = smooth_step(_hairline(style, skin_angle, skin_t), -0.02, 0.05) * (skin_t < min(style.length, 0.9))
    if style.recede > 0.3:
        scalp = scalp * (1 - 0.75 * smooth_step(-skin_t, 0.6, 0.9) * (np.abs(skin_angle) < 1.4))
    if style.bald:
        stubble = smooth_step(-skin_t - 0.75, 0, 0.1) * 0.10
        return [], np.repeat(stubble.astype(np.float32), TEXTURE_SIZE[1], axis=1)
    v, u = (np.arange(size, dtype=np.float32) for size in _SIZE)
    angle = (u[None] / (_SIZE[1] - 1) * 2 - 1) * _SPAN
    t = _TOP + v[:, None] / (_SIZE[0] - 1) * (_END - _TOP)
    flow = _flow(style, angle, t, rng)
    fine = flowing(rng, flow, 1.3, 4 if not style.curl else 1)
    lock = flowing(rng, flow, 5.0, 5 if not style.curl else 2)
    inside = _hairline(style, angle, t)
    ragged = 0.035 if style.length < 0.3 else 0.055
    opaque = smooth_step(inside + ragged * (0.7 * fine + 0.8 * lock), -0.03, 0.07)
    if style.recede > 0.3:
        thin = smooth_step(-t, 0.75, 1.0) * (np.abs(angle) < 1.2) * (style.recede - 0.25)
        opaque = opaque * np.clip(1 - thin * (0.9 - 0.35 * fine), 0, 1)
    colour = np.empty((*_SIZE, 3), np.float32)
    colour[:] = style.colour
    if 0.05 < style.grey < 0.95:
        mix(colour, (0.78, 0.77, 0.76), np.clip((0.12 if style.curl else 0.35) * fine, 0, 0.6) * style.grey)
    relief = 1 + 0.13 * fine + 0.15 * lock
    if style.curl:  # little coils, lit from above
        coils = noise(rng, _SIZE, 7) + 0.7 * noise(rng, _SIZE, 3.5)
        lit = np.roll(coils, 2, axis=0) - coils
        relief = 1 + 0.10 * np.clip(lit, -2, 2) + 0.14 * np.clip(coils, -2, 1)
    root = 1 - 0.30 * (1 - smooth_step(inside, 0.0, 0.16))
    if not style.swept and not style.fringe and style.length > 0.3:
        parting = np.exp(-(((angle - style.part) / 0.035) ** 2)) * smooth_step(-t, 0.6, 0.8)
        root = root * (1 - 0.45 * parting)
    scale(colour, np.clip(relief * root, 0.25, 2.0))
    gloss = np.clip(0.30 + 0.20 * fine + 0.15 * lock, 0, 1)

    rows, columns = 49, 61
    grid_angle, grid_t = np.meshgrid(np.linspace(-_SPAN, _SPAN, columns), np.linspace(_TOP, _END, rows))
    bump = np.sin(grid_angle * 7 + 1.3) * 0.15 + np.sin(grid_angle * 13 + grid_t * 6) * 0.10
    if style.curl:
        bump = bump + 0.18 * noise(rng, (rows, columns), 1.5)
    shell = _shell(style, surface, grid_angle.ravel(), grid_t.ravel(), bump.ravel())
    uv = np.stack(
        np.meshgrid(np.linspace(0, _SIZE[1] - 1.01, columns), np.linspace(0, _SIZE[0] - 1.01, rows)), -1
    ).reshape(-1, 2)
    depth = np.interp(shell[:, 1], [-1.6, -0.2, 0.5, 2.0], [1.0, 1.0, 0.85, 0.75])
    triangles = _seen(grid_triangles(rows, columns), opaque, rows, columns)
    parts = [Part(shell, triangles, uv.astype(np.float32), texture(colour, opaque, gloss), 0, 0, depth)]
    if style.length > 0.3:
        parts.append(_behind(style, rng))
    return parts, scalp.astype(np.float32)


def _seen(triangles: np.ndarray, opaque: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The triangles of a grid that are not wholly transparent."""
    reach = cv2.dilate(opaque.astype(np.float32), np.ones((2 * _SIZE[0] // rows, 2 * _SIZE[1] // columns), np.uint8))
    at = cv2.resize(reach, (columns, rows), interpolation=cv2.INTER_NEAREST).ravel() > 0.02
    return triangles[at[triangles].any(1)]


def _shell(style: HairStyle, surface: Surface, angle: np.ndarray, t: np.ndarray, bump: np.ndarray) -> np.ndarray:
    side = np.abs(angle)
    hang = 0.0 if style.length > 0.3 else 9.0
    on_head = np.minimum(t, np.where(side > 0.85, hang, 9.0))
    base = surface(angle, np.minimum(on_head, 0.95))
    thick = style.volume * (1 + bump) * np.clip(1.25 - 0.25 * t, 0.7, 1.5)
    if style.recede > 0.3:
        thick = thick * (1 - 0.9 * smooth_step(-t, 0.6, 0.9) * (side < 1.4))
    inside = _hairline(style, angle, np.minimum(t, 0.0))
    if style.length < 0.3:
        thick = thick * (0.10 + 0.90 * smooth_step(inside, 0.0, 0.35)) + 0.012
        thick = thick * (1 - 0.75 * smooth_step(t, -0.55, -0.05) * (side > 0.7))
    else:
        thick = thick * (0.35 + 0.65 * smooth_step(inside, -0.02, 0.25)) + 0.02
    axis = np.array([0.0, -0.15, 0.75])
    out = base - axis
    out[:, 1] = np.where(t < -0.4, out[:, 1], 0.0) * smooth_step(-t, 0.4, 0.9)
    out /= np.linalg.norm(out, axis=1, keepdims=True) + 1e-9
    points = base + out * thick[:, None]
    below = np.maximum(t - on_head, 0)
    points[:, 1] += below
    wave = 0.06 * style.wave * np.sin(below * 9 + angle * 2) + 0.04 * np.sin(below * 3 + angle)
    points[:, 0] += np.sign(points[:, 0]) * (0.02 * below + wave)
    points[:, 2] -= 0.06 * np.minimum(below, 1.0)
    return points.astype(np.float32)


def _behind(style: HairStyle, rng: np.random.Generator) -> Part:
    """The hair that hangs behind the neck: a sheet."""
    size = (200, 260)
    rows, columns = 12, 17
    bottom = style.length + 0.05
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    half = (0.84 + style.volume) * (1 + 0.04 * v)
    x, y = u * half, -0.4 + v * (bottom + 0.4)
    rest = np.stack([x.ravel(), y.ravel(), (1.15 - 0.35 * np.abs(u)).ravel()], 1).astype(np.float32)
    uv = np.stack([(u + 1) / 2 * (size[1] - 1.01), v * (size[0] - 1.01)], -1).reshape(-1, 2).astype(np.float32)
    flow = np.zeros((*size, 2), np.float32)
    flow[..., 1] = 1
    if style.curl or style.wave:
        flow[..., 0] = 0.5 * np.sin(np.linspace(0, 20, size[0]))[:, None]
    strands = flowing(rng, flow, 1.5) * 0.2 + flowing(rng, flow, 6.0) * 0.2
    colour = np.clip(style.colour * 0.62 * (1 + strands)[..., None], 0, 1)
    low = np.linspace(1, 0, size[0])[:, None] * (bottom + 0.4)
    opaque = smooth_step(low + 0.12 * strands, 0.0, 0.12)
    return Part(rest, grid_triangles(rows, columns), uv, texture(colour, opaque, 0.15), 0, 0.0, 0.6)

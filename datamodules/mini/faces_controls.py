"""What a drawn face can do: the displacement of every vertex of its mesh for each control."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.spatial import cKDTree

CONTROLS = (
    "jaw", "part", "wide", "round", "raise", "tuck", "press", "smile", "blink_left", "blink_right", "brows", "frown",
)  # fmt: skip
"""Names of the controls, each 0 (rest) to 1 (full): jaw lowered; lips parted; corners drawn wide; lips rounded and
protruded; upper lip raised; lower lip tucked under the teeth (f, v); lips pressed (m, b, p); smile; lids closed (left
and right in the picture); brows raised; brows drawn together."""


def _smooth(x: np.ndarray, low: float, high: float) -> np.ndarray:
    s = np.clip((x - low) / (high - low), 0, 1)
    return s * s * (3 - 2 * s)


def blend_shapes(
    rest: np.ndarray, plane: np.ndarray, index: dict[str, np.ndarray], landmarks: np.ndarray
) -> np.ndarray:
    """Displacements of all controls.

    Args:
        rest: `(V, 3)` vertices with eyes open and lips closed.
        plane: `(V, 2)` their places in the plane of the surface parameters.
        index: vertices of the contours of lids and lips, by name.
        landmarks: `(68,)` vertex of each landmark.

    Returns:
        `(12, V, 3)`, in the order of `CONTROLS`.
    """
    shapes = np.zeros((len(CONTROLS), *rest.shape))
    row = {name: k for k, name in enumerate(CONTROLS)}
    for side, name in ((0, "blink_left"), (1, "blink_right")):
        shapes[row[name]] = _blink(rest, plane, index[f"lid_upper_{side}"], index[f"lid_lower_{side}"])
    shapes[row["brows"]], shapes[row["frown"]] = _brows(rest)
    mouth = _mouth(rest, plane, index, landmarks)
    for name, shape in mouth.items():
        shapes[row[name]] = shape
    return shapes


def _blink(rest: np.ndarray, plane: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Close the upper lid on the lower one, its skin following up to the crease."""
    shape = np.zeros_like(rest)
    meet = rest[lower] * 0.86 + rest[upper] * 0.14
    close = meet - rest[upper]
    close[:, 2] = meet[:, 2] - rest[upper, 2] - 0.004
    x = plane[upper, 0]
    order = np.argsort(x)
    x, edge = x[order], plane[upper, 1][order]
    inside = (plane[:, 0] > x[0]) & (plane[:, 0] < x[-1])
    above = np.interp(plane[:, 0], x, edge) - plane[:, 1]
    skin = inside & (above > 0) & (above < 0.2)
    weight = np.exp(-((above[skin] / 0.075) ** 2))
    for k in range(3):
        shape[skin, k] = weight * np.interp(plane[skin, 0], x, close[order, k])
    shape[upper] = close
    shape[lower[1:-1]] = (meet - rest[lower])[1:-1]
    return shape


def _brows(rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = rest[:, 0], rest[:, 1]
    front = rest[:, 2] < 0.5
    lift = np.exp(-(((y + 0.33) / 0.17) ** 2)) * _smooth(-y, 0.10, 0.20) * (1 - _smooth(np.abs(x), 0.55, 0.8)) * front
    raised = np.zeros_like(rest)
    raised[:, 1] = -0.085 * lift
    drawn = np.zeros_like(rest)
    inner = lift * np.exp(-((np.abs(x) / 0.25) ** 2))
    drawn[:, 1] = 0.05 * inner
    drawn[:, 0] = -0.03 * np.sign(x) * inner * _smooth(np.abs(x), 0.0, 0.1)
    return raised, drawn


def _mouth(
    rest: np.ndarray, plane: np.ndarray, index: dict[str, np.ndarray], landmarks: np.ndarray
) -> dict[str, np.ndarray]:
    """Displacements of the mouth's controls: given on the lips and a few places, spread by thin-plate splines.

    The upper and lower lip get their own spline (each without the other's points), so the slit can open.
    """
    upper = np.unique(np.concatenate([index[f"lip_{r}_upper"][::2] for r in ("inner", "mid", "outer")]))
    lower = np.unique(np.concatenate([index[f"lip_{r}_lower"][::2] for r in ("inner", "mid", "outer")]))
    corners = index["lip_inner_upper"][[0, -1]]
    middle = rest[index["lip_inner_upper"]].mean(0)
    half = abs(rest[corners[1], 0] - rest[corners[0], 0]) / 2
    grid = np.stack(
        [g.ravel() for g in np.meshgrid(np.arange(-1.9, 1.91, 0.38), [-0.6, -0.25, 0.12, 0.4, 1.75, 2.3])], 1
    )
    ring = np.stack([g.ravel() for g in np.meshgrid([-1.7, -1.4, 1.4, 1.7], np.arange(0.1, 1.8, 0.3))], 1)
    under = np.stack([g.ravel() for g in np.meshgrid(np.arange(-0.8, 0.81, 0.4), [1.40, 1.55])], 1)
    tree = cKDTree(plane)
    spread = tree.query(np.concatenate([grid, ring, under]))[1]
    face = np.unique(np.concatenate([landmarks[:17], landmarks[27:36], spread]))

    def fields(which: np.ndarray) -> dict[str, np.ndarray]:
        return _lip_motion(rest[which], plane[which], middle, half, np.isin(which, lower), np.isin(which, upper))

    u = plane[:, 0]
    line = np.interp(u, plane[index["lip_inner_upper"], 0], plane[index["lip_inner_upper"], 1])
    results = {}
    solved = []
    for lips in (upper, lower):
        controls = np.unique(np.concatenate([lips, corners, face]))
        motion = fields(controls)
        values = np.concatenate(list(motion.values()), 1)
        region = (plane[:, 1] > -0.3) & (plane[:, 1] < 2.2) & (np.abs(u) < 1.6)
        full = np.zeros((len(rest), values.shape[1]))
        full[region] = RBFInterpolator(plane[controls], values, smoothing=1e-6)(plane[region])
        solved.append(full)
    beyond = _smooth(np.abs(u - middle[0]), half * 0.98, half * 1.25)
    soft = _smooth(plane[:, 1] - line, -0.12, 0.12)
    sharp = (plane[:, 1] > line + 0.002).astype(float)
    sharp[index["lip_inner_upper"]] = 0
    for name in ("lip_inner_lower", "lip_mid_lower", "lip_outer_lower"):
        sharp[index[name][1:-1]] = 1
    sharp[corners] = 0.5
    weight = (sharp + beyond * (soft - sharp))[:, None]
    blended = solved[0] * (1 - weight) + solved[1] * weight
    for number, name in enumerate(fields(face[:1])):
        results[name] = blended[:, 3 * number : 3 * number + 3]
    return results


def _lip_motion(
    points: np.ndarray, plane: np.ndarray, middle: np.ndarray, half: float, lower: np.ndarray, upper: np.ndarray
) -> dict[str, np.ndarray]:
    """Displacement (N, 3) of each mouth control at given places of the head."""
    x, y, z = points.T
    t = plane[:, 1]
    across = np.clip((x - middle[0]) / half, -1.2, 1.2)
    bow = np.clip(1 - across**2, 0, 1)
    near = np.exp(-((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / 0.32**2) * (z < 0.25)
    lips = lower | upper
    near = np.where(lips, 1.0, near * 0.75)
    zero = np.zeros_like(x)

    hinge_y, hinge_z, turn = 0.18, 0.60, 0.24
    side = 1 - _smooth(np.abs(plane[:, 0]), 0.75, 1.42)
    carried = _smooth(t, middle[1] - 0.05, middle[1] + 0.16) * side * (1 - _smooth(t, 1.28, 1.62))
    carried = np.where(lower, 0.42 + 0.58 * bow**0.6, carried)
    carried = np.where(upper, 0.42 * (1 - bow**0.5) + 0.0, carried)
    jaw = np.stack(
        [-0.10 * across * half * (carried * lips), -(z - hinge_z) * turn * carried, (y - hinge_y) * turn * carried], 1
    )

    towards = np.where(upper, -0.6, np.where(lower, 1.0, 0.0))
    part = np.stack([zero, 0.06 * towards * bow, zero], 1)
    pull = across * near
    wide = np.stack([0.075 * pull, -0.008 * np.abs(pull), 0.035 * np.abs(pull)], 1)
    purse = near * np.where(lips, 1, 0.6)
    rounded = np.stack(
        [-0.40 * half * across * near, -0.012 * towards * bow * near, -0.085 * purse * (0.35 + 0.65 * bow)], 1
    )
    raised = np.stack([zero, -0.05 * np.where(upper, bow, 0.25 * near * (y < middle[1])), zero], 1)
    tuck = np.stack(
        [zero, np.where(lower, -0.055 * bow, np.where(upper, -0.012 * bow, 0)), np.where(lower, 0.05 * bow, 0)], 1
    )
    height = y - middle[1]
    press = np.stack([zero, np.where(lips, -0.32 * height, -0.1 * height * near), 0.018 * near * lips], 1)
    cheeks = np.exp(-(((np.abs(x) - 0.40) / 0.18) ** 2) - ((y - 0.50) / 0.2) ** 2) * (z < 0.4) * ~lips
    smile = np.stack(
        [
            0.07 * pull,
            -0.055 * across**2 * near - 0.03 * cheeks + 0.008 * lower * bow,
            0.04 * np.abs(pull) - 0.02 * cheeks,
        ],
        1,
    )
    return {
        "jaw": jaw, "part": part, "wide": wide, "round": rounded, "raise": raised, "tuck": tuck, "press": press,
        "smile": smile,
    }  # fmt: skip

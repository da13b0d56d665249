"""What may hide parts of a face, drawn over training pictures: glasses and strands of hair.

They are drawn from the landmarks of each frame, so they move with the head, alike in source and target.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from anyonenet.face.template import frontal_template

_BITS = 4
_RIGHT, _LEFT, _BRIDGE, _NOSE = 36, 45, 27, 33
_EYE_CORNERS = ((36, 39), (45, 42))  # outer, inner
_EARS = (0, 16)
_HALF_EYE = 0.5 * float(np.linalg.norm(frontal_template()[39] - frontal_template()[36]))
_BRIDGE_TO_NOSE = float(frontal_template()[_NOSE, 1] - frontal_template()[_BRIDGE, 1])
_TURN = np.linspace(0, 2 * np.pi, 28, endpoint=False)


@dataclass(frozen=True)
class Glasses:
    """A pair of glasses; lengths in outer-eye distances."""

    half_width: float
    half_height: float
    roundness: float
    """exponent of the lens's outline: 2 an ellipse, more: ever squarer"""
    drop: float
    """of the lens's middle below the eye's"""
    rim: float
    """thickness"""
    colour: tuple[int, int, int]
    tint: float
    """how much of the eye the lens hides, 0 to 1"""
    tint_colour: tuple[int, int, int]
    gleam: float
    """strength of the light's reflection in the lens"""

    def draw(self, picture: np.ndarray, landmarks: np.ndarray) -> None:
        """Over a picture `(H, W, 3)` uint8 at its landmarks `(68, 2)` pixels, in place."""
        face = _axes(landmarks)
        unit = float(np.linalg.norm(face[1]))
        lenses = [self._outline(landmarks, corners, face) for corners in _EYE_CORNERS]
        thickness = max(1, round(self.rim * unit))
        if self.tint > 0.02 or self.gleam > 0.02:
            self._glaze(picture, lenses)
        lines = [_fixed(lens) for lens in lenses]
        cv2.polylines(picture, lines, True, self.colour, thickness, cv2.LINE_AA, _BITS)
        inner = [lens[np.argmin(np.abs(lens - other.mean(0)).sum(1))] for lens, other in zip(lenses, lenses[::-1])]
        middle = (inner[0] + inner[1]) / 2 - 0.03 * face[2]
        links = [np.stack([inner[0], middle, inner[1]])]
        for lens, ear, corners in zip(lenses, _EARS, _EYE_CORNERS):
            outwards = landmarks[corners[0]] - landmarks[corners[1]]
            hinge = lens[np.argmax((lens - lens.mean(0)) @ outwards)]
            end = landmarks[ear] - 0.12 * face[2]
            if (end - hinge) @ outwards > 0:  # else the ear is behind the turned head
                links.append(np.stack([hinge, end]))
        cv2.polylines(picture, [_fixed(link) for link in links], False, self.colour, thickness, cv2.LINE_AA, _BITS)

    def _outline(self, landmarks: np.ndarray, corners: tuple[int, int], face: np.ndarray) -> np.ndarray:
        """`(28, 2)` pixels around one lens, as wide as its eye is seen."""
        outer, inner = landmarks[corners[0]], landmarks[corners[1]]
        across = (inner - outer) / (2 * _HALF_EYE)
        cosine, sine = np.cos(_TURN), np.sin(_TURN)
        power = 2 / self.roundness
        along = np.sign(cosine) * np.abs(cosine) ** power * self.half_width
        down = np.sign(sine) * np.abs(sine) ** power * self.half_height + self.drop
        return (outer + inner) / 2 + along[:, None] * across + down[:, None] * face[2]

    def _glaze(self, picture: np.ndarray, lenses: list[np.ndarray]) -> None:
        for lens in lenses:
            left, top = np.maximum(np.floor(lens.min(0)).astype(int), 0)
            right, bottom = np.ceil(lens.max(0)).astype(int) + 1
            part = picture[top:bottom, left:right]
            if not part.size:
                continue
            mask = np.zeros(part.shape[:2], np.uint8)
            cv2.fillPoly(mask, [_fixed(lens - (left, top))], 255, cv2.LINE_AA, _BITS)
            share = (self.tint / 255) * mask[..., None].astype(np.float32)
            made = part + share * (np.array(self.tint_colour, np.float32) - part)
            slope = np.arange(part.shape[1])[None] + 0.6 * np.arange(part.shape[0])[:, None]
            streak = np.exp(-(((slope / slope.max() - 0.45) / 0.12) ** 2)) * (mask / 255)
            made += (self.gleam * streak)[..., None] * (255 - made)
            part[:] = made


@dataclass(frozen=True)
class Strands:
    """Hair that hangs into the face; `curves` `(strands, points, 2)` in outer-eye distances from the nose's bridge,
    right in the picture and down."""

    curves: np.ndarray
    colours: np.ndarray  # (strands, 3) uint8
    thickness: float
    """outer-eye distances"""

    def draw(self, picture: np.ndarray, landmarks: np.ndarray) -> None:
        """As `Glasses.draw`."""
        origin, across, down = _axes(landmarks)
        thickness = max(1, round(self.thickness * float(np.linalg.norm(across))))
        for curve, colour in zip(self.curves, self.colours):
            line = _fixed(origin + curve[:, :1] * across + curve[:, 1:] * down)
            cv2.polylines(picture, [line], False, colour.tolist(), thickness, cv2.LINE_AA, _BITS)


def draw_glasses(generator: np.random.Generator) -> Glasses:
    """Glasses at random; one pair in eight is dark."""
    dark = generator.random() < 0.125
    grey = int(generator.integers(0, 90))
    colour = (grey, grey, grey) if generator.random() < 0.7 else _colour(generator.uniform(20, 220, 3))
    return Glasses(
        half_width=float(generator.uniform(0.2, 0.27)),
        half_height=float(generator.uniform(0.13, 0.22)),
        roundness=float(generator.uniform(2, 5)),
        drop=float(generator.uniform(0, 0.05)),
        rim=float(generator.uniform(0.01, 0.045)),
        colour=colour,
        tint=float(generator.uniform(0.75, 0.97) if dark else max(generator.uniform(-0.1, 0.18), 0)),
        tint_colour=_colour(generator.uniform(0, 60, 3) if dark else generator.uniform(90, 255, 3)),
        gleam=float(max(generator.uniform(-0.3, 0.4), 0)),
    )


def draw_strands(generator: np.random.Generator) -> Strands:
    """A lock of thin strands at random: out of the hair above the forehead, down the face, more often at its side."""
    count = int(generator.integers(6, 30))
    side = generator.choice([-1, 1])
    start = np.array([side * generator.uniform(0.1, 0.6), -generator.uniform(0.95, 1.2)])
    end = np.array([side * generator.uniform(0.15, 0.95), generator.uniform(-0.4, 0.9)])
    bend = np.array([side * generator.uniform(0, 0.35), generator.uniform(-0.3, 0)])
    t = np.linspace(0, 1, 10)[None, :, None]
    widths = np.array([generator.uniform(0.05, 0.2), generator.uniform(0.03, 0.12), generator.uniform(0.03, 0.15)])
    spread = generator.normal(0, widths[:, None, None, None], (3, count, 1, 2)) * (1.0, 0.6)
    begins, bends, ends = start + spread[0], (start + end) / 2 + bend + spread[1], end + spread[2]
    curves = (1 - t) ** 2 * begins + 2 * t * (1 - t) * bends + t**2 * ends
    tone = generator.uniform(0, 1) ** 1.5 * np.array([215, 175, 120]) + generator.uniform(5, 35)
    colours = np.clip(tone * generator.uniform(0.75, 1.2, (count, 1)), 0, 255).astype(np.uint8)
    return Strands(curves, colours, float(generator.uniform(0.004, 0.014)))


def _axes(landmarks: np.ndarray) -> np.ndarray:
    """`(3, 2)` pixels: the nose's bridge, and the steps of one outer-eye distance across and down the face."""
    across = landmarks[_LEFT] - landmarks[_RIGHT]
    down = (landmarks[_NOSE] - landmarks[_BRIDGE]) / _BRIDGE_TO_NOSE
    return np.stack([landmarks[_BRIDGE], across, down]).astype(np.float64)


def _fixed(points: np.ndarray) -> np.ndarray:
    limit = 1 << 14
    return np.round(np.clip(points, -limit, limit) * (1 << _BITS)).astype(np.int32).reshape(-1, 1, 2)


def _colour(values: np.ndarray) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in values)
    return red, green, blue

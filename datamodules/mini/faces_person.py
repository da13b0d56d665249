"""Who a drawn person is: meshes and textures made once from an `Identity`."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import numpy as np

from datamodules.mini import faces_hair
from datamodules.mini.faces_body import clothing
from datamodules.mini.faces_features import BEARDS, SkinStyle
from datamodules.mini.faces_mesh import HeadMesh, head_mesh
from datamodules.mini.faces_parts import ear, eyeball, glasses, mouth_inside
from datamodules.mini.faces_shape import head_shape
from datamodules.mini.faces_skin import paint_skin, skin_tone
from datamodules.mini.identity import Identity

_IRISES = (
    (0.30, 0.19, 0.10),
    (0.22, 0.13, 0.08),
    (0.36, 0.42, 0.30),
    (0.38, 0.48, 0.58),
    (0.45, 0.50, 0.54),
    (0.42, 0.32, 0.18),
)


@dataclass
class DrawnPerson:
    """A person ready to be drawn.

    Args:
        identity: sex, age, size and skin; all other details come from `identity.seed`.
        outfit: another number, other clothes (and glasses put on or taken off); the person stays the same.
    """

    identity: Identity
    outfit: int = 0
    mesh: HeadMesh = field(init=False)

    def __post_init__(self) -> None:
        identity = self.identity
        rng = np.random.default_rng([identity.seed, 1])
        woman = identity.sex == "f"
        shape = head_shape(identity, rng)
        surface = shape.surface()
        self.mesh = head_mesh(shape, surface)
        hair_style = faces_hair.draw_style(identity, rng)
        skin = _skin_style(identity, hair_style, rng)
        hair_parts, scalp = faces_hair.hair(hair_style, surface, np.random.default_rng([identity.seed, 2]))
        self.skin = paint_skin(
            identity, skin, shape, surface, self.mesh, scalp, np.random.default_rng([identity.seed, 3])
        )
        old = np.clip((identity.age - 40) / 35, 0, 1)
        self.eyes = [
            eyeball(self.mesh, s, skin.iris, identity.age, np.random.default_rng([identity.seed, 4])) for s in (0, 1)
        ]
        self.mouth = mouth_inside(self.mesh, identity.age, np.random.default_rng([identity.seed, 5]))
        size = 1.0 + 0.10 * float(old) + (0.06 if not woman else -0.02)
        breadth = float(surface(np.array([1.5]), np.array([0.2]))[0, 0])
        self.ears = [] if hair_style.length > 0.3 else [ear(s, skin.tone, breadth, rng, size) for s in (-1, 1)]
        self.hair = hair_parts
        wears = rng.random() < 0.13 + 0.22 * float(old)
        frame = np.array(((0.05, 0.05, 0.05), (0.25, 0.13, 0.08), (0.55, 0.50, 0.42))[int(rng.integers(3))], np.float32)
        kind, thickness = int(rng.integers(3)), float(rng.uniform(0.018, 0.042))
        self._frames = glasses(self.mesh, frame, kind, thickness) if wears else []
        self.frame_colour = frame**2
        self._neck = shape.neck
        self._dress(self.outfit)

    def _dress(self, outfit: int) -> None:
        identity = self.identity
        rng = np.random.default_rng([identity.seed, 6, outfit])
        woman = identity.sex == "f"
        breadth = 1.12 + 0.10 * identity.size + (0.0 if woman else 0.12)
        self.outfit = outfit
        self.clothing = clothing(self._neck, woman, breadth, rng)
        self.glasses = self._frames if rng.random() < 0.85 else []

    def dressed(self, outfit: int) -> DrawnPerson:
        """The same person in other clothes (and now and then without the glasses)."""
        if outfit == self.outfit:
            return self
        other = copy.copy(self)
        other._dress(outfit)
        return other


def _skin_style(identity: Identity, hair: faces_hair.HairStyle, rng: np.random.Generator) -> SkinStyle:
    woman = identity.sex == "f"
    tone = skin_tone(identity.skin, rng)
    makeup = float(np.clip(rng.uniform(-0.35, 1.0), 0, 1)) if woman else 0.0
    natural = tone * np.array([0.86, 0.60, 0.58], np.float32)
    painted = np.array(
        ((0.68, 0.16, 0.20), (0.78, 0.34, 0.36), (0.60, 0.22, 0.26), (0.80, 0.42, 0.38))[int(rng.integers(4))],
        np.float32,
    )
    light = np.clip(float(tone.mean()) + 0.25, 0.55, 1)
    lip = natural + makeup * 0.85 * (painted * light - natural)
    dark_eyes = identity.skin > 0.45 or rng.random() < 0.35
    iris = np.array(_IRISES[int(rng.integers(2)) if dark_eyes else int(rng.integers(len(_IRISES)))], np.float32)
    if woman:
        beard = "none"
    else:
        beard = BEARDS[int(rng.choice(6, p=(0.16, 0.38, 0.18, 0.06, 0.09, 0.13)))]
    weight = float(np.clip(rng.normal(3.1, 0.7), 1.7, 5) if woman else np.clip(rng.normal(5.6, 1.1), 3.2, 9))
    return SkinStyle(
        tone=tone,
        hair=hair.colour * (0.85 if hair.grey < 0.4 else 0.8),
        lip=np.clip(lip, 0, 1),
        iris=iris,
        brow_weight=weight,
        beard=beard,
        makeup=makeup,
        freckles=float(max(rng.uniform(-1.2, 1.0), 0)) * (identity.skin < 0.35),
    )

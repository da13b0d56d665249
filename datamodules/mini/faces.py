"""Drawn persons: a face made by code from an `Identity`, rendered with exact 3-D landmarks.

`DrawnPerson` is who it is (meshes and textures, made once); `Scene` is how the picture is taken (size, light, colour,
blur, noise, background); `FacePainter` draws frames of one person in one scene. Nothing here is learned, and no
photograph went into it: synthetic, for development, demonstration and tests.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import cv2
import numpy as np

from datamodules.mini import faces_hair
from datamodules.mini.faces_body import background, clothing
from datamodules.mini.faces_mesh import CONTROLS, HeadMesh, head_mesh
from datamodules.mini.faces_parts import Part, ear, eyeball, glasses, mouth_inside
from datamodules.mini.faces_raster import draw_mesh, vertex_normals
from datamodules.mini.faces_shape import head_shape
from datamodules.mini.faces_skin import BEARDS, SkinStyle, paint_skin, skin_tone
from datamodules.mini.identity import Identity

PIVOT = np.array([0.0, 1.05, 0.72], np.float32)
"""where the head turns on the neck, head frame"""
_IRISES = ((0.30, 0.19, 0.10), (0.22, 0.13, 0.08), (0.36, 0.42, 0.30), (0.38, 0.48, 0.58), (0.45, 0.50, 0.54), (0.42, 0.32, 0.18))


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
        self.skin = paint_skin(identity, skin, shape, surface, self.mesh, scalp, np.random.default_rng([identity.seed, 3]))
        old = np.clip((identity.age - 40) / 35, 0, 1)
        self.eyes = [eyeball(self.mesh, s, skin.iris, identity.age, np.random.default_rng([identity.seed, 4])) for s in (0, 1)]
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
        other = copy.copy(self)
        other._dress(outfit)
        return other


def _skin_style(identity: Identity, hair: faces_hair.HairStyle, rng: np.random.Generator) -> SkinStyle:
    woman = identity.sex == "f"
    tone = skin_tone(identity.skin, rng)
    makeup = float(np.clip(rng.uniform(-0.35, 1.0), 0, 1)) if woman else 0.0
    natural = tone * np.array([0.86, 0.60, 0.58], np.float32)
    painted = np.array(((0.68, 0.16, 0.20), (0.78, 0.34, 0.36), (0.60, 0.22, 0.26), (0.80, 0.42, 0.38))[int(rng.integers(4))], np.float32)
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
    key = np.array([np.sin(azimuth) * np.cos(height_angle), -np.sin(height_angle), -np.cos(azimuth) * np.cos(height_angle)])
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


def rotation(quaternion: np.ndarray) -> np.ndarray:
    """`(3, 3)` float32 rotation matrix of a unit quaternion (w, x, y, z)."""
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ],
        np.float32,
    )


def from_angles(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Unit quaternion (4,) of a head turned by yaw (to the picture's right), pitch (down), roll; radians."""
    cy, sy, cp, sp = np.cos(yaw / 2), np.sin(-yaw / 2), np.cos(pitch / 2), np.sin(pitch / 2)
    cr, sr = np.cos(roll / 2), np.sin(roll / 2)
    w, x, y, z = cy * cp, cy * sp, sy * cp, -sy * sp  # yaw then pitch
    return np.array([w * cr - z * sr, x * cr + y * sr, y * cr - x * sr, w * sr + z * cr])


class FacePainter:
    """Draws frames of one person in one scene."""

    def __init__(self, person: DrawnPerson, scene: Scene, supersampling: int = 2):
        self.person, self.scene, self.supersampling = person, scene, supersampling
        self._rng = np.random.default_rng(scene.seed)
        s = supersampling
        self._size = (scene.height * s, scene.width * s)
        self._ground = cv2.resize(scene.background, self._size[::-1], interpolation=cv2.INTER_LINEAR)
        self._depth = np.full(self._size, 1e9, np.float32)
        self._image = np.empty_like(self._ground)
        clothes = person.clothing
        points = self._to_pixels(clothes.rest)
        normals = vertex_normals(clothes.rest, clothes.triangles)
        self._draw(points, normals, clothes, self._ground, self._depth, 0.7)
        self._normals = {id(part): vertex_normals(part.rest, part.triangles) for part in self._moving_parts()}
        grain = self._rng.normal(0, scene.noise, (scene.height + 16, scene.width + 16, 1)).astype(np.float32)
        tint = self._rng.normal(0, scene.noise * 0.4, (scene.height + 16, scene.width + 16, 3)).astype(np.float32)
        self._grain = cv2.GaussianBlur(grain + tint, (0, 0), 0.6) * 1.5
        mesh = person.mesh
        self._hanging = {id(p): _hang(p.rest[:, 1])[:, None] for p in person.hair}
        self._shapes = mesh.shapes.reshape(len(CONTROLS), -1)

    def _moving_parts(self) -> list[Part]:
        person = self.person
        return [*person.eyes, *person.mouth, *person.ears, *person.hair]

    def _to_pixels(self, points: np.ndarray) -> np.ndarray:
        s, scene = self.supersampling, self.scene
        half = (s - 1) / 2  # centres of pixels: (x + 0.5) * s - 0.5
        shift = np.array([scene.centre[0] * s + half, scene.centre[1] * s + half, 0], np.float32)
        return (points * np.float32(scene.scale * s) + shift).astype(np.float32)

    def _head(self, controls: np.ndarray, turn: np.ndarray, move: np.ndarray) -> np.ndarray:
        """Head mesh (V, 3) in the body's frame."""
        mesh = self.person.mesh
        points = mesh.rest + (np.asarray(controls, np.float32) @ self._shapes).reshape(-1, 3)
        return self._turned(points, turn, move, mesh.neck[:, None])

    @staticmethod
    def _turned(points: np.ndarray, turn: np.ndarray, move: np.ndarray, body: np.ndarray | float) -> np.ndarray:
        moved = (points - PIVOT) @ turn.T + PIVOT + move
        return moved + body * (points - moved)

    def landmarks(self, controls: np.ndarray, quaternion: np.ndarray, move: np.ndarray | None = None) -> np.ndarray:
        """The exact landmarks of a frame: `(68, 3)` float32 pixels, z away from the camera with zero mean."""
        mesh = self.person.mesh
        index = mesh.landmarks
        shapes = mesh.shapes[:, index].reshape(len(CONTROLS), -1)
        points = mesh.rest[index] + (np.asarray(controls, np.float32) @ shapes).reshape(-1, 3)
        moved = self._turned(points, rotation(quaternion), _move(move), 0.0)
        pixels = moved * self.scene.scale + np.array([*self.scene.centre, 0.0])
        pixels[:, 2] -= pixels[:, 2].mean()
        return pixels.astype(np.float32)

    def frame(self, controls: np.ndarray, quaternion: np.ndarray, move: np.ndarray | None = None) -> np.ndarray:
        """One picture.

        Args:
            controls: `(12,)` see `faces_mesh.CONTROLS`.
            quaternion: `(4,)` unit (w, x, y, z): orientation of the head.
            move: `(3,)` translation of the head in outer-eye distances, none = 0.

        Returns:
            `(H, W, 3)` uint8 RGB.
        """
        person, turn, moved = self.person, rotation(quaternion), _move(move)
        np.copyto(self._image, self._ground)
        depth = self._depth.copy()
        for part in person.hair[1:]:
            self._part(part, turn, moved, depth, self._hanging[id(part)])
        points = self._head(controls, turn, moved)
        normals = vertex_normals(points, person.mesh.triangles)
        light, gloss = self._lights(normals, 1.0, self.scene.shine)
        pixels = self._to_pixels(points)
        draw_mesh(self._image, depth, pixels, person.mesh.triangles, person.mesh.uv, light, gloss, person.skin, True)
        gaze = turn.T @ np.array([0, 0, -1], np.float32)
        for part in person.eyes:
            height, width = part.texture.shape[:2]
            reach = np.ptp(part.rest[:, :2], axis=0)
            look = np.array([gaze[0] / reach[0] * width, gaze[1] / reach[1] * height], np.float32) * 0.10
            self._part(part, turn, moved, depth, 0.0, uv=part.uv - look, shine=1.1)
        jaw = float(controls[0])
        for part in person.mouth:
            self._part(part, turn, moved, depth, 0.0, drop=jaw * part.jaw)
        for part in person.ears:
            self._part(part, turn, moved, depth, 0.0)
        self._glasses(turn, moved, depth)
        for part in person.hair[:1]:
            self._part(part, turn, moved, depth, self._hanging[id(part)], shine=0.9)
        return self._develop()

    def _part(
        self,
        part: Part,
        turn: np.ndarray,
        move: np.ndarray,
        depth: np.ndarray,
        body: np.ndarray | float,
        uv: np.ndarray | None = None,
        drop: float = 0.0,
        shine: float = 1.0,
    ) -> None:
        rest = part.rest
        if drop:
            rest = rest + np.array([0, 0.21, 0.13], np.float32) * drop
        points = self._to_pixels(self._turned(rest, turn, move, body))
        points[:, 2] += part.behind * self.scene.scale * self.supersampling
        normals = self._normals[id(part)] @ turn.T
        self._draw(points, normals, part, self._image, depth, shine, uv)

    def _draw(
        self,
        points: np.ndarray,
        normals: np.ndarray,
        part: Part,
        image: np.ndarray,
        depth: np.ndarray,
        shine: float,
        uv: np.ndarray | None = None,
    ) -> None:
        light, gloss = self._lights(normals, part.shade, self.scene.shine * shine)
        draw_mesh(image, depth, points, part.triangles, part.uv if uv is None else uv, light, gloss, part.texture, False)

    def _lights(self, normals: np.ndarray, shade: np.ndarray | float, shine: float) -> tuple[np.ndarray, np.ndarray]:
        """Light that falls on vertices and light mirrored to the camera, (V, 3) each."""
        scene = self.scene
        shade = np.asarray(shade, np.float32)
        shade = shade[:, None] if shade.ndim else shade
        wrap = np.array([0.28, 0.17, 0.12], np.float32)  # light creeps round skin, the red the furthest
        towards = (normals @ scene.key)[:, None]
        light = np.clip((towards + wrap) / (1 + wrap), 0, None) * scene.key_colour
        light += np.clip(normals @ scene.fill, 0, None)[:, None] * scene.fill_colour
        light += scene.ambient * (0.75 - 0.25 * normals[:, 1:2])
        half = scene.key + np.array([0, 0, -1], np.float32)
        facing = np.clip(normals @ (half / np.linalg.norm(half)), 0, 1)[:, None]
        mirrored = (facing**22 + 0.35 * facing**7) * scene.key_colour * np.float32(shine)
        return (light * shade).astype(np.float32), (mirrored * shade).astype(np.float32)

    def _glasses(self, turn: np.ndarray, move: np.ndarray, depth: np.ndarray) -> None:
        colour = [float(c) for c in self.person.frame_colour * 0.8 + 0.01]
        height, width = depth.shape
        for curve, thickness in self.person.glasses:
            points = self._to_pixels(self._turned(curve.astype(np.float32), turn, move, 0.0))
            wide = max(int(round(thickness * self.scene.scale * self.supersampling)), 1)
            at = np.clip(np.round(points[:, :2]).astype(int), 0, (width - 1, height - 1))
            seen = points[:, 2] < depth[at[:, 1], at[:, 0]] + 0.05 * self.scene.scale
            fixed = np.round(points[:, :2] * 16).astype(np.int32)
            for k in range(len(fixed) - 1):
                if seen[k] and seen[k + 1]:
                    cv2.line(self._image, fixed[k].tolist(), fixed[k + 1].tolist(), colour, wide, cv2.LINE_8, 4)

    def _develop(self) -> np.ndarray:
        """From linear light to the camera's picture."""
        scene = self.scene
        picture = cv2.resize(self._image, (scene.width, scene.height), interpolation=cv2.INTER_AREA)
        if scene.blur > 0.2:
            picture = cv2.GaussianBlur(picture, (0, 0), scene.blur)
        picture *= scene.gains
        if scene.saturation != 1.0:
            grey = picture @ np.array([0.3, 0.59, 0.11], np.float32)
            picture = grey[..., None] + scene.saturation * (picture - grey[..., None])
        np.clip(picture, 0, None, out=picture)
        picture = np.sqrt(picture / (1 + 0.12 * picture))
        picture = (picture - 0.45) * (255 * scene.contrast) + 0.45 * 255
        dy, dx = self._rng.integers(0, 16, 2)
        picture += self._grain[dy : dy + scene.height, dx : dx + scene.width]
        return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def _move(move: np.ndarray | None) -> np.ndarray:
    return np.zeros(3, np.float32) if move is None else np.asarray(move, np.float32)


def _hang(y: np.ndarray) -> np.ndarray:
    """How much long hair stays with the shoulders, by height."""
    s = np.clip((y - 0.9) / 1.2, 0, 1)
    return (0.85 * s * s * (3 - 2 * s)).astype(np.float32)

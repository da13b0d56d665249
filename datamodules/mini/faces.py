"""Drawn persons: a face made by code from an `Identity`, rendered with exact 3-D landmarks.

`DrawnPerson` is who it is (meshes and textures, made once); `Scene` is how the picture is taken (size, light, colour,
blur, noise, background); `FacePainter` draws frames of one person in one scene. Nothing here is learned, and no
photograph went into it: synthetic, for development, demonstration and tests.
"""

from __future__ import annotations

import cv2
import numpy as np

from datamodules.mini.faces_controls import CONTROLS
from datamodules.mini.faces_parts import Part
from datamodules.mini.faces_person import DrawnPerson
from datamodules.mini.faces_pose import from_angles, rotation
from datamodules.mini.faces_raster import draw_mesh, vertex_normals
from datamodules.mini.faces_scene import Scene, draw_scene

__all__ = ["CONTROLS", "DrawnPerson", "FacePainter", "Scene", "draw_scene", "from_angles", "rotation"]

PIVOT = np.array([0.0, 1.05, 0.72], np.float32)
"""where the head turns on the neck, head frame"""


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
        draw_mesh(
            image, depth, points, part.triangles, part.uv if uv is None else uv, light, gloss, part.texture, False
        )

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

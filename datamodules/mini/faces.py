"""Drawn persons: a face made by code from an `Identity`, rendered with exact 3-D landmarks.

`DrawnPerson` is who it is (meshes and textures, made once); `Scene` is how the picture is taken (size, light, colour,
blur, noise, background); `FacePainter` draws frames of one person in one scene. Nothing here is learned, and no
photograph went into it: synthetic, for development, demonstration and tests.
"""

from __future__ import annotations

import cv2
import numpy as np

from datamodules.mini.faces_controls import CONTROLS
from datamodules.mini.faces_light import lit_vertices, placed
from datamodules.mini.faces_parts import Part
from datamodules.mini.faces_person import DrawnPerson
from datamodules.mini.faces_pose import from_angles, rotation
from datamodules.mini.faces_raster import draw_mesh, vertex_normals
from datamodules.mini.faces_scene import Scene, draw_scene

__all__ = ["CONTROLS", "DrawnPerson", "FacePainter", "Scene", "draw_scene", "from_angles", "rotation"]

PIVOT = np.array([0.0, 1.05, 0.72], np.float32)
"""where the head turns on the neck, head frame"""


class _Moving:
    """A part that moves with the head, and what of it is the same in every frame."""

    def __init__(self, part: Part, hangs: bool = False):
        self.part = part
        self.normals = vertex_normals(part.rest, part.triangles)
        self.centred = part.rest - PIVOT
        count = len(part.rest)
        self.shade = np.ascontiguousarray(np.broadcast_to(np.asarray(part.shade, np.float32), count))
        self.body = _hang(part.rest[:, 1]) if hangs else np.zeros(count, np.float32)


class FacePainter:
    """Draws frames of one person in one scene."""

    def __init__(self, person: DrawnPerson, scene: Scene, supersampling: int = 2):
        self.person, self.scene, self.supersampling = person, scene, supersampling
        self._rng = np.random.default_rng(scene.seed)
        s = supersampling
        size = (scene.height * s, scene.width * s)
        half = (s - 1) / 2  # centres of pixels: (x + 0.5) * s - 0.5
        self._scale = np.float32(scene.scale * s)
        self._shift = np.array([scene.centre[0] * s + half, scene.centre[1] * s + half, 0], np.float32)
        between = scene.key + np.array([0, 0, -1], np.float32)  # the light and the camera
        self._between = between / np.linalg.norm(between)
        self._ground = cv2.resize(scene.background, size[::-1], interpolation=cv2.INTER_LINEAR)
        self._depth = np.full(size, 1e9, np.float32)
        self._image = np.empty_like(self._ground)
        clothes = _Moving(person.clothing)
        self._draw(self._to_pixels(clothes.part.rest), clothes.normals, clothes, self._ground, self._depth, 0.7)
        self._hair = [_Moving(part, hangs=True) for part in person.hair]
        self._eyes, self._mouth, self._ears = (
            [_Moving(part) for part in parts] for parts in (person.eyes, person.mouth, person.ears)
        )
        grain = self._rng.normal(0, scene.noise, (scene.height + 16, scene.width + 16, 1)).astype(np.float32)
        tint = self._rng.normal(0, scene.noise * 0.4, (scene.height + 16, scene.width + 16, 3)).astype(np.float32)
        self._grain = cv2.GaussianBlur(grain + tint, (0, 0), 0.6) * 1.5
        self._gains = np.tile(scene.gains, scene.width)
        mesh = person.mesh
        self._shapes = mesh.shapes.reshape(len(CONTROLS), -1)
        self._pivots = np.tile(PIVOT, (len(mesh.rest), 1))
        self._unshaded = np.ones(len(mesh.rest), np.float32)

    def _to_pixels(self, points: np.ndarray) -> np.ndarray:
        return (points * self._scale + self._shift).astype(np.float32)

    @staticmethod
    def _turned(points: np.ndarray, turn: np.ndarray, move: np.ndarray) -> np.ndarray:
        return (points - PIVOT) @ turn.T + PIVOT + move

    def landmarks(self, controls: np.ndarray, quaternion: np.ndarray, move: np.ndarray | None = None) -> np.ndarray:
        """The exact landmarks of a frame: `(68, 3)` float32 pixels, z away from the camera with zero mean."""
        mesh = self.person.mesh
        index = mesh.landmarks
        shapes = mesh.shapes[:, index].reshape(len(CONTROLS), -1)
        points = mesh.rest[index] + (np.asarray(controls, np.float32) @ shapes).reshape(-1, 3)
        moved = self._turned(points, rotation(quaternion), _move(move))
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
        person, mesh, turn, moved = self.person, self.person.mesh, rotation(quaternion), _move(move)
        np.copyto(self._image, self._ground)
        depth = self._depth.copy()
        for hair in self._hair[1:]:
            self._part(hair, turn, moved, depth)
        points = mesh.rest + (np.asarray(controls, np.float32) @ self._shapes).reshape(-1, 3)
        rotated = (points - self._pivots) @ turn.T
        head, pixels = placed(rotated, points, PIVOT, moved, mesh.neck, self._scale, self._shift, np.float32(0))
        light, gloss = self._lights(vertex_normals(head, mesh.triangles), self._unshaded, 1.0)
        draw_mesh(self._image, depth, pixels, mesh.triangles, mesh.uv, light, gloss, person.skin, True)
        gaze = turn.T @ np.array([0, 0, -1], np.float32)
        for eye in self._eyes:
            height, width = eye.part.texture.shape[:2]
            reach = np.ptp(eye.part.rest[:, :2], axis=0)
            look = np.array([gaze[0] / reach[0] * width, gaze[1] / reach[1] * height], np.float32) * 0.10
            self._part(eye, turn, moved, depth, uv=eye.part.uv - look, shine=1.1)
        jaw = float(controls[0])
        for tooth in self._mouth:
            self._part(tooth, turn, moved, depth, drop=jaw * tooth.part.jaw)
        for ear in self._ears:
            self._part(ear, turn, moved, depth)
        self._glasses(turn, moved, depth)
        for hair in self._hair[:1]:
            self._part(hair, turn, moved, depth, shine=0.9)
        return self._develop()

    def _part(
        self,
        moving: _Moving,
        turn: np.ndarray,
        move: np.ndarray,
        depth: np.ndarray,
        uv: np.ndarray | None = None,
        drop: float = 0.0,
        shine: float = 1.0,
    ) -> None:
        points, centred = moving.part.rest, moving.centred
        if drop:
            points = points + np.array([0, 0.21, 0.13], np.float32) * drop
            centred = points - PIVOT
        behind = np.float32(moving.part.behind * self.scene.scale * self.supersampling)
        _, pixels = placed(centred @ turn.T, points, PIVOT, move, moving.body, self._scale, self._shift, behind)
        self._draw(pixels, moving.normals @ turn.T, moving, self._image, depth, shine, uv)

    def _draw(
        self,
        pixels: np.ndarray,
        normals: np.ndarray,
        moving: _Moving,
        image: np.ndarray,
        depth: np.ndarray,
        shine: float,
        uv: np.ndarray | None = None,
    ) -> None:
        part = moving.part
        light, gloss = self._lights(normals, moving.shade, shine)
        draw_mesh(
            image, depth, pixels, part.triangles, part.uv if uv is None else uv, light, gloss, part.texture, False
        )

    def _lights(self, normals: np.ndarray, shade: np.ndarray, shine: float) -> tuple[np.ndarray, np.ndarray]:
        """Light that falls on vertices and light mirrored to the camera, (V, 3) each."""
        scene = self.scene
        facing = np.clip(normals @ self._between, 0, 1)
        return lit_vertices(
            normals,
            normals @ scene.key,
            normals @ scene.fill,
            facing**22 + 0.35 * facing**7,
            scene.key_colour,
            scene.fill_colour,
            scene.ambient,
            np.float32(scene.shine * shine),
            shade,
        )

    def _glasses(self, turn: np.ndarray, move: np.ndarray, depth: np.ndarray) -> None:
        colour = [float(c) for c in self.person.frame_colour * 0.8 + 0.01]
        height, width = depth.shape
        for curve, thickness in self.person.glasses:
            points = self._to_pixels(self._turned(curve.astype(np.float32), turn, move))
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
        picture: np.ndarray = cv2.resize(self._image, (scene.width, scene.height), interpolation=cv2.INTER_AREA)
        if scene.blur > 0.2:
            picture = cv2.GaussianBlur(picture, (0, 0), scene.blur)
        lines = picture.reshape(scene.height, -1)  # over whole lines, for over three channels numpy is slow
        lines *= self._gains
        grey: np.ndarray = cv2.merge([picture @ np.array([0.3, 0.59, 0.11], np.float32)] * 3)
        picture -= grey
        picture *= scene.saturation
        picture += grey
        np.clip(picture, 0, None, out=picture)
        np.sqrt(picture / (1 + 0.12 * picture), out=picture)
        picture -= 0.45
        picture *= 255 * scene.contrast
        picture += 0.45 * 255
        dy, dx = self._rng.integers(0, 16, 2)
        picture += self._grain[dy : dy + scene.height, dx : dx + scene.width]
        np.rint(picture, out=picture)
        return np.clip(picture, 0, 255, out=picture).astype(np.uint8)


def _move(move: np.ndarray | None) -> np.ndarray:
    return np.zeros(3, np.float32) if move is None else np.asarray(move, np.float32)


def _hang(y: np.ndarray) -> np.ndarray:
    """How much long hair stays with the shoulders, by height."""
    s = np.clip((y - 0.9) / 1.2, 0, 1)
    return (0.85 * s * s * (3 - 2 * s)).astype(np.float32)

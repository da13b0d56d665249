"""A small software rasteriser: textured, lit triangle meshes into a linear-light picture with a depth buffer.

Compiled by numba (which librosa brings along); everything else about drawn persons is plain numpy and OpenCV.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def vertex_normals(points, triangles):  # type: ignore[no-untyped-def]
    """Unit normals of a mesh, area-weighted, pointing to the camera (negative z) where they can be told.

    Args:
        points: `(V, 3)` float32, x right, y down, z away.
        triangles: `(T, 3)` int32, wound so that the front side faces the camera.

    Returns:
        `(V, 3)` float32.
    """
    normals = np.zeros(points.shape, np.float32)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        vx, vy, vz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for k in (a, b, c):
            normals[k, 0] += nx
            normals[k, 1] += ny
            normals[k, 2] += nz
    for v in range(points.shape[0]):
        n = np.sqrt(normals[v, 0] ** 2 + normals[v, 1] ** 2 + normals[v, 2] ** 2) + np.float32(1e-12)
        for k in range(3):
            normals[v, k] /= n
    return normals


@njit(cache=True)
def draw_mesh(image, depth, points, triangles, uv, light, gloss, texture, cull):  # type: ignore[no-untyped-def]
    """Draw one mesh into `image`, nearer surfaces first in `depth`; translucent texels are blended.

    Args:
        image: `(H, W, 3)` float32 linear light, changed in place.
        depth: `(H, W)` float32, smaller = nearer, changed in place where a texel is at least half opaque.
        points: `(V, 3)` float32 pixels and depth.
        triangles: `(T, 3)` int32.
        uv: `(V, 2)` float32 texture coordinates in texels.
        light: `(V, 3)` float32, light that falls on the vertex (multiplies the albedo).
        gloss: `(V, 3)` float32, mirrored light at the vertex (multiplies the texture's gloss channel).
        texture: `(h, w, 5)` uint8: albedo RGB (square root of linear), opacity, gloss.
        cull: leave out triangles that turn their back.
    """
    height, width = depth.shape
    rows, columns = texture.shape[0], texture.shape[1]
    unit = np.float32(1.0 / 255.0)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by = points[a, 0], points[a, 1], points[b, 0], points[b, 1]
        cx, cy = points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0 or (cull and area > 0):
            continue
        x0 = max(int(np.ceil(min(ax, bx, cx))), 0)
        x1 = min(int(np.floor(max(ax, bx, cx))), width - 1)
        y0 = max(int(np.ceil(min(ay, by, cy))), 0)
        y1 = min(int(np.floor(max(ay, by, cy))), height - 1)
        inverse = np.float32(1.0) / area
        for y in range(y0, y1 + 1):
            for x in range(x0, x1 + 1):
                w1 = ((x - ax) * (cy - ay) - (y - ay) * (cx - ax)) * inverse
                w2 = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) * inverse
                w0 = np.float32(1.0) - w1 - w2
                if w0 < -1e-4 or w1 < -1e-4 or w2 < -1e-4:
                    continue
                z = w0 * points[a, 2] + w1 * points[b, 2] + w2 * points[c, 2]
                if z >= depth[y, x]:
                    continue
                u = w0 * uv[a, 0] + w1 * uv[b, 0] + w2 * uv[c, 0]
                v = w0 * uv[a, 1] + w1 * uv[b, 1] + w2 * uv[c, 1]
                u = min(max(u, np.float32(0.0)), np.float32(columns - 1.001))
                v = min(max(v, np.float32(0.0)), np.float32(rows - 1.001))
                i, j = int(v), int(u)
                fv, fu = v - np.float32(i), u - np.float32(j)
                k00, k01 = (np.float32(1.0) - fv) * (np.float32(1.0) - fu), (np.float32(1.0) - fv) * fu
                k10, k11 = fv * (np.float32(1.0) - fu), fv * fu
                alpha = unit * (
                    k00 * texture[i, j, 3]
                    + k01 * texture[i, j + 1, 3]
                    + k10 * texture[i + 1, j, 3]
                    + k11 * texture[i + 1, j + 1, 3]
                )
                if alpha < 0.02:
                    continue
                shine = unit * (k00 * texture[i, j, 4] + k11 * texture[i + 1, j + 1, 4] + (k01 + k10) * texture[i, j, 4])
                for k in range(3):
                    albedo = unit * (
                        k00 * texture[i, j, k]
                        + k01 * texture[i, j + 1, k]
                        + k10 * texture[i + 1, j, k]
                        + k11 * texture[i + 1, j + 1, k]
                    )
                    lit = w0 * light[a, k] + w1 * light[b, k] + w2 * light[c, k]
                    mirrored = w0 * gloss[a, k] + w1 * gloss[b, k] + w2 * gloss[c, k]
                    colour = albedo * albedo * lit + shine * mirrored
                    image[y, x, k] += alpha * (colour - image[y, x, k])
                if alpha > 0.5:
                    depth[y, x] = z

"""A small software rasteriser: textured, lit triangle meshes into a linear-light picture with a depth buffer.

Compiled by numba (which librosa brings along); everything else about drawn persons is plain numpy and OpenCV.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def vertex_normals(points, triangles):
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
def draw_mesh(image, depth, points, triangles, uv, light, gloss, texture, cull):
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
    one, zero, unit = np.float32(1.0), np.float32(0.0), np.float32(1.0 / 255.0)
    u_end, v_end = np.float32(columns - 1.001), np.float32(rows - 1.001)
    slack, faint, half = np.float32(-1e-4), np.float32(5.0), np.float32(127.5)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, bx, by = points[a, 0], points[a, 1], points[b, 0], points[b, 1]
        cx, cy = points[c, 0], points[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == zero or (cull and area > zero):
            continue
        x0 = max(int(np.ceil(min(ax, bx, cx))), 0)
        x1 = min(int(np.floor(max(ax, bx, cx))), width - 1)
        y0 = max(int(np.ceil(min(ay, by, cy))), 0)
        y1 = min(int(np.floor(max(ay, by, cy))), height - 1)
        if x1 < x0 or y1 < y0:
            continue
        inverse = one / area
        step1, step2 = (cy - ay) * inverse, (ay - by) * inverse  # per pixel to the right
        za, zb, zc = points[a, 2], points[b, 2] - points[a, 2], points[c, 2] - points[a, 2]
        ua, ub, uc = uv[a, 0], uv[b, 0] - uv[a, 0], uv[c, 0] - uv[a, 0]
        va, vb, vc = uv[a, 1], uv[b, 1] - uv[a, 1], uv[c, 1] - uv[a, 1]
        for y in range(y0, y1 + 1):
            dx, dy = np.float32(x0) - ax, np.float32(y) - ay
            w1 = (dx * (cy - ay) - dy * (cx - ax)) * inverse - step1
            w2 = ((bx - ax) * dy - (by - ay) * dx) * inverse - step2
            for x in range(x0, x1 + 1):
                w1 += step1
                w2 += step2
                w0 = one - w1 - w2
                if w0 < slack or w1 < slack or w2 < slack:
                    continue
                z = za + w1 * zb + w2 * zc
                if z >= depth[y, x]:
                    continue
                u = min(max(ua + w1 * ub + w2 * uc, zero), u_end)
                v = min(max(va + w1 * vb + w2 * vc, zero), v_end)
                i, j = np.int32(v), np.int32(u)
                fv, fu = v - np.float32(i), u - np.float32(j)
                k11 = fv * fu
                k10, k01 = fv - k11, fu - k11
                k00 = one - fv - k01
                p, q, r, s = texture[i, j], texture[i, j + 1], texture[i + 1, j], texture[i + 1, j + 1]
                alpha = (
                    k00 * np.float32(p[3]) + k01 * np.float32(q[3]) + k10 * np.float32(r[3]) + k11 * np.float32(s[3])
                )
                if alpha < faint:
                    continue
                shine = unit * np.float32(p[4])
                cover = alpha * unit
                for k in range(3):
                    albedo = unit * (
                        k00 * np.float32(p[k])
                        + k01 * np.float32(q[k])
                        + k10 * np.float32(r[k])
                        + k11 * np.float32(s[k])
                    )
                    lit = w0 * light[a, k] + w1 * light[b, k] + w2 * light[c, k]
                    mirrored = w0 * gloss[a, k] + w1 * gloss[b, k] + w2 * gloss[c, k]
                    image[y, x, k] += cover * (albedo * albedo * lit + shine * mirrored - image[y, x, k])
                if alpha > half:
                    depth[y, x] = z

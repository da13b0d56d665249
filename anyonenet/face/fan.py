"""The paper's landmark networks (Bulat & Tzimiropoulos 2017): FAN's heatmaps and a ResNet for depth, in batches.

The networks are the face-alignment package's, with its published weights; they are fed here, because the package
takes one picture at a time and gives whole pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.errors import WeightsError
from anyonenet.face.detection import FaceBox
from anyonenet.face.models import ModelFile, cached_model, network_device
from anyonenet.face.template import MIRROR

if TYPE_CHECKING:
    from torch import Tensor

FAN_FILE = ModelFile(
    "3DFAN4-7835d9f11d.pth.tar",
    "https://www.adrianbulat.com/downloads/python-fan/3DFAN4-7835d9f11d.pth.tar",
    "7835d9f11d",
)
DEPTH_FILE = ModelFile(
    "depth-2a464da4ea.pth.tar",
    "https://www.adrianbulat.com/downloads/python-fan/depth-2a464da4ea.pth.tar",
    "2a464da4ea",
)

_SIDE = 256
"""pixels of a cut-out; heatmaps have a quarter of it"""
_REACH = 4.36
"""side of the cut-out, in halves of a face box: the networks learnt on boxes that reach to the forehead"""
_RAISE = 0.42
"""how far its centre lies above the box's, in the same unit"""
_SPOT = 3.25
"""pixels: width of the spots in the cut-out that tell the depth network where the landmarks are"""
_SPOT_REACH = 6


@dataclass(frozen=True)
class CutOut:
    """A face cut out for the networks."""

    picture: NDArray[np.uint8]  # (256, 256, 3) RGB
    corner: NDArray[np.float64]  # (2,) pixels of the photograph where the cut-out begins
    scale: float
    """pixels of the photograph a pixel of the cut-out"""


class FanNetworks:
    """Both networks, on the GPU where there is one."""

    def __init__(self, device: str | None = None, hourglasses: int = 4, depth_blocks: tuple[int, ...] = (3, 8, 36, 3)):
        """
        Args:
            device: None: a GPU where there is one.
            hourglasses: FAN's.
            depth_blocks: of the depth network's four stages. Both as published; smaller ones are for tests.

        Raises:
            WeightsError: the weights are not there and cannot be downloaded, or are not the published ones.
        """
        fan_path, depth_path = (cached_model(file, "the landmark backend 'fan'") for file in (FAN_FILE, DEPTH_FILE))
        import torch
        from face_alignment.models import FAN, ResNetDepth

        self.device = device or network_device()
        fan, depth = FAN(hourglasses), ResNetDepth(layers=list(depth_blocks))
        try:
            fan.load_state_dict(torch.load(fan_path, map_location="cpu", weights_only=True))
            # saved with the optimiser's state, whose types are not plain; the checksum has vouched for the file
            saved = torch.load(depth_path, map_location="cpu", weights_only=False)["state_dict"]
            depth.load_state_dict({name.removeprefix("module."): value for name, value in saved.items()})
        except (RuntimeError, KeyError) as error:
            raise WeightsError(
                f"{fan_path} and {depth_path} do not fit the installed face-alignment ({str(error).splitlines()[0]}); "
                "install face-alignment 1.4 or newer"
            ) from None
        self._fan: Any = fan.to(self.device).eval().requires_grad_(False)
        self._depth: Any = depth.to(self.device).eval().requires_grad_(False)

    def cut_out(self, image: NDArray[np.uint8], box: FaceBox) -> CutOut:
        """The face in a box and its surroundings, black beyond the picture's edge: `image` `(H, W, 3)` uint8 RGB."""
        x, y = box.centre
        half = box.side / 2
        side = _REACH * half
        corner = np.array([x - side / 2, y - _RAISE * half - side / 2])
        scale = side / _SIDE
        if scale > 2:  # `warpAffine` samples single points: a picture that shrinks much is averaged first
            smaller = cv2.resize(image, None, fx=2 / scale, fy=2 / scale, interpolation=cv2.INTER_AREA)
            factors = np.array([smaller.shape[1] / image.shape[1], smaller.shape[0] / image.shape[0]])
        else:
            smaller, factors = image, np.ones(2)
        step = scale * factors
        matrix = np.zeros((2, 3))
        matrix[0, 0], matrix[1, 1] = step
        matrix[:, 2] = corner * factors + (step - 1) / 2  # centres of pixels lie half a pixel from their corners
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return CutOut(cv2.warpAffine(smaller, matrix, (_SIDE, _SIDE), flags=flags).astype(np.uint8), corner, scale)

    def __call__(self, cut_outs: list[CutOut]) -> NDArray[np.float32]:
        """Landmarks of a batch of faces.

        Returns:
            `(N, 68, 3)` float32 pixels of the photographs: x right, y down, z away from the camera (zero mean).
        """
        import torch

        with torch.inference_mode():
            pictures = torch.from_numpy(np.stack([cut_out.picture for cut_out in cut_outs])).to(self.device)
            pictures = pictures.permute(0, 3, 1, 2).float() / 255  # (N, 3, 256, 256)
            mirrored = self._fan(pictures.flip(-1))[-1].flip(-1)[:, list(MIRROR)]
            points = _peaks(self._fan(pictures)[-1] + mirrored)  # (N, 68, 2)
            depth = self._depth(torch.cat([pictures, _spots(points)], dim=1)).cpu().numpy()  # (N, 68), towards camera
        scales = np.array([cut_out.scale for cut_out in cut_outs])[:, None, None]
        corners = np.stack([cut_out.corner for cut_out in cut_outs])[:, None]
        flat = points.cpu().numpy() * scales + corners - 0.5  # from edges to centres of pixels
        away = (depth.mean(axis=1, keepdims=True) - depth)[..., None] * scales
        return np.concatenate([flat, away], axis=-1).astype(np.float32)


def _peaks(heatmaps: Tensor) -> Tensor:
    """Where heatmaps `(N, 68, 64, 64)` are largest, a quarter of a cell towards the larger neighbour.

    Returns:
        `(N, 68, 2)` x and y in pixels of the cut-out, from its corner.
    """
    import torch

    count, landmarks, height, width = heatmaps.shape
    flat = heatmaps.flatten(2)
    best = flat.argmax(dim=-1)  # (N, 68)
    column, row = best % width, best // width

    def at(shift_x: int, shift_y: int) -> Tensor:
        x, y = (column + shift_x).clamp(0, width - 1), (row + shift_y).clamp(0, height - 1)
        return flat.gather(-1, (y * width + x)[..., None])[..., 0]

    inside = (column > 0) & (column < width - 1) & (row > 0) & (row < height - 1)
    nudges = torch.stack([at(1, 0) - at(-1, 0), at(0, 1) - at(0, -1)], dim=-1).sign() * 0.25 * inside[..., None]
    return (torch.stack([column, row], dim=-1) + 0.5 + nudges) * (_SIDE / width)


def _spots(points: Tensor) -> Tensor:
    """`(N, 68, 2)` pixels -> `(N, 68, 256, 256)`: a Gaussian of height 1 and bounded reach at each point."""
    import torch

    places = torch.arange(_SIDE, device=points.device)
    away = places - (points.floor()[..., None] - 1)  # (N, 68, 2, 256): the networks were trained with this shift
    bumps = torch.exp(-((away / _SPOT) ** 2) / 2) * (away.abs() <= _SPOT_REACH)
    return bumps[:, :, 1, :, None] * bumps[:, :, 0, None, :]

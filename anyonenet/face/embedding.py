"""Frozen face embeddings: who is in the picture, as a vector.

`facenet` is the paper's (512-D, InceptionResnetV1 on VGGFace2; Schroff et al. 2015; downloads its weights); `dlib`
is a 29-layer ResNet (128-D; weights inside a package).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import cv2
import dlib
import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.batches import batched
from anyonenet.errors import InputError
from anyonenet.face.image import shrink
from anyonenet.face.models import ModelFile, cached_model, dlib_model, network_device
from anyonenet.face.registration import outer_eye_distance
from anyonenet.face.template import EYE_CORNERS, JAW, MIRROR

BACKENDS = ("dlib", "facenet")

FACENET_FILE = ModelFile(
    "20180402-114759-vggface2.pt",
    "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/20180402-114759-vggface2.pt",
    "281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b",
)

_TOGETHER = 32
"""faces that go through a network at once"""


class _Backend(Protocol):
    size: int

    def cut_out(self, image: NDArray[np.uint8], points: NDArray[np.float64]) -> Any: ...

    def embed(self, faces: list[Any]) -> NDArray[np.float32]: ...


class FaceEmbedder:
    """Embeds faces; loads its network once, so keep it for many pictures."""

    def __init__(self, backend: str = "dlib", jitters: int = 0):
        """
        Args:
            backend: 'dlib' or 'facenet'.
            jitters: average over the picture, its mirror image and this many slightly moved cut-outs; 0 embeds the
                picture alone. Averages are steadier and cost `jitters + 2` times as much.

        Raises:
            InputError: unknown backend or a negative number.
            WeightsError: its weights are not there (and, for 'facenet', cannot be downloaded).
        """
        if backend not in BACKENDS:
            raise InputError(f"unknown face embedding '{backend}'; choose one of {', '.join(BACKENDS)}")
        if jitters < 0:
            raise InputError(f"jitters must be 0 or more, got {jitters}")
        self.backend = backend
        self.jitters = jitters
        self._embed: _Backend = _DlibEmbedding() if backend == "dlib" else _FacenetEmbedding()

    @property
    def size(self) -> int:
        """Length of the embedding: 128 (dlib) or 512 (facenet)."""
        return self._embed.size

    def __call__(self, image: NDArray[np.uint8], landmarks: ArrayLike) -> NDArray[np.float32]:
        """Embed one face.

        Args:
            image: `(H, W, 3)` uint8 RGB.
            landmarks: `(68, 2)` or `(68, 3)` pixels.

        Returns:
            `(size,)` float32; unit length for facenet, about 1.4 for dlib (distances below 0.6 mean one person on
            photographs). With jitters, the mean.

        Raises:
            ValueError: not 68 points.
        """
        return next(self.each([(image, landmarks)]))

    def each(self, faces: Iterable[tuple[NDArray[np.uint8], ArrayLike]]) -> Iterator[NDArray[np.float32]]:
        """Embed many faces, in batches, which a GPU needs; of each only a small cut-out waits in memory.

        Args:
            faces: picture and landmarks of each, as for one.

        Returns:
            `(size,)` float32 of each, in order.
        """
        for some in batched((self._views(image, landmarks) for image, landmarks in faces), _TOGETHER):
            embedded = self._embed.embed([view for views in some for view in views])
            for row in embedded.reshape(len(some), -1, self.size):
                yield row.mean(axis=0)

    def _views(self, image: NDArray[np.uint8], landmarks: ArrayLike) -> list[Any]:
        """The cut-outs of one face: as it is and, with jitters, mirrored and moved."""
        points = np.asarray(landmarks, dtype=np.float64)
        if points.shape not in ((68, 2), (68, 3)):
            raise ValueError(f"expected landmarks of shape (68, 2) or (68, 3), got {points.shape}")
        patch, points = _patch(image, points[:, :2])
        views = [self._embed.cut_out(patch, points)]
        if self.jitters == 0:
            return views
        mirrored = np.ascontiguousarray(patch[:, ::-1])
        flipped = np.stack([patch.shape[1] - 1 - points[:, 0], points[:, 1]], axis=-1)[list(MIRROR)]
        views.append(self._embed.cut_out(mirrored, flipped))
        rng = np.random.default_rng(0)  # the same moves for every face
        unit = float(outer_eye_distance(points))
        for index in range(self.jitters):
            view, base = (patch, points) if index % 2 == 0 else (mirrored, flipped)
            centre = base.mean(axis=0)
            moved = (base - centre) * rng.uniform(0.94, 1.06) + centre + rng.uniform(-0.06, 0.06, 2) * unit
            views.append(self._embed.cut_out(view, moved))
        return views


def _patch(image: NDArray[np.uint8], points: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The face and its surroundings, edge repeated where the picture ends, at most 512 pixels a side."""
    low, high = points.min(axis=0), points.max(axis=0)
    half = 1.1 * float((high - low).max())
    x, y = (low + high) / 2
    left, top, right, bottom = round(x - half), round(y - half), round(x + half), round(y + half)
    height, width = image.shape[:2]
    inside = image[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)]
    margins = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
    patch = cv2.copyMakeBorder(inside, *margins, borderType=cv2.BORDER_REPLICATE).astype(np.uint8)
    small = shrink(patch, 512)
    factor = np.array([small.shape[1] / patch.shape[1], small.shape[0] / patch.shape[0]])
    return np.ascontiguousarray(small), (points - (left, top)) * factor


class _DlibEmbedding:
    size = 128

    def __init__(self) -> None:
        self._network: Any = dlib.face_recognition_model_v1(dlib_model("dlib_face_recognition_resnet_model_v1.dat"))

    def cut_out(self, image: NDArray[np.uint8], points: NDArray[np.float64]) -> Any:
        return image, points

    def embed(self, faces: list[Any]) -> NDArray[np.float32]:
        return np.stack([self._one(image, points) for image, points in faces])

    def _one(self, image: NDArray[np.uint8], points: NDArray[np.float64]) -> NDArray[np.float32]:
        parts = [dlib.point(round(x), round(y)) for x, y in points]
        low, high = points.min(axis=0), points.max(axis=0)
        rectangle = dlib.rectangle(round(low[0]), round(low[1]), round(high[0]), round(high[1]))
        shape = dlib.full_object_detection(rectangle, parts)
        return np.array(self._network.compute_face_descriptor(image, shape, 0, 0.25), dtype=np.float32)


class _FacenetEmbedding:
    size = 512

    def __init__(self) -> None:
        path = cached_model(FACENET_FILE, "the face embedding 'facenet'")
        import torch
        from facenet_pytorch import InceptionResnetV1

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            network = InceptionResnetV1(pretrained=None, classify=False)
        state = torch.load(path, map_location="cpu", weights_only=True)
        # the published file still holds its training classifier, which an embedding does without
        network.load_state_dict({key: value for key, value in state.items() if not key.startswith("logits.")})
        self._device = network_device()
        self._network = network.eval().requires_grad_(False).to(self._device)

    def cut_out(self, image: NDArray[np.uint8], points: NDArray[np.float64]) -> Any:
        unit = float(outer_eye_distance(points))
        eyes = points[list(EYE_CORNERS)].mean(axis=0)
        chin = points[list(JAW)].max(axis=0)[1]
        # the extent of MTCNN's boxes, on which the network was trained
        left, right = eyes[0] - 0.75 * unit, eyes[0] + 0.75 * unit
        top, bottom = eyes[1] - 0.83 * unit, chin + 0.05 * unit
        matrix = np.array([[160 / (right - left), 0, 0], [0, 160 / (bottom - top), 0]])
        matrix[:, 2] = -matrix[:, :2] @ np.array([left, top])
        return cv2.warpAffine(image, matrix, (160, 160), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)

    def embed(self, faces: list[Any]) -> NDArray[np.float32]:
        import torch

        pictures = torch.from_numpy(np.stack(faces)).to(self._device).permute(0, 3, 1, 2)  # (N, 3, 160, 160)
        with torch.inference_mode():
            return self._network((pictures.float() - 127.5) / 128).cpu().numpy()

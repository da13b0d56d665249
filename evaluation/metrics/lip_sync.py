"""LSE-D and LSE-C: lip-sync error as SyncNet sees it (Chung and Zisserman 2016; Prajwal et al. 2020).

Each window of mouths is compared with the sounds of up to 15 frames before and after. The distances are averaged over
the clip for each shift: LSE-D is the least of the 31 means, LSE-C their median less the least, and the offset the shift
at which it lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric

from evaluation.metrics.syncnet import SyncNet, load_syncnet

LONGEST_SHIFT = 15
"""frames of 1/25 s"""


def lip_sync_error(mouths: Tensor, sounds: Tensor, longest_shift: int = LONGEST_SHIFT) -> tuple[float, float, int]:
    """Distance, confidence and offset of one clip (see the module).

    Args:
        mouths, sounds: `(windows, D)` features of `SyncNet.features`.
        longest_shift: frames. Beyond the clip's ends sounds are zero vectors, as in the published figures.

    Returns:
        LSE-D (the lower, the better), LSE-C (the higher, the better), and the offset in frames, positive where the
        mouth is late.

    Raises:
        ValueError: the shapes differ or are empty.
    """
    if mouths.shape != sounds.shape or mouths.dim() != 2 or not len(mouths):
        raise ValueError(f"mouths are {tuple(mouths.shape)}, sounds {tuple(sounds.shape)}; expected (windows, D) twice")
    padded = F.pad(sounds, (0, 0, longest_shift, longest_shift))
    means = torch.stack(
        [
            F.pairwise_distance(mouths, padded[shift : shift + len(mouths)]).mean()
            for shift in range(2 * longest_shift + 1)
        ]
    )
    least, place = means.min(0)
    return float(least), float(means.median() - least), longest_shift - int(place)


class LipSyncError(Metric):
    """Means of `lip_sync_error` over clips, on any number of processes.

    `compute` gives `distance` (LSE-D, the lower, the better), `confidence` (LSE-C, the higher, the better), `offset`
    and `absolute_offset` (frames of 1/25 s; positive: the mouth is late).

    Args:
        weights: SyncNet's file; see `load_syncnet`.
        network: another network with the method `features`, instead.

    Raises:
        WeightsError: the weights are not there, or not SyncNet's.
    """

    is_differentiable = False
    full_state_update = False
    sums: Tensor
    clips: Tensor

    def __init__(self, weights: str | Path | None = None, network: SyncNet | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.network = network or load_syncnet(weights)
        self.add_state("sums", torch.zeros(4, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("clips", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, faces: Sequence[np.ndarray], waveforms: Sequence[np.ndarray]) -> None:
        """For each clip `(frames, height, width, 3)` uint8 RGB at 25 Hz and `(samples,)` at 16 kHz."""
        if len(faces) != len(waveforms):
            raise ValueError(f"{len(faces)} clips and {len(waveforms)} waveforms; expected equally many")
        for pictures, waveform in zip(faces, waveforms):
            distance, confidence, offset = lip_sync_error(*self.network.features(pictures, waveform))
            self.sums += self.sums.new_tensor([distance, confidence, offset, abs(offset)])
            self.clips += 1

    def compute(self) -> dict[str, Tensor]:
        names = ("distance", "confidence", "offset", "absolute_offset")
        return dict(zip(names, (self.sums / self.clips).float()))


def face_crops(frames: np.ndarray, boxes: np.ndarray, margin: float = 0.4) -> np.ndarray:
    """Faces cut out as SyncNet has seen them: the box made square, wider by `margin` to the sides and twice that below.

    Args:
        frames: `(frames, height, width, 3)` uint8.
        boxes: `(frames, 4)` pixels: left, top, right, bottom of the face in each frame (brows to chin, as detectors
            give it); smooth them over time.
        margin: share of half the box's longer side.

    Returns:
        `(frames, 224, 224, 3)` uint8; grey where the crop leaves the picture.

    Raises:
        ValueError: shapes do not fit, or an empty box.
    """
    import cv2

    boxes = np.asarray(boxes, dtype=np.float64)
    if frames.ndim != 4 or frames.shape[3] != 3 or boxes.shape != (len(frames), 4):
        raise ValueError(f"frames are {frames.shape}, boxes {boxes.shape}; expected (N, height, width, 3) and (N, 4)")
    sides = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) / 2
    if (sides <= 0).any():
        raise ValueError(f"the box of frame {int(np.argmin(sides))} is empty")
    crops = []
    for frame, box, half in zip(frames, boxes, sides):
        x, y, reach = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, half * (1 + margin)
        scale = 224 / (2 * reach)
        placed = np.array([[scale, 0, (reach - x) * scale], [0, scale, (half - y) * scale]])
        crops.append(cv2.warpAffine(frame, placed, (224, 224), borderValue=(110, 110, 110)))
    return np.stack(crops)

"""How far an engine's pictures are from those of the network in 32-bit floats."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from anyonenet.engines.runner import Pictures
from anyonenet.losses.features import picture_features
from anyonenet.losses.perceptual import perceptual_distance
from anyonenet.networks.image_translation import ImageTranslator


@torch.inference_mode()
def distances(
    network: ImageTranslator, convolved: Callable[[Pictures], Pictures], pictures: Pictures
) -> dict[str, float]:
    """Means over pictures, of the composed pictures.

    Args:
        network: in evaluation mode, in 32-bit floats.
        convolved: the engine's.
        pictures: what the network reads, `(N, inputs, height, width)`.

    Returns:
        `ssim` (Wang et al. 2004, Gaussian windows), `perceptual_gabor` (see `perceptual_distance`), `grey_levels`
        (mean absolute difference, of 255), with head 'flow' `displacement_pixels` (mean length), and `pictures`.
    """
    features = picture_features("gabor")
    found: list[dict[str, float]] = []
    for picture in pictures:
        given = torch.from_numpy(np.ascontiguousarray(picture[None]))
        true = network.convolved(given)
        got = torch.from_numpy(np.array(convolved(given.numpy())))
        made, wanted = (network.compose(network.with_field(raw, given), given[:, 3:6]) for raw in (got, true))
        one = {
            "ssim": _similarity(made[0].numpy(), wanted[0].numpy()),
            "perceptual_gabor": float(perceptual_distance(features, made, wanted)),
            "grey_levels": float((made - wanted).abs().mean()) * 127.5,
        }
        if network.head == "flow":
            one["displacement_pixels"] = float((got - true)[:, 4:].norm(dim=1).mean()) * picture.shape[-1] / 2
        found.append(one)
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]} | {"pictures": len(found)}


def _similarity(made: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    from skimage.metrics import structural_similarity

    similarity = structural_similarity(
        made, wanted, channel_axis=0, data_range=2.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    return float(similarity)

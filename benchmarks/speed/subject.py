"""Who speaks in the benchmark, and what: the same photo, sentence and weights in every part."""

from __future__ import annotations

import json
import os
import shutil
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from PIL import Image

from anyonenet.portrait import Portrait, PortraitReader

FPS = 25
STAGES = ("tts", "face_encoder", "speaker_encoder", "landmarks")
"""that a folder of weights has beside the images"""


def photo(folder: Path) -> Path:
    """scikit-image's astronaut, 512 x 512, as a file."""
    path = folder / "astronaut.png"
    if not path.exists():
        Image.fromarray(skimage.data.astronaut()).save(path)
    return path


@lru_cache(maxsize=4)
def portrait(folder: Path, size: int = 512) -> Portrait:
    """The photo, its face found."""
    cv2.setNumThreads(1)
    return PortraitReader().read(photo(folder), size)


def speaker() -> np.ndarray:
    """A voice: `(1024,)` float32, unit length."""
    drawn = np.random.default_rng(0).standard_normal(1024)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def paper_images(scratch: Path) -> Path:
    """A folder of image weights with the paper's sizes, random: they take as long as trained ones."""
    from inspect import signature

    import torch

    from anyonenet.networks.image_translation import ImageTranslator
    from anyonenet.weights import WeightsCard, save_weights

    folder = scratch / "paper" / "images"
    known = network_arguments(folder) if (folder / "config.json").is_file() else {}
    if set(known) != set(signature(ImageTranslator).parameters):  # none yet, or of another version
        torch.manual_seed(0)
        save_weights(folder, ImageTranslator(), WeightsCard("images", "none: random weights, for measuring speed"))
    return folder


def default_images(scratch: Path, weights: Path) -> Path:
    """A copy of the folder of image weights, for engines to be exported into."""
    ours, copied = weights / "images", scratch / "default" / "images"
    config = copied / "config.json"
    if not config.is_file() or config.read_bytes() != (ours / "config.json").read_bytes():
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(ours, copied)
    return copied


def all_stages(images: Path, weights: Path) -> Path:
    """The folder that `images` lies in, with the other stages beside it."""
    for stage in STAGES:
        link = images.parent / stage
        if link.is_symlink():
            link.unlink()
        os.symlink((weights / stage).resolve(), link)
    return images.parent


def network_arguments(weights: Path) -> dict[str, object]:
    """Constructor arguments of an exported network."""
    found: dict[str, object] = json.loads((weights / "config.json").read_text(encoding="utf-8"))["arguments"]
    return found

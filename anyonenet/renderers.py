"""Renderers by name, their networks loaded once for any number of photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from anyonenet.portrait import Portrait
from anyonenet.render.renderer import Renderer
from anyonenet.render.warp import WarpRenderer

if TYPE_CHECKING:  # its network is not needed otherwise
    from anyonenet.render.translate import Translation


class Renderers:
    """Makes a renderer for each portrait.

    Args:
        weights: folder that holds `images`.
        device: where networks run.
    """

    def __init__(self, weights: Path, device: torch.device):
        self._weights, self._device = weights, device
        self._translation: Translation | None = None

    def load(self, name: str) -> None:
        """What every renderer of that name needs (done by itself at the first call of `make`).

        Raises:
            WeightsError: its weights are missing, corrupt or of another stage.
        """
        if name == "unet" and self._translation is None:
            from anyonenet.render.translate import Translation

            self._translation = Translation(self._weights / "images", self._device)

    def make(self, name: str, portrait: Portrait) -> Renderer:
        """The renderer `name` ('warp' or 'unet') of one portrait.

        Raises:
            WeightsError: as `load`.
        """
        if name == "warp":
            return WarpRenderer(portrait.image, portrait.landmarks, portrait.quaternion)
        from anyonenet.render.translate import UNetRenderer

        self.load(name)
        assert self._translation is not None
        return UNetRenderer(portrait.image, portrait.landmarks, self._translation)

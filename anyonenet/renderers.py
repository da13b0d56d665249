"""Renderers by name, their networks loaded once for any number of photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch

from anyonenet.engine_use import AUTO, EngineUse
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
        engine: how the image network is run.
    """

    def __init__(self, weights: Path, device: torch.device, engine: EngineUse = AUTO):
        self._weights, self._device, self._engine = weights, device, engine
        self._translation: Translation | None = None

    @property
    def engine_reason(self) -> str:
        """Which engine runs the image network, and why; empty while it is not loaded."""
        return self._translation.reason if self._translation is not None else ""

    def load(self, name: str) -> None:
        """What every renderer of that name needs (done by itself at the first call of `make`).

        Raises:
            InputError: the engine is not known or cannot be used here.
            WeightsError: its weights are missing, corrupt or of another stage, or not exported for the engine.
        """
        if name == "unet" and self._translation is None:
            from anyonenet.render.translate import Translation

            self._translation = Translation(self._weights / "images", self._device, self._engine)

    def make(self, name: str, portrait: Portrait) -> Renderer:
        """The renderer `name` ('warp', 'cartoon' or 'unet') of one portrait.

        Raises:
            InputError, WeightsError: as `load`.
        """
        if name == "warp":
            return WarpRenderer(portrait.image, portrait.landmarks, portrait.quaternion)
        if name == "cartoon":
            from anyonenet.render.cartoon import CartoonRenderer

            return CartoonRenderer(portrait.image, portrait.landmarks, portrait.quaternion)
        from anyonenet.render.translate import UNetRenderer

        self.load(name)
        assert self._translation is not None
        return UNetRenderer(portrait.image, portrait.landmarks, self._translation)

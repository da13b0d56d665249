"""How the image network is asked to run."""

from __future__ import annotations

from dataclasses import dataclass

WHOLE_SECONDS = 0.16
"""between two frames that are computed whole"""


def whole_every_at(fps: float) -> int:
    """`EngineUse.whole_every` for a frame rate: what is interpolated moves in seconds, not in frames."""
    return max(1, round(WHOLE_SECONDS * fps))


WHOLE_EVERY = whole_every_at(25)


@dataclass(frozen=True)
class EngineUse:
    """An engine, and how much of the network it computes for each frame.

    Raises:
        ValueError: `whole_every` is less than one.
    """

    name: str = "auto"
    """'auto', or a name, see `anyonenet.engines.images.load_image_engine`"""
    whole_every: int = WHOLE_EVERY
    """of so many neighbouring frames one is computed whole, for the others the coarse levels' part is interpolated, see
    `anyonenet.engines.image_engine.ImageEngine.stream`; 1: all are computed whole"""

    def __post_init__(self) -> None:
        if self.whole_every < 1:
            raise ValueError(f"whole_every is {self.whole_every}; it must be 1 or more")


AUTO = EngineUse()
WHOLE = EngineUse(whole_every=1)
"""for frames that are no neighbours, and where the network itself is judged"""

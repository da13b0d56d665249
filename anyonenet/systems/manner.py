"""How a person is to show what is said, for systems that know of more than the words and the voice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Manner:
    """What a request may ask for; `anyonenet.systems.known.Known.manners` says which of these a system follows."""

    emotion: str = "neutral"
    """of `anyonenet.face.blendshapes.EMOTIONS`"""
    style: Path | None = None
    """folder of a person's mouth style, as `anyonenet style` writes it; None: the system's own"""


class Mannered(Protocol):
    """A system that follows some manners."""

    def follow(self, manner: Manner) -> None:
        """For performers made from now on.

        Raises:
            WeightsError: something that the manner names is not there, or damaged.
        """
        ...

"""The systems by name, each loaded from its module when it is asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path

import torch

from anyonenet.errors import InputError
from anyonenet.systems.system import System


@dataclass(frozen=True)
class Known:
    """A system that can be asked for."""

    title: str
    """as tables and videos show it"""
    stages: tuple[str, ...]
    """whose weights it needs, besides those of the voice and of its renderer"""


SYSTEMS = {
    "anyonenet": Known("AnyoneNet", ("landmarks",)),
    "makeittalk": Known("MakeItTalk", ("makeittalk_content", "makeittalk_speech", "makeittalk_speaker")),
    "atvgnet": Known("ATVGnet", ("atvgnet_landmarks", "atvgnet_frames")),
    "speech2vid": Known("Speech2Vid", ("speech2vid", "speech2vid_deblur")),
    "write_a_speaker": Known(
        "Write-a-Speaker", ("write_a_speaker_mouth", "write_a_speaker_head", "write_a_speaker_frames")
    ),
    "own": Known("own", ("own_landmarks",)),
}


def load_system(name: str, weights: Path, device: torch.device | str = "cpu", engine: str = "auto") -> System:
    """Load the system `name` of `SYSTEMS`.

    Raises:
        InputError: no such system.
        WeightsError: weights are missing, corrupt or of another stage.
    """
    if name not in SYSTEMS:
        raise InputError(f"'{name}' is not a system; known are {', '.join(SYSTEMS)}")
    module = importlib.import_module(f"anyonenet.systems.{name}")
    system: System = module.load(Path(weights), torch.device(device), engine)
    return system

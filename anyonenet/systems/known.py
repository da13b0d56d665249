"""The systems by name, each loaded from its module when it is asked for. Nothing heavy is imported here."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from anyonenet.engine_use import AUTO, EngineUse
from anyonenet.errors import InputError, WeightsError

if TYPE_CHECKING:
    import torch

    from anyonenet.systems.system import System

OWN = "own"
"""the renderer of a system that draws frames with networks of its own"""
LANDMARK_RENDERERS = ("warp", "unet", "cartoon")
"""what draws systems that move landmarks, the usual one first"""


@dataclass(frozen=True)
class Known:
    """A system that can be asked for."""

    title: str
    """as tables and videos show it"""
    stages: tuple[str, ...]
    """whose weights it needs, besides those of the voice and of its renderer"""
    renderers: tuple[str, ...] = LANDMARK_RENDERERS
    """that can draw it, the usual one first; `OWN` where frames come from its own networks"""
    manners: tuple[str, ...] = ()
    """fields of `anyonenet.systems.manner.Manner` that it follows; with any it is `Mannered`"""


SYSTEMS = {
    "anyonenet": Known("AnyoneNet", ("landmarks",)),
    "makeittalk": Known("MakeItTalk", ("makeittalk_content", "makeittalk_speech", "makeittalk_speaker")),
    "atvgnet": Known("ATVGnet", ("atvgnet_landmarks", "atvgnet_frames"), (OWN, *LANDMARK_RENDERERS)),
    "speech2vid": Known("Speech2Vid", ("speech2vid", "speech2vid_deblur"), (OWN,)),
    "write_a_speaker": Known(
        "Write-a-Speaker",
        ("write_a_speaker_mouth", "write_a_speaker_upper", "write_a_speaker_head", "write_a_speaker_frames"),
        (OWN, *LANDMARK_RENDERERS),
        manners=("emotion", "style"),
    ),
    "own": Known("Own model", ("own_landmarks",)),
}


RENDERERS = tuple(dict.fromkeys(name for known in SYSTEMS.values() for name in known.renderers))
"""of any system"""


def known_system(name: str) -> Known:
    """The entry of `SYSTEMS`.

    Raises:
        InputError: no such system.
    """
    if name not in SYSTEMS:
        raise InputError(f"'{name}' is not a system; known are {', '.join(SYSTEMS)}")
    return SYSTEMS[name]


def followers(manner: str) -> list[str]:
    """Names of the systems that follow a manner."""
    return [name for name, known in SYSTEMS.items() if manner in known.manners]


def missing_stages(name: str, weights: Path) -> list[str]:
    """The stages of a system that have no weights in the folder.

    Raises:
        InputError: no such system.
    """
    return [stage for stage in known_system(name).stages if not (Path(weights) / stage / "config.json").is_file()]


def load_system(name: str, weights: Path, device: torch.device | str = "cpu", engine: EngineUse = AUTO) -> System:
    """Load the system `name` of `SYSTEMS`.

    Raises:
        InputError: no such system.
        WeightsError: weights are missing, corrupt or of another stage.
    """
    missing = missing_stages(name, weights)
    if missing:
        first = missing[0]
        raise WeightsError(
            f"the system '{name}' has no weights of {', '.join(missing)} in {weights}; train and export them with "
            f"`make weights`, or one by one: anyonenet fit --config configs/{first}/mini.yaml, then anyonenet export "
            f"runs/{first} --out {Path(weights) / first}"
        )
    import torch

    module = importlib.import_module(f"anyonenet.systems.{name}")
    system: System = module.load(Path(weights), torch.device(device), engine)
    return system

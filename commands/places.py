"""Where the program finds its weights, and which device it may use."""

from __future__ import annotations

import os
from pathlib import Path

from commands.options import Mistake


def default_weights() -> Path:
    """`$ANYONENET_WEIGHTS`, else `weights/` here or beside the installed program."""
    named = os.environ.get("ANYONENET_WEIGHTS")
    if named:
        return Path(named)
    here = Path("weights")
    return here if here.is_dir() else Path(__file__).resolve().parent.parent / "weights"


def usable_device(name: str) -> str:
    """The device if this machine has it.

    Raises:
        Mistake: it is not a device, or not there.
    """
    import torch

    try:
        device = torch.device(name)
    except RuntimeError:
        raise Mistake(f"'{name}' is not a device; choose cpu or cuda") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise Mistake("no CUDA device on this machine; leave --device away to use the CPU")
    return name

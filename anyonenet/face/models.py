"""Where the ready-made models of faces lie: inside installed packages, or in PyTorch's cache, checked by SHA-256."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from anyonenet.checksum import sha256_of
from anyonenet.errors import WeightsError


@dataclass(frozen=True)
class ModelFile:
    """A published file of weights."""

    name: str
    """in PyTorch's cache, `TORCH_HOME`/hub/checkpoints"""
    url: str
    sha256: str
    """the checksum or, as PyTorch's file names have it, how it begins"""


def dlib_model(name: str) -> str:
    """Path of a file of the `face_recognition_models` package.

    The package is found without importing it: importing needs `pkg_resources`, which newer setuptools lacks.

    Raises:
        WeightsError: the package or the file is not there.
    """
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise WeightsError(
            "the package face_recognition_models is not installed; install it with pip install face_recognition_models"
        )
    path = Path(spec.origin).parent / "models" / name
    if not path.is_file():
        raise WeightsError(
            f"{path} is missing; reinstall it with pip install --force-reinstall face_recognition_models"
        )
    return str(path)


def cached_model(file: ModelFile, purpose: str) -> Path:
    """Path of a file in PyTorch's cache, downloaded where it is not there yet.

    Args:
        file: which.
        purpose: what needs it, for the message.

    Raises:
        WeightsError: it is not there and cannot be downloaded, or it is not the published file; the line says which
            file to put where.
    """
    import torch  # seconds to import: only where a model is asked for that PyTorch loads

    folder = Path(torch.hub.get_dir()) / "checkpoints"
    path = folder / file.name
    if not path.is_file():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(file.url, str(path), progress=False)
        except (OSError, RuntimeError) as error:
            raise WeightsError(
                f"{purpose} needs {file.name}, which is not in {folder} and could not be downloaded ({error}); "
                f"fetch {file.url} on a machine with a network and put it there, or choose the backend 'dlib'"
            ) from None
    found = sha256_of(path)
    if not found.startswith(file.sha256):
        raise WeightsError(
            f"{path} is not the published file (its SHA-256 begins with {found[:10]}, expected {file.sha256[:10]}): "
            f"it is damaged or another; delete it, or fetch {file.url} again and put it there"
        )
    return path


def network_device() -> str:
    """Where face networks run: 'cuda' where there is a GPU, else 'cpu'."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"

"""Where the ready-made models of faces lie: inside installed packages, or in PyTorch's cache."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from anyonenet.errors import WeightsError


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


def cached_model(name: str, url: str, purpose: str) -> Path:
    """Path of a file in PyTorch's cache (`TORCH_HOME`/hub/checkpoints), downloaded where it is not there yet.

    Raises:
        WeightsError: it is not there and cannot be downloaded; the line says how to put it in place by hand.
    """
    import torch  # seconds to import: only where a model is asked for that PyTorch loads

    folder = Path(torch.hub.get_dir()) / "checkpoints"
    path = folder / name
    if path.is_file():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path), progress=False)
    except (OSError, RuntimeError) as error:
        raise WeightsError(
            f"{purpose} needs {name}, which is not in {folder} and could not be downloaded ({error}); "
            f"fetch {url} on a machine with a network and put it there, or choose the backend 'dlib'"
        ) from None
    return path

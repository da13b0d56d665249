"""Which stores are made of which corpus: the kinds that `anyonenet prepare` knows.

Each entry of `MAKERS` makes one recipe from the folder of the corpus, its name and the choices of the command line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from anyonenet.errors import InputError
from datamodules.prepare.recipe import Recipe


@dataclass(frozen=True)
class Choices:
    """What the user may choose for all recipes of a corpus."""

    landmarks: str = "dlib"
    """'dlib' or 'fan'"""
    embedding: str = "dlib"
    """of faces: 'dlib' or 'facenet'"""
    speaker_encoder: Path = Path("weights/speaker_encoder")
    """folder of exported weights"""
    speakers: Path | None = None
    """file of the speakers to use, one a line; None uses all"""


Maker = Callable[[Path, str, Choices], Recipe]

FOLDERS: dict[str, str | None] = {
    "vctk": "VCTK-Corpus-0.92",
    "aishell3": "AISHELL-3",
    "aidatatang": "aidatatang_200zh",
    "voxceleb2": "VoxCeleb2",
    "cnceleb": "CN-Celeb",
    "obama": "Obama",
    "videos": None,
    "speech": None,
}
"""kind -> its folder in a folder of corpora, as `anyonenet mini` names it; None: users bring their own"""

MAKERS: dict[str, tuple[Maker, ...]] = {
    "vctk": (),
    "aishell3": (),
    "aidatatang": (),
    "voxceleb2": (),
    "cnceleb": (),
    "obama": (),
    "videos": (),
    "speech": (),
}
"""kind -> what makes its recipes, in the order of the work"""


def recipes_of(kind: str, root: Path, name: str | None = None, choices: Choices | None = None) -> list[Recipe]:
    """The recipes of a corpus.

    Args:
        kind: one of `MAKERS`.
        root: the corpus, or the folder that holds it under its usual name.
        name: of the stores; None: the kind, or the folder's name where users bring their own.
        choices: None: the defaults.

    Raises:
        InputError: an unknown kind.
    """
    if kind not in MAKERS:
        raise InputError(f"unknown kind of corpus '{kind}'; known are {', '.join(MAKERS)}")
    root = Path(root)
    usual = FOLDERS[kind]
    if usual is not None and (root / usual).is_dir():
        root = root / usual
    name = name or (kind if usual is not None else root.resolve().name)
    return [maker(root, name, choices or Choices()) for maker in MAKERS[kind]]

"""Which stores are made of which corpus: the kinds that `anyonenet prepare` knows.

Each entry of `MAKERS` makes one recipe from the folder of the corpus, its name and the choices of the command line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from anyonenet.errors import InputError
from datamodules.prepare.clips import clip_reader, tracks_folder
from datamodules.prepare.face_embeddings import FaceEmbeddingRecipe, face_reader
from datamodules.prepare.face_models import FaceModels
from datamodules.prepare.landmarks import LandmarkRecipe
from datamodules.prepare.recipe import Recipe
from datamodules.prepare.speech import speech_reader
from datamodules.prepare.talking_faces import TalkingFacesRecipe
from datamodules.prepare.tts import TTSRecipe
from datamodules.prepare.voices import SpeakerMelRecipe, VoiceRecipe, voice_reader


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
    features: Path | None = None
    """folder of the stores: what face detection finds is kept there for the next stage; None keeps nothing"""


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


def _landmarks(kind: str) -> Maker:
    def make(root: Path, name: str, choices: Choices) -> Recipe:
        read = clip_reader(name, root, kind, choices.speakers)
        return LandmarkRecipe(name, read, choices.landmarks, tracks=tracks_folder(choices.features, name))

    return make


def _talking_faces(kind: str) -> Maker:
    def make(root: Path, name: str, choices: Choices) -> Recipe:
        read = clip_reader(name, root, kind, choices.speakers)
        return TalkingFacesRecipe(name, read, choices.landmarks, tracks=tracks_folder(choices.features, name))

    return make


def _face_embeddings(kind: str) -> Maker:
    def make(root: Path, name: str, choices: Choices) -> Recipe:
        read = face_reader(name, root, kind, choices.speakers)
        return FaceEmbeddingRecipe(name, read, FaceModels(choices.landmarks, choices.embedding))

    return make


def _tts(kind: str) -> Maker:
    return lambda root, name, choices: TTSRecipe(name, speech_reader(name, root, kind, choices.speakers))


def _speaker_mels(kind: str) -> Maker:
    return lambda root, name, choices: SpeakerMelRecipe(name, speech_reader(name, root, kind, choices.speakers))


def _voices(kind: str) -> Maker:
    def make(root: Path, name: str, choices: Choices) -> Recipe:
        return VoiceRecipe(name, voice_reader(name, root, kind, choices.speakers), choices.speaker_encoder)

    return make


MAKERS: dict[str, tuple[Maker, ...]] = {
    "vctk": (_tts("vctk"),),
    "aishell3": (_tts("aishell3"),),
    "aidatatang": (_speaker_mels("aidatatang"),),
    "voxceleb2": (
        _landmarks("voxceleb2"),
        _talking_faces("voxceleb2"),
        _face_embeddings("voxceleb2"),
        _voices("voxceleb2"),
    ),
    "cnceleb": (_face_embeddings("cnceleb"), _voices("cnceleb")),
    "obama": (_landmarks("obama"), _talking_faces("obama")),
    "videos": (_landmarks("videos"), _talking_faces("videos")),
    "speech": (_tts("speech"), _speaker_mels("speech")),
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

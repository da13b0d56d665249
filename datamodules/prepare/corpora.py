"""Which stores are made of which corpus: the kinds that `anyonenet prepare` knows.

Each entry of `MAKERS` makes one recipe from a corpus as the command line names it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from anyonenet.errors import InputError
from datamodules.corpora import embedded
from datamodules.prepare.clips import clip_reader, tracks_folder
from datamodules.prepare.face_embeddings import FaceEmbeddingRecipe, face_reader
from datamodules.prepare.face_models import FaceModels
from datamodules.prepare.landmarks import LandmarkRecipe
from datamodules.prepare.recipe import Recipe
from datamodules.prepare.speech import speech_reader, unopened_reader
from datamodules.prepare.talking_clips import TalkingClipsRecipe
from datamodules.prepare.talking_faces import TalkingFacesRecipe
from datamodules.prepare.tts import TTSRecipe
from datamodules.prepare.voices import SpeakerMelRecipe, VoiceRecipe, voice_reader
from datamodules.prepare.waveforms import WaveformRecipe
from datamodules.prepare.write_a_speaker import FacialMotionRecipe, motion_reader


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


class ReadOnce:
    """A reader whose records are read at the first call and shared by all recipes of a corpus; pickled without them."""

    def __init__(self, read: Callable[[], Any]):
        self._read = read
        self._found: Any = None

    def __call__(self) -> Any:
        if self._found is None:
            self._found = self._read()
        return self._found

    def __getstate__(self) -> dict[str, Any]:
        return {"_read": self._read, "_found": None}


@dataclass(frozen=True)
class Corpus:
    """A corpus as the command line names it, and its readers."""

    kind: str
    root: Path
    name: str
    """of the stores"""
    choices: Choices

    @cached_property
    def clips(self) -> ReadOnce:
        return ReadOnce(clip_reader(self.name, self.root, self.kind, self.choices.speakers))

    @cached_property
    def faces(self) -> ReadOnce:
        if self.kind != "cnceleb":
            return self.clips
        return ReadOnce(face_reader(self.name, self.root, self.kind, self.choices.speakers))

    @cached_property
    def speech(self) -> ReadOnce:
        return ReadOnce(speech_reader(self.name, self.root, self.kind, self.choices.speakers))

    @cached_property
    def tracks(self) -> Path | None:
        return tracks_folder(self.choices.features, self.name)


Maker = Callable[[Corpus], Recipe]

FOLDERS: dict[str, str | None] = {
    "vctk": "VCTK-Corpus-0.92",
    "aishell3": "AISHELL-3",
    "aidatatang": "aidatatang_200zh",
    "voxceleb2": "VoxCeleb2",
    "cnceleb": "CN-Celeb",
    "obama": "Obama",
    **embedded.FOLDERS,
    "write_a_speaker": "WriteASpeaker",
    "videos": None,
    "speech": None,
}
"""kind -> its folder in a folder of corpora, as `anyonenet mini` names it; None: users bring their own"""


def _landmarks(corpus: Corpus) -> Recipe:
    return LandmarkRecipe(corpus.name, corpus.clips, corpus.choices.landmarks, tracks=corpus.tracks)


def _talking_faces(corpus: Corpus) -> Recipe:
    return TalkingFacesRecipe(corpus.name, corpus.clips, corpus.choices.landmarks, tracks=corpus.tracks)


def _talking_clips(corpus: Corpus) -> Recipe:
    return TalkingClipsRecipe(corpus.name, corpus.clips, corpus.choices.landmarks, tracks=corpus.tracks)


def _face_embeddings(corpus: Corpus) -> Recipe:
    choices = corpus.choices
    return FaceEmbeddingRecipe(corpus.name, corpus.faces, FaceModels(choices.landmarks, choices.embedding))


def _tts(corpus: Corpus) -> Recipe:
    return TTSRecipe(corpus.name, corpus.speech)


def _waveforms(corpus: Corpus) -> Recipe:
    return WaveformRecipe(corpus.name, corpus.speech)


def _speaker_mels(corpus: Corpus) -> Recipe:
    if corpus.kind == "aidatatang":
        return SpeakerMelRecipe(corpus.name, unopened_reader(corpus.name, corpus.root, corpus.kind))
    return SpeakerMelRecipe(corpus.name, corpus.speech)


def _voices(corpus: Corpus) -> Recipe:
    choices = corpus.choices
    read = voice_reader(corpus.name, corpus.root, corpus.kind, choices.speakers)
    return VoiceRecipe(corpus.name, read, choices.speaker_encoder)


def _facial_motion(corpus: Corpus) -> Recipe:
    return FacialMotionRecipe(corpus.name, motion_reader(corpus.root))


MAKERS: dict[str, tuple[Maker, ...]] = {
    "vctk": (_tts, _waveforms),
    "aishell3": (_tts, _waveforms),
    "aidatatang": (_speaker_mels,),
    "voxceleb2": (_landmarks, _talking_faces, _talking_clips, _face_embeddings, _voices),
    "cnceleb": (_face_embeddings, _voices),
    "obama": (_landmarks, _talking_faces, _talking_clips),
    "drawn": (_talking_faces,),
    "animated": (_talking_faces,),
    "write_a_speaker": (_facial_motion,),
    "videos": (_landmarks, _talking_faces, _talking_clips),
    "speech": (_tts, _speaker_mels, _waveforms),
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
    corpus = Corpus(kind, root, name, choices or Choices())
    return [maker(corpus) for maker in MAKERS[kind]]

"""What the recipes made from videos share: which clips there are, which split each is in, where its sound begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from anyonenet.audio.files import read_audio
from anyonenet.checksum import sha256_of
from anyonenet.errors import CorpusError
from datamodules.corpora import embedded, obama, videos, voxceleb2
from datamodules.corpora.files import language_of, legible
from datamodules.corpora.manifest import Clip, hash_fraction, split_of
from datamodules.prepare.face_models import FaceModels
from datamodules.prepare.recipe import Recipe, Skip, Source

Reader = Callable[[], list[Clip]]

OFFSET_FPS = 25
"""frames a second in which VoxCeleb2 tells how far sound and picture are apart"""
SILENT = 1e-3
"""samples that never exceed this say nothing of how a face moves"""
_FEWEST_GROUPS = 3


def clip_reader(corpus: str, root: Path, kind: str | None = None, speakers: Path | None = None) -> Reader:
    """Reads the clips of a corpus.

    Args:
        corpus: its name.
        root: the corpus, or the folder that holds it under its usual name (a user's own videos: under their name).
        kind: 'obama', 'voxceleb2', 'animated', 'drawn' or 'videos'; None: as the name says, 'videos' for any other.
        speakers: file of the persons to read, of corpora that have them; None reads all.
    """
    root = Path(root)
    kind = kind or (corpus if corpus in ("obama", "voxceleb2", *embedded.FOLDERS) else "videos")
    if kind == "obama":
        return partial(obama.read_clips, root)
    if kind == "voxceleb2":
        return partial(voxceleb2.read_clips, root, speakers)
    if kind in embedded.FOLDERS:
        return partial(embedded.read_clips, root, kind)
    inside = root / corpus
    return partial(videos.read_clips, inside if inside.is_dir() else root, corpus)


class ClipRecipe(Recipe):
    """A recipe whose sources are the clips of a corpus; `Source.content` is a `Clip` with its split (None where
    persons are split when the store is read).

    Args:
        kind: folder of the stores of this stage.
        corpus: name of the corpus.
        read: its reader.
        landmarks: 'dlib' or 'fan', for videos without `.landmarks.npz`.
        tracks: folder that keeps what detection found, for the other stages; None keeps nothing.
    """

    part_sources = 16  # a clip may take minutes
    patience_seconds = 3600.0

    def __init__(self, kind: str, corpus: str, read: Reader, landmarks: str, tracks: Path | None):
        self.name = f"{kind}/{corpus}"
        self.corpus, self.read, self.tracks = corpus, read, tracks
        self.models = FaceModels(landmarks)

    def problems(self) -> list[str]:
        return self.models.problems()

    def sources(self) -> list[Source]:
        clips = self.read()
        splits = clip_splits(clips)
        return [Source(clip.id, clip.video, (clip, splits.get(clip.id))) for clip in clips]


def skip_copies(clip: Clip, skip: Skip) -> None:
    """List the videos that are not read because they hold what the clip holds."""
    for copy in clip.copies:
        skip(str(copy), f"the same video as {clip.video}", "read")


def tracks_folder(features: Path | None, corpus: str) -> Path | None:
    """Where the stages of a corpus share what detection found; it may be deleted when its stores are made."""
    return None if features is None else Path(features) / "tracks" / corpus


def fields_of(clip: Clip) -> dict[str, Any]:
    """What every row made from a clip says of it: id, corpus, person, sex, what is said in the whole of it and in which
    language (where that is known), file, SHA-256 of the file."""
    about = {"clip": clip.id, "corpus": clip.corpus, "person": clip.person, "sex": clip.sex}
    said = {"language": language_of(clip.text), "text": clip.text}
    return {**about, **said, "source": legible(clip.video.name), "sha256": sha256_of(clip.video)}


def clip_splits(clips: Sequence[Clip]) -> dict[str, str]:
    """Clip id -> 'train', 'validation' or 'test'; nothing for VoxCeleb2, whose persons are split by what is trained.

    The Obama addresses are split by the hash of the video. A user's own videos, which may be few, by the hash of the
    person, or of the clip where there are fewer than three persons; where validation or test would be empty, those of
    the smallest hashes go there.
    """
    corpora = {clip.corpus for clip in clips}
    if corpora == {"voxceleb2"}:
        return {}
    if corpora == {"obama"}:
        return {clip.id: clip.split or split_of(clip.id) for clip in clips}
    persons = {clip.person for clip in clips}
    by_person = len(persons) >= _FEWEST_GROUPS
    groups = sorted(persons if by_person else {clip.id for clip in clips}, key=hash_fraction)
    splits = {group: split_of(group) for group in groups}
    if len(groups) >= _FEWEST_GROUPS:
        free = iter(groups)
        for split in ("test", "validation"):
            if split not in splits.values():
                splits[next(group for group in free if splits[group] == "train")] = split
    return {clip.id: splits[clip.person if by_person else clip.id] for clip in clips}


def sound_offset_seconds(clip: Clip) -> float:
    """How much later in the video is the picture that belongs to a moment of the sound; 0 where nothing is noted.

    Raises:
        CorpusError: the clip's notes cannot be read.
    """
    return 0.0 if clip.notes is None else voxceleb2.read_notes(clip.notes).offset_frames / OFFSET_FPS


def read_sound(audio: Path, sample_rate: int) -> np.ndarray:
    """`(samples,)` float32 of a clip's sound.

    Raises:
        CorpusError: it is silent, or holds values that are not numbers.
        InputError: it cannot be read.
    """
    samples = read_audio(audio, sample_rate)
    if not np.isfinite(samples).all():
        raise CorpusError(f"{audio}: the sound holds values that are not numbers")
    if max(samples.max(), -samples.min()) < SILENT:
        raise CorpusError(f"{audio}: the sound is silent")
    return samples

"""VoxCeleb2: face crops at 25 frames a second (`{dev,test}/mp4/idXXXXX/<video>/00001.mp4`), sound apart (`aac`, m4a).

`txt/…/00001.txt` beside them holds a clip's notes (`read_notes`). `vox2_meta.csv` (columns with stray spaces:
VoxCeleb2 ID, VGGFace2 ID, Gender, Set) tells each person's sex. The test archives unpack to `mp4` and `aac` without a
folder `test`; that is read too. `00001.landmarks.npz` beside a video is used instead of detection (see
`datamodules.corpora.obama`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anyonenet.errors import CorpusError, InputError
from datamodules.corpora.files import find_files, folder_of, read_text, sex_of
from datamodules.corpora.manifest import Clip, Utterance
from datamodules.corpora.subset import of_speakers

FOLDER = "VoxCeleb2"
"""name of the corpus inside the folder of the corpora"""
_PARTS = (("dev", "dev"), ("test", "test"), ("", "test"))
"""folder, and the set it holds"""
_SOUNDS = (("aac", ".m4a"), ("wav", ".wav"), ("aac", ".wav"), ("aac", ".flac"))
"""where the sound of a video may lie: as it comes, and as people convert it"""


@dataclass(frozen=True)
class Notes:
    """What VoxCeleb2's makers noted of a clip."""

    offset_frames: int
    """the picture that belongs to the sound of frame k is frame k + offset (25 a second; by SyncNet); the clips as
    published are not corrected"""
    face_confidence: float
    """that the face is the person's (face verification), the higher the surer"""
    speaking_confidence: float
    """that the face speaks (active speaker detection by SyncNet), the higher the surer"""
    frames: np.ndarray
    """`(F,)` int64: numbers of the clip's frames in the video that it was cut from"""
    boxes: np.ndarray
    """`(F, 4)` float32: x, y, width, height of the face in that video, as shares of its width and height"""


def read_clips(root: Path, speakers: Path | None = None) -> list[Clip]:
    """All videos with their sound, by person, video and number.

    Args:
        root: the corpus (it holds `dev` or `test`), or the folder of the corpora that has it as `VoxCeleb2`.
        speakers: list of the persons to read (the paper uses a part of them); None reads all.

    Raises:
        CorpusError: no such folder, no video in it, or a person of the list is missing.
    """
    folder = folder_of(Path(root), [FOLDER])
    sexes = read_sexes(folder)
    clips = []
    for part, role, video in _files(folder, "mp4", {".mp4"}):
        person, video_id = video.parts[-3], video.parts[-2]
        below = Path(person, video_id, video.stem)
        sounds = (path for kind, suffix in _SOUNDS if (path := part / kind / f"{below}{suffix}").is_file())
        landmarks, notes = video.with_suffix(".landmarks.npz"), part / "txt" / f"{below}.txt"
        clips.append(
            Clip(
                id=below.as_posix(),
                corpus="voxceleb2",
                person=person,
                video=video,
                audio=next(sounds, video),
                landmarks=landmarks if landmarks.is_file() else None,
                sex=sexes.get(person),
                split="test" if role == "test" else None,
                notes=notes if notes.is_file() else None,
            )
        )
    if not clips:
        raise CorpusError(f"no video dev/mp4/id*/*/*.mp4 in {folder}; unpack VoxCeleb2's mp4 archives there")
    return of_speakers(clips, lambda item: item.person, speakers)


def read_utterances(root: Path, speakers: Path | None = None) -> list[Utterance]:
    """All recordings of `aac` (or `wav`), by person, video and number; arguments and errors as for `read_clips`."""
    folder = folder_of(Path(root), [FOLDER])
    sexes = read_sexes(folder)
    utterances: dict[str, Utterance] = {}
    for kind, suffix in _SOUNDS:
        for _, _, sound in _files(folder, kind, {suffix}):
            person, name = sound.parts[-3], "/".join((*sound.parts[-3:-1], sound.stem))
            utterances.setdefault(name, Utterance(name, "voxceleb2", person, sound, sex=sexes.get(person)))
    if not utterances:
        raise CorpusError(f"no sound dev/aac/id*/*/*.m4a in {folder}; unpack VoxCeleb2's aac archives there")
    return of_speakers(list(utterances.values()), lambda item: item.speaker, speakers)


def read_notes(path: Path) -> Notes:
    """The notes of a clip: lines `Offset : n`, `FV Conf : x (1)`, `ASD Conf : x`, then rows `FRAME X Y W H`.

    Raises:
        CorpusError: the file cannot be read, or lacks one of these.
    """
    try:
        lines = read_text(path).splitlines()
        said = {key.strip(): value.split() for key, _, value in (line.partition(":") for line in lines) if value}
        rows = [line.split() for line in lines if line[:1].isdigit()]
        numbers = np.array([[float(cell) for cell in row[:5]] for row in rows], dtype=np.float64).reshape(-1, 5)
        return Notes(
            int(said["Offset"][0]),
            float(said["FV Conf"][0]),
            float(said["ASD Conf"][0]),
            numbers[:, 0].astype(np.int64),
            numbers[:, 1:].astype(np.float32),
        )
    except (InputError, KeyError, IndexError, ValueError) as error:
        raise CorpusError(f"{path} is not a clip's notes as VoxCeleb2 has them ({error}); fetch it again") from None


def read_sexes(folder: Path) -> dict[str, str]:
    """Person -> 'f' or 'm' from `vox2_meta.csv`, empty where the file is not there.

    Raises:
        CorpusError: the file has no column of ids or sexes.
    """
    path = Path(folder) / "vox2_meta.csv"
    if not path.is_file():
        return {}
    text = read_text(path)
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    header = rows[0] if rows else []
    if "VoxCeleb2 ID" not in header or "Gender" not in header:
        raise CorpusError(f"{path} lacks the columns 'VoxCeleb2 ID' and 'Gender'; fetch VoxCeleb2's own vox2_meta.csv")
    person, sex = header.index("VoxCeleb2 ID"), header.index("Gender")
    told = ((row[person], sex_of(row[sex])) for row in rows[1:] if len(row) > max(person, sex))
    return {name: one for name, one in told if one}


def _files(folder: Path, kind: str, suffixes: set[str]) -> Iterator[tuple[Path, str, Path]]:
    """Part, set and path of all files `<part>/<kind>/<person>/<video>/<number>.<suffix>`, sorted in each part."""
    for name, role in _PARTS:
        base = folder / name / kind
        if base.is_dir():
            deep = len(base.parts) + 3
            yield from ((folder / name, role, path) for path in find_files(base, suffixes) if len(path.parts) == deep)

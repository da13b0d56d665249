"""CN-Celeb 1 and 2 (Mandarin speakers) with the AnyoneNet paper's face pictures.

`CN-Celeb_flac/data/id00000/<genre>-<session>-<number>.flac` and `CN-Celeb2_flac/data/…`; what `CN-Celeb_flac/eval`
holds is made of the same recordings and is not read. The paper (section IV-A) adds pictures of 313 of the persons:
`faces/id00000/*.jpg`. An optional `faces/sex.csv` (`person,sex`) tells sexes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import soundfile

from anyonenet.errors import CorpusError
from datamodules.corpora.files import PICTURES, find_files, folder_of, names_of, read_text, sex_of
from datamodules.corpora.manifest import Picture, Utterance
from datamodules.corpora.subset import of_speakers

FOLDER = "CN-Celeb"
"""name of the corpus inside the folder of the corpora"""
_PARTS = ("CN-Celeb_flac", "CN-Celeb2_flac", "CN-Celeb", "CN-Celeb2")
SHORT_SECONDS = 2.0
"""recordings shorter than this are joined with their neighbours: alone they hardly tell a voice"""


def read_utterances(root: Path, speakers: Path | None = None) -> list[Utterance]:
    """All recordings of `data`, by person and name.

    A recording shorter than `SHORT_SECONDS` is joined with the next ones of its person, genre and session until they
    reach that length; its id is the first one's with `+` and the number of the others.

    Args:
        root: the folder that holds `CN-Celeb_flac`, `CN-Celeb2_flac` or both, or the folder of the corpora that has it
            as `CN-Celeb`.
        speakers: list of the persons to read; None reads all.

    Raises:
        CorpusError: no recording there, or a person of the list is missing.
    """
    folder = folder_of(Path(root), [FOLDER])
    sexes = read_sexes(folder)
    parts = [data for name in _PARTS if (data := folder / name / "data").is_dir()] or [folder / "data"]
    sounds = [path for part in parts if part.is_dir() for path in find_files(part, {".flac", ".wav"})]
    if not sounds:
        raise CorpusError(f"no recording CN-Celeb_flac/data/id*/*.flac in {folder}; unpack CN-Celeb there")
    utterances = []
    for (person, _), session in groupby(sounds, _session):
        for paths in _joined(list(session)):
            name = f"{person}/{paths[0].stem}" + (f"+{len(paths) - 1}" if len(paths) > 1 else "")
            audio = paths[0] if len(paths) == 1 else tuple(paths)
            utterances.append(Utterance(name, "cnceleb", person, audio, "zh", sex=sexes.get(person)))
    return of_speakers(utterances, lambda item: item.speaker, speakers)


def read_pictures(root: Path, speakers: Path | None = None) -> list[Picture]:
    """All face pictures, by person and name; `root` and errors as for `read_utterances`."""
    folder = folder_of(Path(root), [FOLDER])
    sexes = read_sexes(folder)
    faces = folder / "faces"
    found = find_files(faces, PICTURES) if faces.is_dir() else []
    images = [path for path in found if path.parent.parent == faces]
    if not images:
        raise CorpusError(f"no picture faces/id*/*.jpg in {folder}; put one folder of pictures a person there")
    names = names_of(images, faces)
    pictures = [
        Picture(name, "cnceleb", path.parent.name, path, sexes.get(path.parent.name))
        for name, path in zip(names, images, strict=True)
    ]
    return of_speakers(pictures, lambda item: item.person, speakers)


def read_sexes(folder: Path) -> dict[str, str]:
    """Person -> 'f' or 'm' from `faces/sex.csv`, empty where the file is not there.

    Raises:
        CorpusError: the file has other columns.
    """
    path = Path(folder) / "faces" / "sex.csv"
    if not path.is_file():
        return {}
    table = csv.DictReader(io.StringIO(read_text(path)))
    if not {"person", "sex"} <= set(table.fieldnames or ()):
        raise CorpusError(f"{path} has the columns {table.fieldnames}; expected person and sex")
    return {row["person"]: sex for row in table if (sex := sex_of(row["sex"]))}


def _session(path: Path) -> tuple[str, str]:
    """Person, and genre with session: the name without its last number."""
    return path.parent.name, path.stem.rpartition("-")[0]


def _joined(paths: Sequence[Path]) -> list[list[Path]]:
    """A session's recordings, short ones together; what is left short at the end goes to the last group before."""
    groups: list[list[Path]] = []
    short: list[Path] = []
    length = 0.0
    for path in paths:
        seconds = _seconds(path)
        if seconds >= SHORT_SECONDS:
            groups.append([path])
            continue
        short.append(path)
        length += seconds
        if length >= SHORT_SECONDS:
            groups.append(short)
            short, length = [], 0.0
    if short and groups:
        groups[-1] = [*groups[-1], *short]
    elif short:
        groups.append(short)
    return groups


def _seconds(path: Path) -> float:
    """Length of a recording; infinite where it is certainly long or cannot be told (the work will list it).

    The header is only read of files so small that they may be short: FLAC never needs more than plain samples do.
    """
    if path.stat().st_size > SHORT_SECONDS * _PLAIN_BYTES_A_SECOND + _HEADER_BYTES:
        return float("inf")
    try:
        return float(soundfile.info(path).duration)
    except soundfile.LibsndfileError:
        return float("inf")


_PLAIN_BYTES_A_SECOND = 32000
_HEADER_BYTES = 32768

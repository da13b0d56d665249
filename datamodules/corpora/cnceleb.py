"""CN-Celeb (Mandarin speakers) with the AnyoneNet paper's face pictures.

`CN-Celeb_flac/{data/id00000/*.flac, dev/dev.lst, eval/{enroll,test,lists}}`; the paper (section IV-A) adds pictures of
313 of the persons: `faces/id00000/*.jpg`. An optional `faces/sex.csv` (`person,sex`) tells sexes.
"""

from __future__ import annotations

import csv
from pathlib import Path

from anyonenet.errors import CorpusError
from datamodules.corpora.manifest import Picture, Utterance

FOLDER = "CN-Celeb"
"""name of the corpus inside the folder of the corpora"""
PICTURES = (".jpg", ".jpeg", ".png")


def read_utterances(root: Path) -> list[Utterance]:
    """All recordings of `data`, by person and name.

    Args:
        root: the folder that holds `CN-Celeb_flac`, or the folder of the corpora that has it as `CN-Celeb`.

    Raises:
        CorpusError: no recording there.
    """
    folder = _folder(root)
    sexes = read_sexes(folder)
    sounds = [
        s for base in ("CN-Celeb_flac", "CN-Celeb2_flac") for s in sorted((folder / base / "data").glob("id*/*.flac"))
    ]
    if not sounds:
        raise CorpusError(f"no recording CN-Celeb_flac/data/id*/*.flac in {folder}; unpack CN-Celeb there")
    return [
        Utterance(f"{s.parent.name}/{s.stem}", "cnceleb", s.parent.name, s, language="zh", sex=sexes.get(s.parent.name))
        for s in sounds
    ]


def read_pictures(root: Path) -> list[Picture]:
    """All face pictures, by person and name; raises CorpusError where there is none."""
    folder = _folder(root)
    sexes = read_sexes(folder)
    images = sorted(p for p in (folder / "faces").glob("id*/*") if p.suffix.lower() in PICTURES and p.name[0] != ".")
    if not images:
        raise CorpusError(f"no picture faces/id*/*.jpg in {folder}; put one folder of pictures a person there")
    return [Picture(f"{p.parent.name}/{p.stem}", "cnceleb", p.parent.name, p, sexes.get(p.parent.name)) for p in images]


def read_sexes(folder: Path) -> dict[str, str]:
    """Person -> 'f' or 'm' from `faces/sex.csv`, empty where the file is not there."""
    path = Path(folder) / "faces" / "sex.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["person"]: row["sex"] for row in csv.DictReader(file) if row.get("sex") in ("f", "m")}


def _folder(root: Path) -> Path:
    root = Path(root)
    inside = root / FOLDER
    folder = inside if inside.is_dir() else root
    if not folder.is_dir():
        raise CorpusError(f"no folder {inside}; give the folder of the corpora or the one that holds CN-Celeb_flac")
    return folder

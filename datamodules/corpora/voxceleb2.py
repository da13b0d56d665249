"""VoxCeleb2: face crops at 25 frames a second (`{dev,test}/mp4/idXXXXX/<video>/00001.mp4`), sound apart (`aac`, m4a).

`vox2_meta.csv` (columns with stray spaces: VoxCeleb2 ID, VGGFace2 ID, Gender, Set) tells each person's sex.
`00001.landmarks.npz` beside a video is used instead of detection (see `datamodules.corpora.obama`).
"""

from __future__ import annotations

import csv
from pathlib import Path

from anyonenet.errors import CorpusError
from datamodules.corpora.manifest import Clip, Utterance

FOLDER = "VoxCeleb2"
"""name of the corpus inside the folder of the corpora"""


def read_clips(root: Path) -> list[Clip]:
    """All videos with their sound, by person, video and number.

    Args:
        root: the corpus (it holds `dev` or `test`), or the folder of the corpora that has it as `VoxCeleb2`.

    Raises:
        CorpusError: no such folder, or no video in it.
    """
    folder = _folder(root)
    sexes = read_sexes(folder)
    clips = []
    for part in ("dev", "test"):
        base = folder / part / "mp4"
        for video in sorted(base.glob("id*/*/*.mp4")):
            person, video_id = video.parts[-3], video.parts[-2]
            sound = folder / part / "aac" / person / video_id / f"{video.stem}.m4a"
            landmarks = video.with_suffix(".landmarks.npz")
            clips.append(
                Clip(
                    id=f"{person}/{video_id}/{video.stem}",
                    corpus="voxceleb2",
                    person=person,
                    video=video,
                    audio=sound if sound.is_file() else video,
                    landmarks=landmarks if landmarks.is_file() else None,
                    sex=sexes.get(person),
                    split="test" if part == "test" else None,
                )
            )
    if not clips:
        raise CorpusError(f"no video dev/mp4/id*/*/*.mp4 in {folder}; unpack VoxCeleb2's mp4 archives there")
    return clips


def read_utterances(root: Path) -> list[Utterance]:
    """All recordings of `aac`, by person, video and number; raises CorpusError where there is none."""
    folder = _folder(root)
    sexes = read_sexes(folder)
    utterances = []
    for part in ("dev", "test"):
        for sound in sorted((folder / part / "aac").glob("id*/*/*.m4a")):
            person, video_id = sound.parts[-3], sound.parts[-2]
            name = f"{person}/{video_id}/{sound.stem}"
            utterances.append(Utterance(name, "voxceleb2", person, sound, sex=sexes.get(person)))
    if not utterances:
        raise CorpusError(f"no sound dev/aac/id*/*/*.m4a in {folder}; unpack VoxCeleb2's aac archives there")
    return utterances


def read_sexes(folder: Path) -> dict[str, str]:
    """Person -> 'f' or 'm' from `vox2_meta.csv`, empty where the file is not there.

    Raises:
        CorpusError: the file has no column of ids or sexes.
    """
    path = Path(folder) / "vox2_meta.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    header = rows[0] if rows else []
    if "VoxCeleb2 ID" not in header or "Gender" not in header:
        raise CorpusError(f"{path} lacks the columns 'VoxCeleb2 ID' and 'Gender'; fetch VoxCeleb2's own vox2_meta.csv")
    person, sex = header.index("VoxCeleb2 ID"), header.index("Gender")
    return {row[person]: row[sex] for row in rows[1:] if len(row) > max(person, sex) and row[sex] in ("f", "m")}


def _folder(root: Path) -> Path:
    root = Path(root)
    inside = root / FOLDER
    folder = inside if inside.is_dir() else root
    if not folder.is_dir():
        raise CorpusError(f"no folder {inside}; give the folder of the corpora or of VoxCeleb2 itself")
    return folder

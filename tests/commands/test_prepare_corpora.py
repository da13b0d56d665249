"""All eight kinds from embedded corpora with the real ones' defects to stores, by the program's own line."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from commands.__main__ import main
from datamodules.mini import speech, videos
from datamodules.mini.build import NAMES, build
from datamodules.prepare import corpus as module
from datamodules.prepare.face_embeddings import FaceEmbeddingRecipe
from datamodules.store import Store
from tests import defects, defects_faces

STORES = {
    "vctk": ["tts", "vocoder"],
    "aishell3": ["tts", "vocoder"],
    "aidatatang": ["speaker_verification"],
    "voxceleb2": [
        "landmarks",
        "talking_faces",
        "talking_clips",
        "face_voice/voxceleb2/faces",
        "face_voice/voxceleb2/voices",
    ],  # fmt: skip
    "cnceleb": ["face_voice/cnceleb/faces", "face_voice/cnceleb/voices"],
    "obama": ["landmarks", "talking_faces", "talking_clips"],
    "videos": ["landmarks", "talking_faces", "talking_clips"],
    "speech": ["tts", "speaker_verification", "vocoder"],
}
FIELDS = {
    "tts": {"speaker", "sex", "language", "text", "phonemes", "seconds", "split", "source", "sha256"},
    "vocoder": {"speaker", "sex", "language", "text", "phonemes", "seconds", "split", "source", "sha256"},
    "speaker_verification": {"speaker", "sex", "language", "seconds", "split", "source", "sha256"},
    "landmarks": {"person", "sex", "language", "text", "seconds", "split", "source", "sha256"},
    "talking_faces": {"person", "sex", "source", "sha256"},
    "talking_clips": {"person", "sex", "language", "text", "begin", "seconds", "source", "sha256"},
    "face_voice": {"person", "sex", "split", "source", "sha256"},
}
"""what the rows of each stage's stores say at least"""


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A few seconds of each corpus with sound, without defects; and as few pictures as will do."""
    folder = tmp_path_factory.mktemp("mini")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(videos.COUNTS, "small", videos.Counts(1, 1, 3, 1, 2, 1, 0))
        for kind in speech.SIZES:
            patch.setitem(speech.SIZES[kind], "small", (3, 3))
        patch.setattr(module, "prepare_store", functools.partial(in_this_process, module.prepare_store))
        patch.setattr(FaceEmbeddingRecipe.__init__, "__defaults__", (4, 0, 0))
        others = [name for name in NAMES if name not in ("drawn", "animated", "write_a_speaker")]
        build(folder, "small", corpora=others, workers=1, progress=False)
        yield folder


def in_this_process(prepare, *arguments, workers: int, **how):
    """As `prepare_store`, without the time that processes take to start."""
    return prepare(*arguments, workers=0, **how)


def planted(kind: str, embedded: Path, root: Path) -> tuple[Path, defects.Planted]:
    """A corpus with its defects in `root`, and what a preparation must list."""
    if kind == "speech":
        return root / "LibriSpeech", defects.librispeech(embedded / "VCTK-Corpus-0.92", root / "LibriSpeech")
    if kind == "videos":
        return root / "clips", defects_faces.videos(embedded / "Obama", root / "clips")
    folder, plant = {**defects.SPEECH, **defects_faces.FACES}[kind]
    shutil.copytree(embedded / folder, root / folder)
    return root / folder, plant(root / folder)


@pytest.mark.parametrize("kind", STORES)
def test_what_can_be_used_is_used_and_the_rest_listed(kind: str, embedded: Path, tmp_path: Path, capsys) -> None:
    root, listed = planted(kind, embedded, tmp_path / "corpora")
    line = ["prepare", kind, "--root", str(root), "--out", str(tmp_path / "out"), "--name", kind]
    assert main([*line, "--dry-run"]) == 0 and not (tmp_path / "out").exists()
    assert main(line) == 1  # of so few each is much
    assert "are lost, more than 2.0%" in capsys.readouterr().err
    assert main([*line, "--max-skipped", "90"]) == 0
    told = capsys.readouterr()
    assert "Traceback" not in told.err and f"{len(STORES[kind])} feature stores of {kind}" in told.out
    for name in STORES[kind]:
        store = Store(tmp_path / "out" / name) if "/" in name else Store(tmp_path / "out" / name / kind)
        store.verify()
        check_listed(store, listed.get("tts" if name == "vocoder" else name, {}))
        rows = store.manifest
        assert FIELDS[name.partition("/")[0]] <= set(rows), name
        assert all(len(digest) == 64 for digest in rows["sha256"])
        assert all(np.isfinite(store.array(array, 0)).all() for array in store._arrays)
        CHECKS.get((kind, name.partition("/")[0]), lambda rows: None)(rows)


def check_listed(store: Store, expected: defects.Listed) -> None:
    """`skipped.csv` has these files for these reasons, and no other."""
    rows = pd.read_csv(store.folder / "skipped.csv")
    assert len(rows) == len(expected), rows.values.tolist()
    for path, reason in expected.items():
        (row,) = (row for row in rows.itertuples() if row.path.endswith(path))
        assert reason in row.reason, (path, row.reason)


def check_vctk(rows: pd.DataFrame) -> None:
    assert set(rows["speaker"]) == {"p225", "s5"} and set(rows["sex"]) == {"f", "m"}
    assert rows["source"].iloc[:2].tolist() == ["p225_001_mic2.flac", "p225_002_mic1.flac"]
    assert rows["text"].iloc[0].startswith("It’s ")


def check_aishell3(rows: pd.DataFrame) -> None:
    odd = rows.iloc[0]
    assert odd["text"] == "玩儿绿色的,女儿画儿."
    assert "zh_r" not in odd["phonemes"].split()[0] and odd["phonemes"].count("zh_ü4") == 1
    assert len(rows) == 7 and set(rows["speaker"]) == {"SSB0005", "SSB0012", "SSB0019"}


def check_aidatatang(rows: pd.DataFrame) -> None:
    assert rows.groupby("speaker").size().to_dict() == {"G0013": 3, "G0019": 3}


def check_voxceleb2(rows: pd.DataFrame) -> None:
    assert set(rows["person"]) == {"id00000", "id90001", "id90002", "id90005"}
    assert set(rows["split"]) == {"train"}  # of other voices and faces than the addresses, which are tested on


def check_cnceleb(rows: pd.DataFrame) -> None:
    assert set(rows["person"]) == {"id00000", "id00001", "id00002"} and set(rows["sex"]) == {"f", "m"}
    if "seconds" in rows:
        joined = rows[rows["id"].str.contains(r"\+")]
        assert len(joined) and joined["seconds"].min() >= 2.0


def check_obama(rows: pd.DataFrame) -> None:
    assert {"ntsc", "changing"} <= set(rows["clip"]) and set(rows["person"]) == {"obama"}
    assert rows["seconds"].max() == 3.0 and rows.groupby("clip")["split"].nunique().max() == 1


def check_videos(rows: pd.DataFrame) -> None:
    assert set(rows["person"]) == {"anna", "王 小明"}
    anna = rows[rows["person"] == "anna"].iloc[0]
    assert (anna["text"], anna["language"], anna["source"]) == ("早上好。", "zh", "first clip.MP4")


def check_speech(rows: pd.DataFrame) -> None:
    assert set(rows["speaker"]) == {"84", "85", "86"} and set(rows["sex"]) == {"f", "m"}
    if "text" in rows:
        assert not rows["text"].str.isupper().any()


CHECKS = {
    ("vctk", "tts"): check_vctk,
    ("aishell3", "tts"): check_aishell3,
    ("aidatatang", "speaker_verification"): check_aidatatang,
    ("voxceleb2", "landmarks"): check_voxceleb2,
    ("cnceleb", "face_voice"): check_cnceleb,
    ("obama", "landmarks"): check_obama,
    ("videos", "landmarks"): check_videos,
    ("speech", "tts"): check_speech,
    ("speech", "speaker_verification"): check_speech,
}
"""kind and stage -> what its rows must show of the defects that were mended"""

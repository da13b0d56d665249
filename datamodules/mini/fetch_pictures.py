"""Pictures of faces out of packages that are not installed: `python -m datamodules.mini.fetch_pictures DIR`.

The packages come through the package managers' own programs (pip, npm); nothing is installed. What they bring
is for `anyonenet mini --pictures DIR`.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from anyonenet.checksum import sha256_of
from anyonenet.errors import AnyoneNetError, InputError


@dataclass(frozen=True)
class Package:
    """A package and the pictures wanted of it."""

    manager: str
    """'pip' (its source archive) or 'npm'"""
    name: str
    version: str
    folder: str
    """of the pictures, inside the package"""
    pictures: str
    """their names, separated by spaces"""
    licence: str
    shows: str


PACKAGES = (
    Package(
        "pip", "face_recognition", "1.3.0", "tests/test_images", "biden.jpg obama.jpg obama2.jpg obama3.jpg",
        "photographs of the US government: public domain", "two men in office",
    ),
    Package(
        "npm", "@vladmandic/face-api", "1.7.15", "demo",
        "sample1.jpg sample2.jpg sample3.jpg sample4.jpg sample5.jpg sample6.jpg",
        "MIT; photographs by the package's author, as its README says", "groups of women",
    ),
)  # fmt: skip
"""only such as say where their pictures are from"""


def fetch(out: Path, packages: tuple[Package, ...] = PACKAGES, progress: bool = True) -> list[str]:
    """Fetch the pictures, each package into a folder of its own, with `pictures.csv`: where each is from.

    Args:
        out: folder, made if missing.
        packages: what to fetch.
        progress: show a bar.

    Returns:
        what could not be had and why, one line a package; the others are there.
    """
    out.mkdir(parents=True, exist_ok=True)
    rows, problems = [], []
    for package in tqdm(packages, desc="packages", disable=not progress):
        try:
            with tempfile.TemporaryDirectory() as scratch:
                found = sorted(_unpacked(package, _DOWNLOADS[package.manager](package, Path(scratch)), out))
        except AnyoneNetError as error:
            problems.append(f"{package.name}: {error}")
            continue
        where = package.manager, package.name, package.version
        rows += [(*where, path.relative_to(out).as_posix(), sha256_of(path), package.licence) for path in found]
    with (out / "pictures.csv").open("w", encoding="utf-8", newline="") as file:
        head = ("manager", "package", "version", "picture", "sha256", "licence")
        csv.writer(file, lineterminator="\n").writerows([head, *rows])
    return problems


def _unpacked(package: Package, archive: Path, out: Path) -> Iterator[Path]:
    """Write the wanted pictures of an archive; yields their paths."""
    folder = out / f"{package.name.strip('@').replace('/', '-')}-{package.version}"
    wanted = {f"{package.folder}/{name}": name for name in package.pictures.split()}
    with tarfile.open(archive) as files:
        for member in files:
            inside = member.name.removeprefix("./").partition("/")[2]  # below the archive's one folder
            name = wanted.pop(inside, None)
            content = files.extractfile(member) if name else None
            if name is None or content is None:
                continue
            folder.mkdir(exist_ok=True)
            target = folder / name.replace("/", "-").replace("+", "-")
            target.write_bytes(content.read())
            yield target
    if wanted:
        raise InputError(f"{len(wanted)} pictures are not in it, {next(iter(wanted))} for one; another version?")


def _from_pip(package: Package, folder: Path) -> Path:
    line = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
    _run([*line, "--dest", ".", f"{package.name}=={package.version}"], folder)
    return _only(folder, "*.tar.gz")


def _from_npm(package: Package, folder: Path) -> Path:
    _run(["npm", "pack", "--silent", f"{package.name}@{package.version}"], folder)
    return _only(folder, "*.tgz")


_DOWNLOADS: dict[str, Callable[[Package, Path], Path]] = {"pip": _from_pip, "npm": _from_npm}


def _run(line: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(line, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    except FileNotFoundError:
        raise InputError(f"there is no {line[0]} here to fetch it with") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise InputError(f"{' '.join(line[:2])} failed ({said[-1] if said else done.returncode})")


def _only(folder: Path, pattern: str) -> Path:
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise InputError(f"expected one {pattern}, found {len(found)}")
    return found[0]


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m datamodules.mini.fetch_pictures DIR")
    lines = fetch(Path(sys.argv[1]))
    print(*lines, sep="\n", file=sys.stderr)
    sys.exit(1 if lines else 0)

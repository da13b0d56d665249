"""Build the embedded corpora: six in the layouts of real ones, from nothing but a seed, one of facial motion, and two
for pictures alone."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyonenet.errors import CorpusError, InputError
from datamodules.mini.animated import write_animated
from datamodules.mini.drawn import write_drawn
from datamodules.mini.pictures import packaged_pictures, pictures_in
from datamodules.mini.speech import write_aidatatang, write_aishell3, write_vctk
from datamodules.mini.videos import write_cnceleb, write_obama, write_voxceleb2
from datamodules.mini.workers import Workers
from datamodules.mini.write_a_speaker import write_write_a_speaker

VERSION = 3
"""of the corpora's bytes: changes when the same seed would give others"""
SIZES = ("full", "small")

_README = """\
Embedded corpora of AnyoneNet: SYNTHETIC, for development, demonstration and tests.

Nobody here exists, but for the faces in `Animated`: voices are espeak-ng's, reshaped; faces are drawn by code; mouths,
heads and lids move by rule. `Animated` holds photographs and paintings, from installed packages or the builder's own
folder (pictures.csv names them), which say and do what they never did. It and `Drawn` are silent clips, for the image
translation alone. `WriteASpeaker` holds speech with the motion of a face that nobody filmed: blendshapes and head
poses of two actresses in four emotions, acted by rule. The other folders have the layouts of VCTK 0.92, AISHELL-3,
aidatatang_200zh, VoxCeleb2, CN-Celeb (with face pictures) and a folder of weekly addresses ("Obama"; the person in it
is drawn too and resembles nobody). Results for papers need the real corpora. Beside each video NAME.mp4 stands its
exact truth NAME.landmarks.npz: landmarks (F, 68, 3) float32 in pixels, quaternions (F, 4) (w, x, y, z), fps.

mini.json tells size, seed, version and counts. Made by `anyonenet mini`; the same seed gives the same files.
"""


@dataclass(frozen=True)
class _Corpus:
    folder: str
    write: Callable[[Path, str, int, Workers, bool], Any]
    """(folder, size, seed, workers, progress) -> seconds of speech, or a dict of counts"""
    medium: str = "speech"


_CORPORA = {
    "vctk": _Corpus("VCTK-Corpus-0.92", write_vctk),
    "aishell3": _Corpus("AISHELL-3", write_aishell3),
    "aidatatang": _Corpus("aidatatang_200zh", write_aidatatang),
    "cnceleb": _Corpus("CN-Celeb", write_cnceleb),
    "voxceleb2": _Corpus("VoxCeleb2", write_voxceleb2),
    "obama": _Corpus("Obama", write_obama),
    "drawn": _Corpus("Drawn", write_drawn, "video"),
    "write_a_speaker": _Corpus("WriteASpeaker", write_write_a_speaker),
}
_ANIMATED = "animated"
NAMES = (*_CORPORA, _ANIMATED)


def build(
    root: str | Path,
    size: str = "full",
    seed: int = 0,
    corpora: Sequence[str] | None = None,
    workers: int | None = None,
    progress: bool = True,
    pictures: str | Path | None = None,
) -> dict[str, Any]:
    """Build the embedded corpora in `root`, each corpus in its own folder.

    A corpus appears under its name only when it is complete; calling again builds what is missing and leaves the rest.
    The same size and seed (and, of the animated pictures, the same pictures) give the same bytes.

    Args:
        root: folder for the corpora, made if missing.
        size: 'full' (trains the default weights; minutes) or 'small' (for tests; seconds).
        seed: of everything that is drawn.
        corpora: which ones, of `NAMES`; None: all.
        workers: processes; None: one a core.
        progress: show progress bars.
        pictures: folder of the user's own pictures, to be animated beside those that installed packages carry.

    Returns:
        What `mini.json` holds: `size`, `seed`, `version` and `corpora` (folder -> counts and minutes of speech).

    Raises:
        InputError: an unknown size or corpus, no pictures in their folder, or `root` cannot be made or written to.
        AnyoneNetError: the processes cannot start, or one was ended from outside.
        CorpusError: `root` holds corpora of another size, seed or version, or a folder of a corpus's name that is not
            ours, or animated pictures of others than these; or no face in the pictures can be used.
    """
    if size not in SIZES:
        raise InputError(f"unknown size '{size}' of the embedded corpora; choose {' or '.join(SIZES)}")
    chosen = list(NAMES) if corpora is None else list(corpora)
    for name in chosen:
        if name not in NAMES:
            raise InputError(f"unknown embedded corpus '{name}'; choose from {', '.join(NAMES)}")
    known = {**_CORPORA, **({_ANIMATED: _animated(pictures)} if _ANIMATED in chosen else {})}
    root = Path(root)
    _prepare(root)
    record = _record(root, size, seed)
    (root / "README.txt").write_text(_README, encoding="utf-8")
    missing = [known[name] for name in chosen if not _complete(root / known[name].folder, record)]
    if pictures is not None and _ANIMATED in chosen and known[_ANIMATED] not in missing:
        raise CorpusError(
            f"{root / known[_ANIMATED].folder} is there already, made of the pictures given then; delete it to "
            "have it built anew, or choose another folder"
        )
    with Workers(workers if missing else 1) as processes:
        for corpus in missing:
            folder = root / corpus.folder
            record["corpora"][corpus.folder] = _build_one(corpus, folder, size, seed, processes, progress)
            _write_record(root, record)
    return record


def _animated(pictures: str | Path | None) -> _Corpus:
    files = packaged_pictures() + ([] if pictures is None else pictures_in(Path(pictures)))
    return _Corpus("Animated", lambda root, size, seed, *rest: write_animated(root, files, size, seed, *rest), "video")


def _complete(folder: Path, record: dict[str, Any]) -> bool:
    """Whether the corpus is there and ours; a folder that is not ours is refused."""
    if folder.name in record["corpora"] and folder.is_dir():
        return True
    if folder.exists():
        raise CorpusError(f"{folder} is there already and was not made by this; move it or choose another folder")
    return False


def _build_one(corpus: _Corpus, folder: Path, size: str, seed: int, workers: Workers, progress: bool) -> dict[str, Any]:
    part = folder.with_name(f".{folder.name}.part")  # what an interrupted call left is started over
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    started = time.monotonic()
    told = corpus.write(part, size, seed, workers, progress)
    counts = dict(told) if isinstance(told, dict) else {"minutes": round(float(told) / 60, 2)}
    os.replace(part, folder)
    if progress:
        seconds = time.monotonic() - started
        print(f"{folder.name}: {counts['minutes']:.1f} minutes of {corpus.medium}, built in {seconds:.0f} s")
        if counts.get("skipped"):
            print(f"{counts['skipped']} of {counts['pictures']} pictures not used; why: {folder / 'skipped.csv'}")
    return counts


def _prepare(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {root} ({error.strerror}); choose another") from None
    if not os.access(root, os.W_OK):
        raise InputError(f"cannot write into {root}; choose a folder you may write to")


def _record(root: Path, size: str, seed: int) -> dict[str, Any]:
    """What `root/mini.json` says, or a new record."""
    wanted: dict[str, Any] = {"size": size, "seed": seed, "version": VERSION}
    path = root / "mini.json"
    if not path.is_file():
        return {**wanted, "corpora": {}}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        differing = [f"{key} {found[key]!r}, wanted {value!r}" for key, value in wanted.items() if found[key] != value]
        corpora = dict(found["corpora"])
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusError(f"{path} cannot be read ({error}); delete the folder and build again") from None
    if differing:
        raise CorpusError(
            f"{root} holds embedded corpora of {'; '.join(differing)}; delete it or choose another folder"
        )
    return {**wanted, "corpora": corpora}


def _write_record(root: Path, record: dict[str, Any]) -> None:
    beside = root / ".mini.json.part"
    beside.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(beside, root / "mini.json")

"""One job for the pipeline, checked before anything slow begins."""

from __future__ import annotations

import csv
import dataclasses
import math
import os
from dataclasses import dataclass
from pathlib import Path

from anyonenet.errors import InputError
from anyonenet.systems.known import followers, known_system

LANGUAGES = ("en", "zh")
SIZES = (64, 1024)
"""pixels: smallest and largest longest side of a video"""
RATES = (5.0, 60.0)
"""frames a second: slowest and fastest video"""


@dataclass(frozen=True)
class Request:
    """What to make: a photo speaks a text into a video file."""

    text: str
    image: Path
    out: Path
    """an .mp4 file"""
    language: str | None = None
    """'en', 'zh', or None: detected sentence by sentence"""
    speech: Path | None = None
    """a recording whose voice is used instead of the face's"""
    renderer: str | None = None
    """'warp' (no learned weights), 'unet' (the paper's), 'cartoon' (for drawings), or what else the system knows; None:
    its usual one"""
    fps: float = 25.0
    size: int = 512
    """pixels, longest side at most; a smaller photo is not enlarged"""
    crop: bool = False
    """show a square around the head only"""
    face: int | None = None
    """which face, 1 = largest; None takes the largest and says so where there are several"""
    seed: int = 0
    keep: bool = False
    """write wav, mel, landmarks and frames beside the video"""
    watermark: bool = True
    """a visible mark on each frame"""
    credentials: bool = True
    """C2PA content credentials in the file"""
    landmarks: Path | None = None
    """a file with the face's 68 points, where no detector finds it"""
    system: str = "anyonenet"
    """one of `anyonenet.systems.known.SYSTEMS`"""
    emotion: str = "neutral"
    """of systems that show one: see `anyonenet.face.blendshapes.EMOTIONS`"""
    style: Path | None = None
    """a folder that `anyonenet style` wrote, of systems that take a person's mouth style; None: the weights' own"""

    @property
    def drawn_by(self) -> str:
        """The renderer that draws it.

        Raises:
            InputError: no such system.
        """
        return self.renderer or known_system(self.system).renderers[0]

    def check(self) -> None:
        """Find the user's mistakes that can be found without reading picture or weights.

        Raises:
            InputError: what is wrong and how to mend it.
        """
        if not self.text.strip():
            raise InputError("the text is empty; give at least one word")
        if self.language is not None and self.language not in LANGUAGES:
            raise InputError(f"language '{self.language}' is not supported; choose {' or '.join(LANGUAGES)}")
        renderers = known_system(self.system).renderers
        if self.drawn_by not in renderers:
            raise InputError(
                f"renderer '{self.renderer}' cannot draw the system '{self.system}'; choose {' or '.join(renderers)}"
            )
        if not SIZES[0] <= self.size <= SIZES[1]:
            raise InputError(f"size {self.size} is out of range; choose {SIZES[0]} to {SIZES[1]} pixels")
        if not (math.isfinite(self.fps) and RATES[0] <= self.fps <= RATES[1]):
            raise InputError(f"fps {self.fps} is out of range; choose {RATES[0]:g} to {RATES[1]:g} frames a second")
        if self.face is not None and self.face < 1:
            raise InputError(f"face {self.face} does not exist; faces are counted from 1, the largest")
        if self.seed < 0:
            raise InputError(f"seed {self.seed} is negative; choose 0 or more")
        self._check_emotion()
        self._check_style()
        if self.landmarks is not None and self.face is not None:
            raise InputError("the landmarks say where the face is; leave --face away")
        given = ((self.image, "picture"), (self.speech, "recording"), (self.landmarks, "file with landmarks"))
        for path, name in given:
            if path is not None and not Path(path).is_file():
                what = "a folder" if Path(path).is_dir() else "not there"
                raise InputError(f"the {name} {path} is {what}; check the path")
        check_output(Path(self.out), ".mp4")

    def _check_emotion(self) -> None:
        from anyonenet.face.blendshapes import emotion_of  # reads no arrays where nobody asks for them

        if emotion_of(self.emotion) != "neutral" and self.system not in (able := followers("emotion")):
            raise InputError(f"the system '{self.system}' shows no emotions; choose {' or '.join(able)}, or neutral")

    def _check_style(self) -> None:
        if self.style is None:
            return
        if self.system not in (able := followers("style")):
            raise InputError(f"the system '{self.system}' takes no mouth style; choose {' or '.join(able)}")
        if not (Path(self.style) / "config.json").is_file():
            raise InputError(
                f"no mouth style in {self.style}; make one: anyonenet style --video FILE --text ... --out {self.style}"
            )


def check_output(path: Path, suffix: str) -> None:
    """The file can be written: right ending, folder there and writable.

    Raises:
        InputError: it cannot.
    """
    if path.suffix.lower() != suffix:
        raise InputError(f"the output {path} must end in {suffix}")
    if path.is_dir():
        raise InputError(f"the output {path} is a folder; give a file's name")
    folder = path.parent
    if not folder.is_dir():
        raise InputError(f"the output folder {folder} does not exist; make it first")
    if not os.access(folder, os.W_OK):
        raise InputError(f"the output folder {folder} is not writable; choose another")


def read_manifest(path: Path, defaults: Request) -> list[Request]:
    """Read jobs from a CSV file with a header line.

    Args:
        path: columns `text`, `image`, `out`, and any other field of `Request`; relative paths start at the file.
        defaults: what the columns that are absent or empty say.

    Raises:
        InputError: the file or a line of it cannot be used; the line is named.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            header = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = header
            rows = [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise InputError(f"no manifest at {path}; check the path") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as a CSV file in UTF-8 ({error})") from None
    known = [field.name for field in dataclasses.fields(Request)]
    for name in ("text", "image", "out"):
        if name not in header:
            raise InputError(f"{path} lacks the column '{name}'; its header is: {', '.join(header) or 'empty'}")
    for name in header:
        if name not in known:
            raise InputError(f"{path} has an unknown column '{name}'; known are {', '.join(known)}")
    if not rows:
        raise InputError(f"{path} holds no jobs: give one line for each after the header")
    requests = []
    for line, row in rows:
        try:
            requests.append(_from_row(row, defaults, path.parent))
            requests[-1].check()
        except InputError as error:
            raise InputError(f"{path}, line {line}: {error}") from None
    outs = [request.out.resolve() for request in requests]
    for out in outs:
        if outs.count(out) > 1:
            raise InputError(f"{path} writes {out.name} more than once; give each line its own output")
    return requests


def _from_row(row: dict[str, str | None], defaults: Request, folder: Path) -> Request:
    if None in row or None in row.values():
        raise InputError("has not as many fields as the header; put texts with commas into double quotes")
    changes: dict[str, object] = {}
    for name, raw in row.items():
        value = (raw or "").strip()
        if not value and name != "text":
            continue
        try:
            changes[name] = _value(name, value, folder)
        except (ValueError, KeyError):
            raise InputError(f"'{value}' is not a value for the column '{name}'") from None
    return dataclasses.replace(defaults, **changes)  # type: ignore[arg-type]


def _value(name: str, value: str, folder: Path) -> object:
    if name in ("image", "out", "speech", "landmarks", "style"):
        return folder / value
    if name in ("size", "face", "seed"):
        return int(value)
    if name == "fps":
        return float(value)
    if name in ("crop", "keep", "watermark", "credentials"):
        return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}[value.lower()]
    return value

"""What a study is to be: faces, texts, what is compared, rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from anyonenet.systems.known import known_system
from evaluation.study.definition import UNDECIDED, Rules

SOURCES = ("image", "speech", "random")
"""A/B: where a voice comes from: the face, a recording of the person, a recording of somebody else of the same sex"""
STILL = "still"
"""MOS, instead of a renderer: the photo, which does not move: a lower anchor"""


@dataclass(frozen=True)
class Face:
    """Somebody who speaks."""

    name: str
    sex: str
    """'f' or 'm'"""
    language: str
    text: str
    image: Path | None = None
    """None: drawn"""
    speech: Path | None = None
    """a recording of this person; None: there is none, or drawn"""
    number: int = 0
    """which drawn person"""


@dataclass(frozen=True)
class Method:
    """How videos are made, or where they lie: each alone (MOS) or in pairs (A/B)."""

    name: str
    renderer: str | None = None
    """as `generate` has them, or `STILL`; None: the system's usual one"""
    weights: Path | None = None
    seed: int = 0
    videos: str | None = None
    """files of another system; '{face}' stands for the face's name"""
    system: str = "anyonenet"
    """as `generate` has them"""

    @property
    def drawn_by(self) -> str:
        """The renderer, or `STILL`."""
        return self.renderer or known_system(self.system).renderers[0]


@dataclass(frozen=True)
class Plan:
    """All of a study but its files."""

    kind: str
    name: str
    title: dict[str, str]
    faces: tuple[Face, ...]
    comparisons: tuple[tuple[str, str], ...] = ()
    methods: tuple[Method, ...] = ()
    random: Path | None = None
    """A/B: folder with recordings of others in f/ and m/; None: other faces' recordings, or drawn persons'"""
    repeats: int = 4
    asked: int | None = None
    rules: Rules = Rules()
    seed: int = 0
    size: int = 480
    """pixels, longest side of pictures and videos at most"""
    crop: bool = False
    """MOS: show a square around the head only"""
    contact: str = ""
    consent: dict[str, str] = field(default_factory=dict)
    """by language; empty: the page's own words"""
    ask: dict[str, str] = field(default_factory=dict)
    """A/B: the question, by language; empty: the page's own words"""
    undecided: tuple[str, ...] = UNDECIDED[0]
    """A/B: what may be chosen beside the two"""
    reference: str | None = None
    """A/B of videos: films of the persons, '{face}' stands for the face's name; None: the face's picture is shown"""

    def reference_of(self, face: Face) -> Path:
        """The film of a face's person."""
        return Path(str(self.reference).replace("{face}", face.name))

    @property
    def questions(self) -> int:
        """How many the study has."""
        return len(self.faces) * len(self.comparisons or self.methods)

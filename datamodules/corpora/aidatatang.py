"""Reads aidatatang_200zh: Mandarin of 600 speakers recorded on telephones, 16 kHz, one archive a speaker.

The archives `corpus/<part>/G0013.tar.gz` are read as they are, never unpacked to the disk; folders
`corpus/<part>/G0013` that somebody unpacked are read too. Where both are there the archive counts: it is complete.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from anyonenet.errors import CorpusError
from datamodules.corpora.manifest import ArchiveMember, Audio, Utterance
from datamodules.corpora.sounds import ARCHIVE_ERRORS

_TRANSCRIPT = Path("transcript") / "aidatatang_200_zh_transcript.txt"
_ARCHIVE = ".tar.gz"
_SPEAKER = re.compile(r"(G\d+)S\d+$")
"""in an utterance's name, as T0055G0013S0001"""
_NO_TEXT = "no line in the transcript"


@dataclass(frozen=True)
class Speaker:
    """All recordings of one speaker, in an archive or a folder that is not opened before it is asked."""

    name: str
    place: Path
    """`G0013.tar.gz`, or the folder `G0013`"""
    texts: Mapping[str, str]
    """utterance -> hanzi, of this speaker"""

    def utterances(self) -> list[Utterance]:
        """Sorted by id; sound without transcript has `text` None. An archive is read once from end to end.

        Raises:
            CorpusError: the archive is damaged, or no sound is in it.
        """
        sounds, sex = self._in_archive() if self.place.is_file() else self._in_folder()
        if not sounds:
            raise CorpusError(f"{self.place} holds no wav; fetch it again")
        return [
            Utterance(
                name,
                "aidatatang",
                self.name,
                sounds[name],
                "zh",
                self.texts.get(name),
                sex=sex,
                defect=None if name in self.texts else _NO_TEXT,
            )
            for name in sorted(sounds)
        ]

    def _in_archive(self) -> tuple[dict[str, Audio], str | None]:
        sounds: dict[str, Audio] = {}
        sex: str | None = None
        try:
            with tarfile.open(self.place, "r|*") as tar:
                for member in tar:
                    path = PurePosixPath(member.name)
                    if not member.isfile() or path.name.startswith("."):
                        continue
                    if path.suffix.lower() == ".wav":
                        sounds[path.stem] = ArchiveMember(self.place, member.name)
                    elif path.suffix == ".metadata" and sex is None and (file := tar.extractfile(member)) is not None:
                        sex = _sex(file.read())
        except ARCHIVE_ERRORS as error:
            raise CorpusError(f"{self.place} cannot be read ({error}); fetch it again") from None
        return sounds, sex

    def _in_folder(self) -> tuple[dict[str, Audio], str | None]:
        paths = sorted(path for path in self.place.rglob("*.wav") if path.name[0] != ".")
        told = (path.with_suffix(".metadata") for path in paths)
        sexes = (_sex(path.read_bytes()) for path in told if path.is_file())
        return {path.stem: path for path in paths}, next((sex for sex in sexes if sex), None)


def read_speakers(root: Path | str) -> list[Speaker]:
    """All speakers, by name, without opening an archive.

    Args:
        root: the folder that holds `corpus` and `transcript`.

    Raises:
        CorpusError: the folder is not aidatatang_200zh.
    """
    root = Path(root)
    corpus = root / "corpus"
    if not corpus.is_dir():
        raise CorpusError(f"no aidatatang_200zh in {root}: corpus/ is missing; give the folder that holds it")
    places = {path.name: path for path in corpus.glob("*/*") if path.is_dir() and path.name[0] != "."}
    places |= {path.name.removesuffix(_ARCHIVE): path for path in corpus.glob(f"*/[!.]*{_ARCHIVE}")}
    texts = _transcripts(root / _TRANSCRIPT)
    if not places:
        raise CorpusError(f"no utterance in {corpus}: expected train/G0013.tar.gz or train/G0013/*.wav")
    return [Speaker(name, places[name], texts.get(name, {})) for name in sorted(places)]


def read(root: Path | str) -> list[Utterance]:
    """The utterances of all speakers, sorted by speaker and id; reads through every archive (see `read_speakers`).

    An archive that cannot be read is one utterance, with the reason as its `defect`, so that it is listed once.

    Raises:
        CorpusError: the folder is not aidatatang_200zh, or none of its archives can be read.
    """
    utterances: list[Utterance] = []
    problems: list[str] = []
    speakers = read_speakers(root)
    for speaker in speakers:
        try:
            utterances += speaker.utterances()
        except CorpusError as error:
            problems.append(str(error))
            audio = ArchiveMember(speaker.place, speaker.name) if speaker.place.is_file() else speaker.place
            utterances.append(Utterance(speaker.name, "aidatatang", speaker.name, audio, "zh", defect=str(error)))
    if len(problems) == len(speakers):
        raise CorpusError(*problems)
    return utterances


def _transcripts(path: Path) -> dict[str, dict[str, str]]:
    """Speaker -> utterance -> hanzi without the spaces between words."""
    if not path.is_file():
        raise CorpusError(f"{path} is missing; fetch the corpus again")
    texts: dict[str, dict[str, str]] = {}
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        name, *words = line.split() or [""]
        if words and (speaker := _SPEAKER.search(name)):
            texts.setdefault(speaker[1], {})[name] = "".join(words)
    return texts


def _sex(metadata: bytes) -> str | None:
    """'f' or 'm' from a metadata file's line `SEX<tab>Female`; None where it does not say."""
    for line in metadata.decode("utf-8", errors="replace").splitlines():
        columns = line.split()
        if len(columns) == 2 and columns[0].upper() == "SEX" and columns[1][:1].lower() in ("f", "m"):
            return columns[1][0].lower()
    return None

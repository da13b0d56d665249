"""Writes the three speech corpora in their own layouts: VCTK 0.92, AISHELL-3 and aidatatang_200zh.

Everything follows from the seed: speakers, sentences and sound. Where the real corpora leave out what a TTS needs,
so do these, with one exception: AISHELL-3's prosody labels here also keep the marks of questions and exclamations.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anyonenet.text.mandarin import pinyin_of
from anyonenet.text.normalise import normalise
from anyonenet.text.symbols import PAUSES
from datamodules.mini.identity import Identity, Voice, draw_identity, draw_voice
from datamodules.mini.sentences import draw_sentences
from datamodules.mini.sound_files import SoundFile, write_sound
from datamodules.mini.workers import Workers

SIZES = {
    "vctk": {"full": (200, 16), "small": (4, 4)},
    "aishell3": {"full": (200, 16), "small": (4, 4)},
    "aidatatang": {"full": (512, 5), "small": (4, 4)},
}
"""speakers and utterances of each"""

_KEYS = {"vctk": 1, "aishell3": 2, "aidatatang": 3}


@dataclass(frozen=True)
class _Speaker:
    identity: Identity
    voice: Voice
    sentences: tuple[str, ...]


def write_vctk(
    root: Path, size: str = "full", seed: int = 0, workers: Workers | None = None, progress: bool = True
) -> float:
    """Write VCTK 0.92 into `root` (`VCTK-Corpus-0.92`): English, 48 kHz FLAC of the first microphone.

    Args:
        root: the corpus folder, made if missing.
        size: 'full' or 'small'.
        seed: of speakers and sentences.
        workers: processes that do it; None: this one. The bytes do not depend on them.
        progress: show a bar.

    Returns:
        seconds of speech written.

    Raises:
        ValueError: unknown size.
    """
    names = [f"p{225 + index}" for index in range(_speakers("vctk", size))]
    lines = ["ID  AGE  GENDER  ACCENTS  REGION COMMENTS"]
    files = []
    for name, speaker in zip(names, _draw_speakers("vctk", "en", size, seed, names)):
        identity = speaker.identity
        lines.append(f"{name}  {round(identity.age)}  {identity.sex.upper()}    American    New Jersey")
        texts, sounds = root / "txt" / name, root / "wav48_silence_trimmed" / name
        texts.mkdir(parents=True, exist_ok=True)
        sounds.mkdir(parents=True, exist_ok=True)
        for number, sentence in enumerate(speaker.sentences, start=1):
            (texts / f"{name}_{number:03d}.txt").write_text(sentence + "\n", encoding="utf-8")
            path = sounds / f"{name}_{number:03d}_mic1.flac"
            files.append(SoundFile(path, sentence, "en", speaker.voice, 48000))
    (root / "speaker-info.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return _spoken(files, workers, progress, "VCTK")


def write_aishell3(
    root: Path, size: str = "full", seed: int = 0, workers: Workers | None = None, progress: bool = True
) -> float:
    """Write AISHELL-3 into `root`: Mandarin with pinyin as spoken, 44.1 kHz.

    Nine of ten speakers are in `train` with prosody labels; those in `test`, which has none, say sentences without
    inner pauses. Arguments, result and errors as `write_vctk`.
    """
    names = [f"SSB{5 + 7 * index:04d}" for index in range(_speakers("aishell3", size))]
    speakers = _draw_speakers("aishell3", "zh", size, seed, names)
    test = set(names[-max(1, len(names) // 10) :])
    info = ["# speaker\tage group\tgender\taccent", "# A: < 14, B: 14 - 25, C: 26 - 40, D: > 41"]
    labels = ["# prosody labels: % prosodic phrase, $ pause", "# file|pinyin|hanzi with prosody labels"]
    contents: dict[str, list[str]] = {"train": [], "test": []}
    files = []
    for name, speaker in zip(names, speakers):
        split = "test" if name in test else "train"
        group = "B" if speaker.identity.age <= 25 else "C" if speaker.identity.age <= 40 else "D"
        info.append(f"{name}\t{group}\t{'female' if speaker.identity.sex == 'f' else 'male'}\tnorth")
        folder = root / split / "wav" / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, sentence in enumerate(speaker.sentences, start=1):
            spoken = normalise(sentence, "zh")
            if split == "test":  # no labels there, so no pause may matter
                spoken = "".join(character for character in spoken if character not in PAUSES) + "."
            syllables = [token for token in pinyin_of(spoken) if token not in PAUSES]
            hanzi = [character for character in spoken if character not in PAUSES]
            if len(hanzi) != len(syllables):
                raise ValueError(f"{len(hanzi)} hanzi but {len(syllables)} syllables in '{spoken}'")
            file = f"{name}{number:04d}"
            pairs = " ".join(f"{character} {syllable}" for character, syllable in zip(hanzi, syllables))
            contents[split].append(f"{file}.wav\t{pairs}")
            if split == "train":
                labels.append(f"{file}|{' '.join(syllables)}|{_prosody(spoken)}")
            files.append(SoundFile(folder / f"{file}.wav", spoken, "zh", speaker.voice, 44100))
    for split, lines in contents.items():
        (root / split).mkdir(parents=True, exist_ok=True)
        (root / split / "content.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (root / "train" / "label_train-set.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")
    (root / "spk-info.txt").write_text("\n".join(info) + "\n", encoding="utf-8")
    return _spoken(files, workers, progress, "AISHELL-3")


def write_aidatatang(
    root: Path, size: str = "full", seed: int = 0, workers: Workers | None = None, progress: bool = True
) -> float:
    """Write aidatatang_200zh into `root`: Mandarin, 16 kHz, one archive a speaker inside `corpus/`.

    Arguments, result and errors as `write_vctk`.
    """
    names = [f"G{13 + 3 * index:04d}" for index in range(_speakers("aidatatang", size))]
    speakers = _draw_speakers("aidatatang", "zh", size, seed, names)
    transcripts = []
    files = []
    with tempfile.TemporaryDirectory() as scratch:
        for name, speaker in zip(names, speakers):
            folder = Path(scratch) / name
            folder.mkdir()
            for number, sentence in enumerate(speaker.sentences, start=1):
                file = f"T0055{name}S{number:04d}"
                spoken = normalise(sentence, "zh")
                plain = "".join(character for character in spoken if character not in PAUSES)
                transcripts.append(f"{file} {_spaced(spoken)}")
                (folder / f"{file}.txt").write_text(plain + "\n", encoding="utf-8")
                sex = "Female" if speaker.identity.sex == "f" else "Male"
                metadata = f"SPK\t{name}\nSEX\t{sex}\nAGE\t{round(speaker.identity.age)}\n"
                (folder / f"{file}.metadata").write_text(metadata, encoding="utf-8")
                files.append(SoundFile(folder / f"{file}.wav", spoken, "zh", speaker.voice, 16000))
        seconds = _spoken(files, workers, progress, "aidatatang")
        archives = []
        for index, name in enumerate(names):
            split = "test" if index % 10 == 9 else "dev" if index % 10 == 8 else "train"
            (root / "corpus" / split).mkdir(parents=True, exist_ok=True)
            archives.append(_Archive(Path(scratch) / name, root / "corpus" / split / f"{name}.tar.gz"))
        (workers or Workers(1)).run(_pack, archives, progress, "aidatatang, archives", "archive")
    (root / "transcript").mkdir(parents=True, exist_ok=True)
    transcript = root / "transcript" / "aidatatang_200_zh_transcript.txt"
    transcript.write_text("\n".join(transcripts) + "\n", encoding="utf-8")
    return seconds


def _spoken(files: list[SoundFile], workers: Workers | None, progress: bool, name: str) -> float:
    """Write the sound files; seconds of speech."""
    return sum((workers or Workers(1)).run(write_sound, files, progress, name, "utterance"))


def _speakers(corpus: str, size: str) -> int:
    if size not in SIZES[corpus]:
        raise ValueError(f"unknown size '{size}'; choose {' or '.join(SIZES[corpus])}")
    return SIZES[corpus][size][0]


def _draw_speakers(corpus: str, language: str, size: str, seed: int, names: list[str]) -> list[_Speaker]:
    """Speakers with voices and sentences; sexes take turns, so that both are there at any size."""
    count = SIZES[corpus][size][1]
    sentences = draw_sentences(language, count * len(names), np.random.default_rng([seed, _KEYS[corpus]]))
    speakers = []
    for index, name in enumerate(names):
        rng = np.random.default_rng([seed, _KEYS[corpus], index + 1])
        identity = draw_identity(name, rng)
        while identity.sex != "fm"[index % 2]:
            identity = draw_identity(name, rng)
        own = tuple(sentences[index * count : (index + 1) * count])
        speakers.append(_Speaker(identity, draw_voice(identity, rng), own))
    return speakers


def _prosody(spoken: str) -> str:
    """Hanzi with `$` at pauses; the marks of questions and exclamations are kept before it."""
    marks = {",": "$", ".": "$", "?": "？$", "!": "！$"}
    return "".join(marks.get(character, character) for character in spoken)


def _spaced(spoken: str) -> str:
    """Words parted by spaces as in aidatatang's transcript: two hanzi a word, for want of a segmenter."""
    hanzi = "".join(character for character in spoken if character not in PAUSES)
    return " ".join(hanzi[at : at + 2] for at in range(0, len(hanzi), 2))


@dataclass(frozen=True)
class _Archive:
    folder: Path
    path: Path


def _pack(archive: _Archive) -> None:
    """The folder as a tar.gz that holds no times or owners, so that equal contents give equal bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path in sorted(archive.folder.iterdir()):
            member = tarfile.TarInfo(f"{archive.folder.name}/{path.name}")
            member.size = path.stat().st_size
            with path.open("rb") as file:
                tar.addfile(member, file)
    archive.path.write_bytes(gzip.compress(packed.getvalue(), compresslevel=1, mtime=0))

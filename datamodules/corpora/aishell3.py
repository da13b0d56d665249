"""Reads AISHELL-3: Mandarin of 218 speakers with its own pinyin, 44.1 kHz."""

from __future__ import annotations

from pathlib import Path

from anyonenet.errors import CorpusError
from datamodules.corpora.manifest import Utterance

_MARKS = {"，": ",", ",": ",", "。": ".", "？": "?", "?": "?", "！": "!", "!": "!", "$": ",", "%": ""}
"""what in a line of prosody labels is no hanzi: `$` is a pause, `%` none"""


def read(root: Path | str) -> list[Utterance]:
    """All utterances of both parts that have sound, sorted by id.

    `pinyin` holds the corpus's syllables and, where prosody labels tell of them (in `train`), pauses among them; it
    ends with a pause. `text` has the same pauses.

    Args:
        root: the folder that holds `train` and `test`.

    Raises:
        CorpusError: the folder is not AISHELL-3, or a line of its lists cannot be read.
    """
    root = Path(root)
    contents = [path for path in (root / "train" / "content.txt", root / "test" / "content.txt") if path.is_file()]
    if not contents:
        raise CorpusError(f"no AISHELL-3 in {root}: train/content.txt and test/content.txt are missing")
    sexes = _sexes(root / "spk-info.txt")
    labels = _labels(root / "train" / "label_train-set.txt")
    utterances = []
    for content in contents:
        for number, line in enumerate(content.read_text(encoding="utf-8-sig").splitlines(), start=1):
            if not line.strip():
                continue
            file, hanzi, syllables = _content(line, f"{content} line {number}")
            name = file.removesuffix(".wav")
            speaker = name[:7]
            audio = content.parent / "wav" / speaker / f"{name}.wav"
            if not audio.is_file():
                continue
            text, pinyin = _with_pauses(hanzi, syllables, labels.get(name, ""))
            utterances.append(
                Utterance(name, "aishell3", speaker, audio, "zh", text, tuple(pinyin), sexes.get(speaker))
            )
    if not utterances:
        raise CorpusError(f"no sound in {root}: expected train/wav/SSBxxxx/SSBxxxxxxxx.wav")
    return sorted(utterances, key=lambda utterance: utterance.id)


def _content(line: str, where: str) -> tuple[str, list[str], list[str]]:
    """`SSB00050001.wav<tab>广 guang3 州 zhou1` as file, hanzi and syllables."""
    file, _, rest = line.partition("\t")
    tokens = rest.split()
    if not tokens or len(tokens) % 2:
        raise CorpusError(f"{where}: expected a file, a tab, then hanzi and pinyin in turn, got '{line[:60]}'")
    return file.strip(), tokens[::2], tokens[1::2]


def _labels(path: Path) -> dict[str, str]:
    """Utterance -> hanzi with prosody marks; {} without the file."""
    if not path.is_file():
        return {}
    labels = {}
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        columns = line.split("|")
        if not line.startswith("#") and len(columns) == 3:
            labels[columns[0].strip()] = columns[2].strip()
    return labels


def _with_pauses(hanzi: list[str], syllables: list[str], label: str) -> tuple[str, list[str]]:
    """Hanzi and syllables with the label's pauses; without a fitting label, one pause at the end."""
    pauses = ["" for _ in hanzi]
    position = -1
    for character in label:
        if character not in _MARKS:
            position += 1
        elif 0 <= position < len(pauses) and not pauses[position]:
            pauses[position] = _MARKS[character]
    if position != len(hanzi) - 1:  # the label counts otherwise (an r-coloured syllable, a Latin letter)
        pauses = ["" for _ in hanzi]
    if pauses[-1] in ("", ","):
        pauses[-1] = "."
    text = "".join(character + pause for character, pause in zip(hanzi, pauses))
    pinyin = []
    for syllable, pause in zip(syllables, pauses):
        pinyin += [syllable, pause] if pause else [syllable]
    return text, pinyin


def _sexes(path: Path) -> dict[str, str]:
    """Speaker -> 'f' or 'm' from the tab-separated list; {} without the file."""
    if not path.is_file():
        return {}
    sexes = {}
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        columns = line.split("\t")
        if not line.startswith("#") and len(columns) >= 3 and columns[2].strip().lower() in ("female", "male"):
            sexes[columns[0].strip()] = columns[2].strip().lower()[0]
    return sexes

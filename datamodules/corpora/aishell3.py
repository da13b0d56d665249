"""Reads AISHELL-3: Mandarin of 218 speakers with its own pinyin, 44.1 kHz (some mirrors 16 kHz)."""

from __future__ import annotations

from pathlib import Path

from anyonenet.errors import CorpusError, InputError
from datamodules.corpora.files import find_files, folder_of, read_text, sex_of
from datamodules.corpora.manifest import Utterance

FOLDERS = ("AISHELL-3", "data_aishell3")
"""names of the corpus inside a folder of corpora, or of the folder it is packed in"""
_PARTS = ("train", "test")
_LABELS = ("label_train-set.txt", "prosody_label_train-set.txt")
_SPEAKER_LETTERS = 7
"""of an utterance's name (SSB00050001) are its speaker's (SSB0005)"""
_MARKS = {"，": ",", ",": ",", "。": ".", "？": "?", "?": "?", "！": "!", "!": "!", "$": ",", "%": "", " ": ""}
"""what in a line of prosody labels is no hanzi: `$` is a pause, `%` none"""
_NO_LINE = "no line in content.txt"


def read(root: Path | str) -> list[Utterance]:
    """All utterances of both parts, sorted by id.

    `pinyin` holds the corpus's syllables and, where prosody labels tell of them (in `train`), pauses among them; it
    ends with a pause. `text` has the same pauses. Sound without a readable line in content.txt has neither; a line
    without sound is an utterance whose `audio` is not there.

    Args:
        root: the folder that holds `train` and `test`, or the folder that holds that one.

    Raises:
        CorpusError: the folder is not AISHELL-3, or a part of it is missing.
    """
    folder = folder_of(Path(root), FOLDERS)
    parts = [part for name in _PARTS if (part := folder / name).is_dir()]
    contents = [part / "content.txt" for part in parts if (part / "content.txt").is_file()]
    if not contents:
        raise CorpusError(f"no AISHELL-3 in {folder}: train/content.txt and test/content.txt are missing")
    sounds = {part: _sounds(part) for part in parts}
    problems = [
        f"no sound in {part / 'wav'}, expected SSBxxxx/SSBxxxxxxxx.wav; unpack the part or remove its content.txt"
        for part in parts
        if part / "content.txt" in contents and not sounds[part]
    ]
    problems += [
        f"{part / 'content.txt'} is missing, though there is sound in {part / 'wav'}; fetch it again"
        for part in parts
        if part / "content.txt" not in contents and sounds[part]
    ]
    sexes = _sexes(folder / "spk-info.txt")
    labels = _labels(folder / "train")
    utterances: dict[str, Utterance] = {}
    for content in contents:
        try:
            found = _part(content, sounds[content.parent], labels, sexes)
        except InputError as error:
            problems.append(str(error))
            continue
        if found and not any(utterance.text for utterance in found):
            problems.append(f"no line of {content} can be read ({found[0].defect}); fetch it again")
        for utterance in found:
            utterances.setdefault(utterance.id, utterance)
    if problems:
        raise CorpusError(*problems)
    return [utterances[name] for name in sorted(utterances)]


def _part(content: Path, sounds: dict[str, Path], labels: dict[str, str], sexes: dict[str, str]) -> list[Utterance]:
    lines: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(read_text(content, "zh").splitlines(), start=1):
        words = line.split(maxsplit=1)
        if words and not words[0].startswith("#"):
            lines.setdefault(words[0].rpartition(".")[0] or words[0], (number, "".join(words[1:])))
    utterances = []
    for name in sorted(lines.keys() | sounds.keys()):
        speaker = name[:_SPEAKER_LETTERS]
        audio = sounds.get(name, content.parent / "wav" / speaker / f"{name}.wav")
        text, pinyin, defect = None, None, _NO_LINE
        if name in lines:
            number, rest = lines[name]
            text, pinyin, defect = _with_pauses(rest.split(), labels.get(name, ""), f"{content} line {number}")
        utterances.append(
            Utterance(name, "aishell3", speaker, audio, "zh", text, pinyin, sexes.get(speaker), defect or None)
        )
    return utterances


def _with_pauses(tokens: list[str], label: str, where: str) -> tuple[str | None, tuple[str, ...] | None, str]:
    """Text and pinyin of `广 guang3 州 zhou1` with the label's pauses (without a fitting label, one at the end).

    An r-coloured syllable may have two hanzi (`玩儿 wanr2`). The third is what is wrong with the tokens, or ''.
    """
    hanzi, syllables = tokens[::2], tokens[1::2]
    if not tokens or len(tokens) % 2 or not all(syllable[0].isascii() for syllable in syllables):
        return None, None, f"{where}: expected a file, a tab, then hanzi and pinyin in turn"
    pauses = _pauses([len(token) for token in hanzi], label)
    if pauses is None:  # the label may write the 儿 that the syllable only has as its r
        pauses = _pauses([len(h) + _swallows_er(h, syllable) for h, syllable in zip(hanzi, syllables)], label)
    pauses = pauses or ["" for _ in hanzi]
    if pauses[-1] in ("", ","):
        pauses[-1] = "."
    text = "".join(character + pause for character, pause in zip(hanzi, pauses))
    pinyin: list[str] = []
    for syllable, pause in zip(syllables, pauses):
        pinyin += [syllable, pause] if pause else [syllable]
    return text, tuple(pinyin), ""


def _pauses(lengths: list[int], label: str) -> list[str] | None:
    """The pause after each token of so many hanzi, '' where there is none; None where the label has another number."""
    ends, end = {}, 0
    for place, length in enumerate(lengths):
        end += length
        ends[end - 1] = place
    pauses, position = ["" for _ in lengths], -1
    for character in label:
        if character not in _MARKS:
            position += 1
        elif (place := ends.get(position, -1)) >= 0 and not pauses[place]:
            pauses[place] = _MARKS[character]
    return pauses if position == end - 1 else None


def _swallows_er(hanzi: str, syllable: str) -> bool:
    letters = syllable.rstrip("012345")
    return letters.endswith("r") and letters != "er" and not hanzi.endswith("儿")


def _sounds(part: Path) -> dict[str, Path]:
    wav = part / "wav"
    return {path.stem: path for path in find_files(wav, {".wav", ".flac"})} if wav.is_dir() else {}


def _labels(train: Path) -> dict[str, str]:
    """Utterance -> hanzi with prosody marks; {} without the file. Headers and comments have no two bars."""
    path = next((train / name for name in _LABELS if (train / name).is_file()), None)
    if path is None:
        return {}
    labels = {}
    for line in read_text(path, "zh").splitlines():
        columns = line.split("|")
        if not line.startswith("#") and len(columns) == 3:
            labels[columns[0].strip().removesuffix(".wav")] = columns[2].strip()
    return labels


def _sexes(path: Path) -> dict[str, str]:
    """Speaker -> 'f' or 'm' from the list, whose columns are tabs or spaces apart; {} without the file."""
    if not path.is_file():
        return {}
    sexes = {}
    for line in read_text(path, "zh").splitlines():
        columns = line.split()
        if not line.startswith("#") and len(columns) >= 3 and (sex := sex_of(columns[2])):
            sexes[columns[0]] = sex
    return sexes

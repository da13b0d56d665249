"""The known defects of the corpora of speech, planted in embedded ones of any size (`docs/DATASETS.md` lists them).

`tests.defects_faces` has the corpora with faces. Each function changes a corpus in its place and says what a
preparation then has to list, and why.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import soundfile

from anyonenet.audio.files import read_audio

Listed = dict[str, str]
"""end of a path in `skipped.csv` -> words of the reason"""
Planted = dict[str, Listed]
"""beginning of a store's name -> what it lists"""


def vctk(corpus: Path) -> Planted:
    """Of 0.92: the speakers s5 and p315 (without texts), files of one microphone, odd regions, files that are none."""
    sounds, texts = corpus / "wav48_silence_trimmed", corpus / "txt"
    names = sorted(path.name for path in sounds.iterdir())
    first, second, third = *names[:2], "p315" if "p315" in names else names[2]
    told = (corpus / "speaker-info.txt").read_text()
    told = told.replace("American    New Jersey", "NorthernIrish    County Down  (no mic2 files)", 1)
    told = told.replace(f"{third}  ", "p315  ").replace(f"{second}  ", "s5  ")
    (corpus / "speaker-info.txt").write_text(told)
    for old, new in {second: "s5", third: "p315"}.items():
        for folder in (sounds, texts) if old != new else ():
            for path in list((folder / old).iterdir()):
                path.rename(path.with_name(path.name.replace(old, new)))
            (folder / old).rename(folder / new)
    shutil.rmtree(texts / "p315")
    lost = sorted((sounds / "p315").iterdir())
    mine = sorted((sounds / first).iterdir())
    for path in mine:
        shutil.copy(path, path.with_name(path.name.replace("mic1", "mic2")))
    mine[0].unlink()
    (sounds / "log.txt").write_text("trimmed\n")
    (sounds / first / f"._{mine[1].name}").write_bytes(b"\0\5\26\7")
    text = texts / first / f"{first}_001.txt"
    text.write_bytes(b"It\x92s " + text.read_bytes())  # Windows-1252
    return {"tts": {path.name: "no text of this recording" for path in lost}}


def aishell3(corpus: Path) -> Planted:
    """Packed in a folder of its own, prosody labels by their other name, a speaker at 16 kHz, erhua, lines and sounds
    without each other."""
    train = corpus / "train"
    labels = train / "prosody_label_train-set.txt"
    (train / "label_train-set.txt").rename(labels)
    lines = (train / "content.txt").read_text(encoding="utf-8").splitlines()
    odd, gone, silent = (line.partition("\t")[0] for line in lines[:3])
    lines[0] = f"{odd}\t玩儿 wanr2 绿 lv4 色 se4 的 de5 女 nv3 儿 er2 画 hua4 儿 huar4"
    del lines[2]
    (train / "content.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = [line for line in labels.read_text(encoding="utf-8").splitlines() if not line.startswith(odd[:-4])]
    told.insert(0, "# a third line of comments\n" + f"{odd[:-4]}|x|玩儿绿色%的$女儿画儿")
    labels.write_text("\n".join(told) + "\n", encoding="utf-8")
    speakers = sorted((train / "wav").iterdir())
    for path in speakers[-1].iterdir():
        soundfile.write(path, read_audio(path, 16000), 16000, subtype="PCM_16")
    wav = train / "wav" / odd[:7]
    (wav / gone).unlink()
    inside = corpus / "data_aishell3"
    inside.mkdir()
    for path in list(corpus.iterdir()):
        if path != inside:
            path.rename(inside / path.name)
    return {"tts": {gone: "no audio file", silent: "no line in content.txt"}}


def aidatatang(corpus: Path) -> Planted:
    """Archives inside: one with hidden files and without a transcript line, one cut off, one that was unpacked."""
    first, second, third = sorted(corpus.glob("corpus/*/*.tar.gz"))[:3]
    transcript = corpus / "transcript" / "aidatatang_200_zh_transcript.txt"
    lines = transcript.read_text(encoding="utf-8").splitlines()
    transcript.write_text("\n".join(lines[1:]) + "\n", encoding="utf-8")
    with tarfile.open(third) as tar:
        tar.extractall(third.parent, filter="data")
    third.unlink()
    with tarfile.open(first) as tar:
        tar.extractall(first.parent, filter="data")
    folder = first.parent / first.name.removesuffix(".tar.gz")
    (folder / f"._{folder.name}.wav").write_bytes(b"\0\5\26\7")
    with tarfile.open(first, "w:gz") as tar:
        tar.add(folder, f"./{folder.name}")
    shutil.rmtree(folder)
    second.write_bytes(second.read_bytes()[:20_000])
    return {"speaker_verification": {second.name: "cannot be read"}}


def librispeech(vctk_corpus: Path, corpus: Path) -> Planted:
    """LibriSpeech as it unpacks, made of VCTK's recordings (before its defects): texts in capitals, one for all of a
    chapter; a recording without a line and a damaged one."""
    corpus.mkdir(parents=True)
    speakers = sorted(path.name for path in (vctk_corpus / "txt").iterdir())
    rows = [";ID  |SEX| SUBSET           |MINUTES| NAME"]
    listed: Listed = {}
    for number, name in enumerate(speakers):
        own, chapter = str(84 + number), str(121123 + number)
        folder = corpus / "dev-clean" / own / chapter
        folder.mkdir(parents=True)
        rows.append(f"{own:<4} | {'FM'[number % 2]} | dev-clean        | 8.02  | Nobody")
        texts = []
        for place, text in enumerate(sorted((vctk_corpus / "txt" / name).iterdir())):
            sound = folder / f"{own}-{chapter}-{place:04d}.flac"
            recorded = vctk_corpus / "wav48_silence_trimmed" / name / f"{text.stem}_mic1.flac"
            soundfile.write(sound, read_audio(recorded, 16000), 16000)
            texts.append(f"{sound.stem} {text.read_text().strip().upper()}")
        if number == 0:
            (folder / f"{own}-{chapter}-9000.flac").write_bytes(sound.read_bytes()[:1000])
            texts.append(f"{own}-{chapter}-9000 CUT OFF")
            shutil.copy(sound, folder / f"{own}-{chapter}-9001.flac")
            listed = {f"{own}-{chapter}-9000.flac": "damaged", f"{own}-{chapter}-9001.flac": "no text"}
        (folder / f"{own}-{chapter}.trans.txt").write_text("\n".join(texts) + "\n")
    (corpus / "SPEAKERS.TXT").write_text("\n".join(rows) + "\n")
    damaged = {name: reason for name, reason in listed.items() if reason != "no text"}
    return {"tts": listed, "speaker_verification": damaged}


SPEECH: dict[str, tuple[str, Callable[[Path], Planted]]] = {
    "vctk": ("VCTK-Corpus-0.92", vctk),
    "aishell3": ("AISHELL-3", aishell3),
    "aidatatang": ("aidatatang_200zh", aidatatang),
}
"""kind -> its folder in the embedded corpora, what plants its defects"""

"""Writes the embedded corpus of facial motion: what Write-a-Speaker records of an actress, for drawn ones.

Layout, a folder a language (`en`, `zh`), each with one actress:
- `utterances.csv`: id, emotion, text;
- `wav/ID.wav`: 16 kHz;
- `align/ID.TextGrid`: tiers `words` and `phones`, the latter in the project's symbols;
- `motion/ID.csv`: a line a frame at 25 Hz, with a column for each blendshape and each part of the head pose.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from anyonenet.errors import AnyoneNetError
from anyonenet.face.blendshapes import BLENDSHAPES, EMOTIONS, HEAD
from datamodules.mini.acting import act
from datamodules.mini.identity import Voice, draw_identity, draw_voice
from datamodules.mini.sentences import draw_sentence
from datamodules.mini.timed_text import Interval, timed
from datamodules.mini.voices import articulate, coloured
from datamodules.mini.workers import Workers

SIZES = {"full": 400, "small": 12}
"""utterances of each language; the paper's actresses said 865 and 925"""
SAMPLE_RATE = 16000
SECONDS = (2.0, 6.0)
"""shortest and longest utterance; the paper's last 3 to 6 s"""
_KEY = 9


@dataclass(frozen=True)
class _Utterance:
    folder: Path
    name: str
    language: str
    emotion: str
    voice: Voice
    seed: tuple[int, ...]


def write_write_a_speaker(
    root: Path, size: str = "full", seed: int = 0, workers: Workers | None = None, progress: bool = True
) -> float:
    """Write the corpus into `root` (`WriteASpeaker`).

    Args:
        root: the corpus folder, made if missing.
        size: 'full' or 'small'.
        seed: of actresses, sentences and what the text does not say.
        workers: processes that do it; None: this one. The bytes do not depend on them.
        progress: show a bar.

    Returns:
        seconds of speech written.

    Raises:
        ValueError: unknown size.
    """
    if size not in SIZES:
        raise ValueError(f"unknown size '{size}'; choose {' or '.join(SIZES)}")
    jobs = []
    for number, language in enumerate(("en", "zh")):
        folder = root / language
        for name in ("wav", "align", "motion"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng([seed, _KEY, number])
        identity = draw_identity(f"actress-{language}", rng)
        while identity.sex != "f":
            identity = draw_identity(f"actress-{language}", rng)
        voice = draw_voice(identity, rng)
        for place in range(SIZES[size]):
            emotion = EMOTIONS[place % len(EMOTIONS)]
            key = (seed, _KEY, number, place)
            jobs.append(_Utterance(folder, f"{language}_{place:04d}", language, emotion, voice, key))
    told = (workers or Workers(1)).run(_write, jobs, progress, "Write-a-Speaker", "utterance")
    for language in ("en", "zh"):
        with (root / language / "utterances.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(("id", "emotion", "text"))
            own = [row for row in zip(jobs, told, strict=True) if row[0].language == language]
            table.writerows((job.name, job.emotion, text) for job, (text, _) in own)
    return sum(seconds for _, seconds in told)


def _write(job: _Utterance) -> tuple[str, float]:
    """One utterance's files; its text and length in seconds."""
    rng = np.random.default_rng(job.seed)
    while True:
        text = draw_sentence(job.language, rng)
        speech = articulate(text, job.language, job.voice, SAMPLE_RATE)
        if not SECONDS[0] <= speech.seconds <= SECONDS[1]:
            continue
        try:
            symbols, words = timed(speech, job.language)
        except AnyoneNetError:  # the synthesiser reads a word otherwise than the text front end: another sentence
            continue
        break
    acted = act(speech.waveform, SAMPLE_RATE, speech.phonemes, job.emotion, rng)
    waveform = coloured(speech, job.voice).waveform
    soundfile.write(job.folder / "wav" / f"{job.name}.wav", waveform.clip(-1, 1), SAMPLE_RATE, subtype="PCM_16")
    grid = text_grid({"words": words, "phones": symbols})
    (job.folder / "align" / f"{job.name}.TextGrid").write_text(grid, encoding="utf-8")
    motion = motion_table(acted.parameters, acted.head)
    (job.folder / "motion" / f"{job.name}.csv").write_text(motion, encoding="utf-8")
    return text, speech.seconds


def motion_table(parameters: np.ndarray, head: np.ndarray) -> str:
    """`(F, 51)` blendshapes and `(F, 6)` head pose as a table with a line a frame, four decimals."""
    rows = np.round(np.concatenate([parameters, head], axis=1), 4)
    lines = [",".join((*BLENDSHAPES, *HEAD))]
    lines += [",".join("0" if value == 0 else f"{value:.4g}" for value in row) for row in rows.tolist()]
    return "\n".join(lines) + "\n"


def text_grid(tiers: dict[str, list[Interval]]) -> str:
    """Tiers of intervals as Praat's TextGrid, in its long form."""
    end = max(intervals[-1].end for intervals in tiers.values())
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end:.6f}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, intervals) in enumerate(tiers.items(), start=1):
        lines += [f"    item [{number}]:", '        class = "IntervalTier"', f'        name = "{name}"']
        lines += ["        xmin = 0", f"        xmax = {end:.6f}", f"        intervals: size = {len(intervals)}"]
        for place, interval in enumerate(intervals, start=1):
            label = interval.label.replace('"', '""')
            lines += [f"        intervals [{place}]:", f"            xmin = {interval.start:.6f}"]
            lines += [f"            xmax = {interval.end:.6f}", f'            text = "{label}"']
    return "\n".join(lines) + "\n"

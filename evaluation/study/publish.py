"""The static folder that participants open: page, questions, media. Nothing in it tells which method made what."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from anyonenet.audio.files import write_wav
from anyonenet.audio.loudness import loudness
from evaluation.study.definition import Study
from evaluation.study.levels import SAMPLE_RATE
from evaluation.study.plan import Plan
from evaluation.study.serve import post_script

PAGE = Path(__file__).resolve().parent / "page"
CHECK = "media/check.wav"
"""a sound as loud as all others, to set the volume by"""
PICTURE_PIXELS = 640


def media_name(identity: str, suffix: str) -> str:
    """Where a file lies below `public/`: a name that tells nothing."""
    return f"media/{hashlib.sha256(identity.encode()).hexdigest()[:16]}{suffix}"


def write_public(
    folder: Path, study: Study, plan: Plan, media: dict[str, Callable[[Path], None]], level: float, address: str | None
) -> None:
    """Make the folder anew; it takes the place of an older one when it is complete.

    Args:
        media: file below the folder -> what writes it.
        level: LUFS of the check sound.
        address: where answers are posted to; None: nowhere, they are downloaded.
    """
    part, old = folder.with_name(f".{folder.name}.part"), folder.with_name(f".{folder.name}.old")
    for leftover in (part, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(PAGE, part)
    (part / "media").mkdir()
    for name, write in media.items():
        write(part / name)
    write_wav(part / CHECK, check_sound(level), SAMPLE_RATE)
    (part / "study.js").write_text(study_script(study, plan), encoding="utf-8")
    (part / "post.js").write_text(post_script(address), encoding="utf-8")
    if folder.exists():
        os.replace(folder, old)
    os.replace(part, folder)
    shutil.rmtree(old, ignore_errors=True)


def study_script(study: Study, plan: Plan) -> str:
    """The questions as a script: a page opened from the file system may not fetch."""
    questions: list[dict[str, Any]] = []
    for question in study.questions:
        shown: dict[str, Any] = {"id": question.id, "media": [stimulus.media for stimulus in question.stimuli]}
        if question.picture is not None:
            shown["picture"] = question.picture
        questions.append(shown)
    content = {
        "id": study.id, "kind": study.kind, "title": study.title, "consent": plan.consent, "contact": plan.contact,
        "repeats": study.repeats, "asked": study.asked, "check": CHECK, "questions": questions,
        "scales": [{"id": scale.id, "label": scale.label} for scale in study.scales],
        "ask": study.ask, "undecided": list(study.undecided),
    }  # fmt: skip
    return f"window.STUDY = {json.dumps(content, indent=1, ensure_ascii=False)};\n"


def write_picture(source: Path, out: Path) -> None:
    """A picture for the page: JPEG, no larger than needed, without whatever else the file told."""
    from PIL import Image

    from anyonenet.face.image import load_photo

    Image.fromarray(load_photo(source, PICTURE_PIXELS)).save(out, quality=92)


def check_sound(level: float) -> np.ndarray:
    """Three soft notes, `(samples,)` float32 in [-1, 1], of that loudness in LUFS."""
    seconds = np.arange(round(0.7 * SAMPLE_RATE)) / SAMPLE_RATE
    shape = np.sin(np.pi * seconds / seconds[-1]) ** 2
    notes = [np.sin(2 * np.pi * hertz * seconds) * shape for hertz in (262, 330, 392)]
    sound = np.concatenate(notes)
    return (sound * 10 ** ((level - loudness(0.1 * sound, SAMPLE_RATE)) / 20) * 0.1).astype(np.float32)

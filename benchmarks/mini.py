"""What the embedded corpora cost to build: seconds of one core's time for each, from a sample of its jobs.

    python -m benchmarks.mini --share 0.05

Every corpus is really written, into a temporary folder, but only its first speakers, persons or addresses; the cost of
the whole is reckoned from their share. The wall clock of `anyonenet mini` is the sum over the number of cores, plus a
few seconds to start. Then the parts: a person, a frame, a spoken sentence.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from datamodules.mini import speech, videos
from datamodules.mini.faces import CONTROLS, DrawnPerson, FacePainter, draw_scene, from_angles
from datamodules.mini.identity import draw_identity, draw_voice
from datamodules.mini.sentences import draw_sentences
from datamodules.mini.voices import speak

_SPEECH = {"vctk": speech.write_vctk, "aishell3": speech.write_aishell3, "aidatatang": speech.write_aidatatang}
_VIDEOS = {
    "cnceleb": (videos.write_cnceleb, "celebrities"),
    "voxceleb2": (videos.write_voxceleb2, "voxceleb_persons"),
    "obama": (videos.write_obama, "addresses"),
}


def sampled(corpus: str, share: float) -> tuple[float, float]:
    """CPU seconds of the whole corpus, reckoned from a share of it, and the share that was really built."""
    with tempfile.TemporaryDirectory() as folder:
        if corpus in _SPEECH:
            speakers, utterances = speech.SIZES[corpus]["full"]
            count = max(2, round(share * speakers))
            speech.SIZES[corpus]["sample"] = (count, utterances)
            write: Callable[..., object] = _SPEECH[corpus]
            built = count / speakers
        else:
            write, field = _VIDEOS[corpus]
            full = videos.COUNTS["full"]
            rest = {"mandarin_addresses": 0} if corpus == "obama" else {}
            whole = getattr(full, field) + (full.mandarin_addresses if rest else 0)
            count = max(2, round(share * whole))
            videos.COUNTS["sample"] = replace(full, **{field: count, **rest})
            built = count / whole
        start = time.process_time()
        write(Path(folder), "sample", progress=False)
        return (time.process_time() - start) / built, built


def milliseconds(function: Callable[[], object], times: int) -> float:
    function()
    start = time.process_time()
    for _ in range(times):
        function()
    return (time.process_time() - start) / times * 1e3


def parts() -> None:
    """What the corpora are made of, one by one."""
    rng = np.random.default_rng(0)
    identity = draw_identity("someone", rng)
    person = DrawnPerson(identity)
    voice = draw_voice(identity, rng)
    print(f"a person {milliseconds(lambda: DrawnPerson(identity), 5):.0f} ms, ", end="")
    print(f"other clothes {milliseconds(lambda: person.dressed(1), 10):.1f} ms")
    controls, pose = np.zeros(len(CONTROLS)), from_angles(0.1, 0.05, 0.0)
    for side in (160, 224):
        painter = FacePainter(person, draw_scene(np.random.default_rng(1), side, side))
        print(f"a frame of {side}x{side} {milliseconds(lambda: painter.frame(controls, pose), 40):.1f} ms")  # noqa: B023
    for language in ("en", "zh"):
        (text,) = draw_sentences(language, 1, np.random.default_rng(2))
        print(f"a sentence ({language}) {milliseconds(lambda: speak(text, language, voice), 10):.0f} ms")  # noqa: B023


def main() -> None:
    parser = argparse.ArgumentParser(description="Cost of the embedded corpora.")
    parser.add_argument("--share", type=float, default=0.05, help="of each corpus that is really built")
    parser.add_argument("--corpora", nargs="+", choices=[*_SPEECH, *_VIDEOS], default=[*_SPEECH, *_VIDEOS])
    values = parser.parse_args()
    cv2.setNumThreads(1)
    parts()
    total = 0.0
    for corpus in values.corpora:
        seconds, built = sampled(corpus, values.share)
        total += seconds
        print(f"{corpus:<12}{seconds:7.0f} CPU s (from {built:.1%} of it)", flush=True)
    print(f"{'together':<12}{total:7.0f} CPU s, {total / 2:.0f} s on two cores")


if __name__ == "__main__":
    main()

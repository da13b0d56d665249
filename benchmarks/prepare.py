"""What the preparation of a corpus costs: core seconds by stage of the work, real-time factors, memory.

    python -m benchmarks.prepare vctk --root data/mini --limit 200
    python -m benchmarks.prepare videos --root my-videos --workers 2

First everything is done in one process under a stopwatch for stages, whose times are of one core. It looks at every
call, which slows what is written in Python, so the whole is done once more without it. Then, with `--workers`, in
processes, by the clock. With `--memory`, a tenth of the sources and all of them, each in a process of its own, to see
that memory does not grow with the corpus.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import resource
import sys
import tempfile
import time
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from datamodules.prepare.corpora import MAKERS, recipes_of
from datamodules.prepare.recipe import Recipe
from datamodules.prepare.run import prepare_store

STAGES = {
    "imports and models": r"<frozen importlib|face/models\.py|face/detection\.py:(_hog|_mtcnn|load_detector)$",
    "decode sound": r"audio/files\.py:_read_|corpora/sounds\.py:_contents$",
    "checksum of the files": r"anyonenet/checksum\.py:sha256_of$",
    "resample": r"audio/resampling\.py:resample$",
    "trim, level": r"audio/level\.py:",
    "mel": r"audio/mel\.py:log_mel$",
    "text to symbols": r"anyonenet/text/",
    "decode video": r"render/video\.py:",
    "find faces": r"face/detection\.py:",
    "follow faces": r"face/tracking\.py:",
    "68 landmarks": r"face/(landmarks|fan)\.py:",
    "face embeddings": r"face/embedding\.py:",
    "register, upsample": r"face/(registration|quaternion|depth)\.py:|prepare/landmarks\.py:upsample$",
    "pictures": r"prepare/talking_faces\.py:jpeg_square$",
    "speaker embeddings": r"networks/speaker_encoder\.py:",
    "write parts": r"store_files\.py:|prepare/parts\.py:(_close|_put|facts)$",
    "merge": r"prepare/merge\.py:",
}
"""stage -> pattern of 'file:function' whose time it is; what these call counts with them, but for other stages"""
FACE = ("find faces", "follow faces", "68 landmarks", "face embeddings", "register, upsample", "pictures")
OTHER = "other"


class Stopwatch:
    """Core seconds of each stage, as a context: time goes to the innermost stage that is under way."""

    def __init__(self) -> None:
        self.spent = {**dict.fromkeys(STAGES, 0.0), OTHER: 0.0}
        self._under_way = [OTHER]
        self._known: dict[CodeType, str | None] = {}
        self._since = 0.0

    def __enter__(self) -> Stopwatch:
        self._since = time.process_time()
        sys.setprofile(self._event)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _event(self, frame: FrameType, event: str, argument: object) -> None:
        if event not in ("call", "return"):
            return
        self.spent[self._under_way[-1]] += time.process_time() - self._since
        if event == "call":
            code = frame.f_code
            if code not in self._known:
                told = f"{code.co_filename}:{code.co_name}"
                self._known[code] = next((name for name, found in STAGES.items() if re.search(found, told)), None)
            self._under_way.append(self._known[code] or self._under_way[-1])
        elif len(self._under_way) > 1:
            self._under_way.pop()
        self._since = time.process_time()


def by_stage(recipe: Recipe, limit: int | None) -> tuple[dict[str, float], float]:
    """Core seconds of each stage, and hours of material in the store."""
    with tempfile.TemporaryDirectory() as folder:
        with Stopwatch() as watch:
            store = prepare_store(recipe, folder, workers=0, progress=False, limit=limit)
        assert store is not None
        return watch.spent, store.summary["hours"]


def undisturbed(recipe: Recipe, limit: int | None) -> float:
    """Core seconds of the whole, all imports and models loaded by `by_stage`."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.process_time()
        prepare_store(recipe, folder, workers=0, progress=False, limit=limit)
        return time.process_time() - begin


def by_the_clock(recipe: Recipe, limit: int | None, workers: int) -> float:
    """Seconds of the whole with so many processes, their start included."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        prepare_store(recipe, folder, workers=workers, progress=False, limit=limit)
        return time.perf_counter() - begin


def peak_memory(recipe: Recipe, limit: int, answer: Any) -> None:
    """GB of this process and of its one worker, to `answer`; to be run in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        prepare_store(recipe, folder, workers=1, progress=False, limit=limit)
    peaks = (resource.getrusage(who).ru_maxrss / 1e6 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    answer.send(tuple(peaks))


def report(recipe: Recipe, limit: int | None, workers: int, memory: bool) -> None:
    """Print one recipe's table."""
    spent, hours = by_stage(recipe, limit)
    once = spent.pop("imports and models")
    whole, free = sum(spent.values()), undisturbed(recipe, limit)
    print(f"\n{recipe.name}: {hours * 60:.1f} min of material, {free:.1f} core s, ", end="")
    print(f"{hours * 3600 / free:.1f} times real time on one core; {once:.1f} core s once for imports and models")
    print(f"by stage, {whole:.1f} core s with the stopwatch:")
    print(f"| {'stage':<22} | core s | share | times real time |\n| {'-' * 22} | -----: | ----: | --------------: |")
    for stage, seconds in spent.items():
        if seconds > 0.0005 * whole:
            print(f"| {stage:<22} | {seconds:>6.2f} | {seconds / whole:>5.1%} | {hours * 3600 / seconds:>15,.0f} |")
    face = sum(spent[stage] for stage in FACE)
    if face:
        rest = max(whole - face, 1e-9)
        print(f"face work {face / whole:.0%}; all else {hours * 3600 / rest:.0f} times real time")
    if workers:
        clock = by_the_clock(recipe, limit, workers)
        print(f"{workers} workers: {clock:.1f} s by the clock, {hours * 3600 / clock:.1f} times real time")
    if memory:
        count = len(recipe.sources()[:limit])
        for part in (max(1, count // 10), count):
            here, there = multiprocessing.get_context("spawn").Pipe()
            child = multiprocessing.get_context("spawn").Process(target=peak_memory, args=(recipe, part, there))
            child.start()
            parent, worker = here.recv()
            child.join()
            print(f"{part} sources: at most {worker:.2f} GB a worker, {parent:.2f} GB the process that leads them")


def main() -> None:
    parser = argparse.ArgumentParser(description="Cost of preparing a corpus.")
    parser.add_argument("kind", choices=list(MAKERS))
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--only", default="", help="stores whose name begins so")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--memory", action="store_true")
    values = parser.parse_args()
    for recipe in recipes_of(values.kind, values.root):
        if recipe.name.startswith(values.only):
            report(recipe, values.limit, values.workers, values.memory)


if __name__ == "__main__":
    main()

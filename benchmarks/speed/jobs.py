"""Cost against the number of jobs in a manifest: models are loaded once, so time should be start-up + jobs x one."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

from tqdm import tqdm

from benchmarks.generate import SENTENCE
from benchmarks.speed.lines import fit, line_table
from benchmarks.speed.memory import TreeMemory
from benchmarks.speed.part import Setting
from benchmarks.speed.record import Section, Table
from benchmarks.speed.subject import photo

COUNTS = (1, 4, 16)


def measure(setting: Setting, section: Section) -> None:
    """Table `jobs`."""
    table = Table("jobs", "Jobs in a manifest", ["jobs", "wall s", "s a job", "processor s", "peak MiB", "line s"])
    section.tables.append(table)
    counts = COUNTS[:2] if setting.quick else COUNTS
    found = [manifest(setting, count) for count in tqdm(counts, desc="jobs", unit="manifest", disable=None)]
    line = fit(counts, [wall for wall, _, _ in found])
    for count, (wall, processor, memory) in zip(counts, found, strict=True):
        table.add(
            *(str(count), f"{wall:.2f}", f"{wall / count:.2f}", f"{processor:.1f}", f"{memory:.0f}"),
            f"{line.at(count):.2f}",
        )
    section.data["jobs"] = {"counts": list(counts), "seconds": [wall for wall, _, _ in found]}
    section.tables.append(line_table("jobs-line", "wall s", "jobs", line))
    section.figures.update(jobs_start_seconds=line.fixed, job_seconds=line.each, jobs_deviation=line.deviation)


def manifest(setting: Setting, count: int) -> tuple[float, float, float]:
    """Seconds of wall time and of the processor, and peak MiB of all processes, for so many jobs of one sentence."""
    folder = setting.scratch / f"jobs-{count}"
    folder.mkdir(exist_ok=True)
    path = folder / "jobs.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "image", "out", "seed"])
        rows.writerows([SENTENCE, photo(setting.scratch), f"{number:02}.mp4", number] for number in range(count))
    return finished(["--manifest", str(path), "--weights", str(setting.weights)], folder)[:3]


def finished(arguments: list[str], folder: Path, told: Path | None = None) -> tuple[float, float, float, TreeMemory]:
    """A call of `generate`: wall s, processor s, peak MiB, memory over time.

    Args:
        arguments: of the command line.
        folder: what the program says goes into a file there.
        told: its summaries go there.

    Raises:
        RuntimeError: it failed.
    """
    command = ["commands", "generate"] if told is None else ["benchmarks.speed.told", str(told)]
    begin = time.perf_counter()
    with (folder / "said.txt").open("w") as said:
        process = subprocess.Popen([sys.executable, "-m", *command, *arguments], stdout=said, stderr=subprocess.STDOUT)
        with TreeMemory(process.pid) as memory:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begin
    if process.returncode:
        last = (folder / "said.txt").read_text().strip().splitlines()[-1:]
        raise RuntimeError(f"generate failed (exit code {process.returncode}): {' '.join(last)}")
    return wall, used.ru_utime + used.ru_stime, memory.peak, memory

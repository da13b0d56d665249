"""Each part of the way from text to file by itself: real-time factor, frames a second, start-up, memory, work.

A part is called on what it gets in the program, for the benchmark's sentence and photo. Start-up is loading and what
the first call takes longer than later ones; imports are left out, as parts share them. Memory is what the part's
process has at most above what it had before the part was loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import torch
from tqdm import tqdm

from anyonenet.side_by_side import usable_cores
from benchmarks.measuring import PeakMemory, Step, interleaved, timed
from benchmarks.speed.part import Setting
from benchmarks.speed.record import Section, Table
from benchmarks.speed.subject import FPS
from benchmarks.speed.work import Work

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Part:
    """Something that is loaded once and then called again and again."""

    name: str
    load: Callable[[], tuple[Step, float]]
    """gives the call, and the seconds of video that it is for"""
    work: Callable[[], Work] | None = None
    """of a second of video"""
    precision: str = "float32"
    """of its multiply-adds"""
    repeats: int = 7
    all_cores: bool = False
    """whether it takes all of them by itself, whatever it is told"""
    figure: str = ""
    """name under which its real-time factor is known elsewhere"""


def measure(setting: Setting, section: Section) -> None:
    """Table `parts`; what tables of shares are made of in `data`."""
    from benchmarks.speed.program import program_parts

    cores = usable_cores()
    table = Table(
        "parts",
        "Parts",
        ["part", "start-up s", "peak MiB", "RTF, 1 thread", *([f"RTF, {cores} threads"] * (cores > 1)), "frames/s"],
    )
    section.tables.append(table)
    section.data["parts"] = []
    counts = sorted({1, cores})
    bar = tqdm(list(program_parts(setting)), unit="part", disable=None)
    for part in bar:
        bar.set_description(part.name)
        try:
            found = measured(part, [cores] if part.all_cores else counts, setting.repeats(part.repeats))
        except Exception as error:  # a part that is broken is told of and costs the others nothing
            section.notes.append(f"{part.name} failed: {type(error).__name__}: {str(error).splitlines()[0:1]}")
            section.failed = section.notes[-1]
            continue
        section.data["parts"].append(found)
        best = min(found["rtf"].values())
        if part.figure:
            section.figures[part.figure] = found["rtf"]["1"]  # so many threads a call has in the program
        table.add(
            part.name,
            f"{found['start_seconds']:.2f}",
            f"{found['mebibytes']:.0f}",
            *(f"{found['rtf'][str(count)]:.3f}" if str(count) in found["rtf"] else "-" for count in counts),
            f"{FPS / best:.0f}",
        )


def measured(part: Part, counts: list[int], repeats: int) -> dict[str, Any]:
    """One part: real-time factor by threads, start-up, memory and work, as plain values."""
    threads(counts[-1])
    steps: list[Step] = []
    seconds: list[float] = []

    def load() -> None:
        step, of_video = part.load()
        steps.append(step)
        seconds.append(of_video)

    rtf = {}
    with PeakMemory(CPU) as memory:
        loading = timed(load, CPU)
        first = timed(steps[0], CPU)
        for count in reversed(counts):
            threads(count)
            times = interleaved(steps, repeats, 1, CPU)[0]
            rtf[str(count)] = times.median / seconds[0]
    usual = rtf[str(counts[-1])] * seconds[0]
    work = part.work() if part.work else None
    return {
        "name": part.name,
        "precision": part.precision,
        "start_seconds": loading + max(0.0, first - usual),
        "mebibytes": memory.mebibytes,
        "rtf": rtf,
        "macs": work.macs if work else None,
        "bytes": work.bytes if work else None,
    }


def threads(count: int) -> None:
    """That PyTorch and OpenCV may use."""
    torch.set_num_threads(count)
    cv2.setNumThreads(count)


def cycled(items: list[Any]) -> Iterator[Any]:
    """Items one after another, for ever: no two calls in a row get the same."""
    while True:
        yield from items

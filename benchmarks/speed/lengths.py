"""Cost against length: some 5, 60 and 600 seconds of video. Is time linear, memory flat, and the end in step?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from anyonenet.audio.files import read_audio
from benchmarks.long_text import SAMPLE_RATE, STRETCH_SECONDS, ends, lag, text_of
from benchmarks.speed.jobs import finished
from benchmarks.speed.lines import fit, line_table
from benchmarks.speed.memory import growth
from benchmarks.speed.part import Setting
from benchmarks.speed.record import Section, Table
from benchmarks.speed.subject import photo

SECONDS = (5, 60, 600)


def measure(setting: Setting, section: Section) -> None:
    """Table `lengths`; figures of memory, sync and the first frame are of the longest."""
    head = [
        "video s",
        "wall s",
        "job s",
        "RTF",
        "line s",
        "first frame s",
        "peak MiB",
        "growth after the first minute MiB",
    ]
    table = Table("lengths", "Cost against length (warp, 512 x 512)", [*head, "picture - sound at the end, frames"])
    section.tables.append(table)
    lengths = SECONDS[:2] if setting.quick else SECONDS
    found: list[dict[str, Any]] = []
    for seconds in tqdm(lengths, desc="lengths", unit="video", disable=None):
        found.append(spoken(setting, seconds))
        section.data["lengths"] = found
    videos, jobs = ([one[name] for one in found] for name in ("video_seconds", "job_seconds"))
    line = fit(videos, jobs)
    for one in found:
        video, job = one["video_seconds"], one["job_seconds"]
        table.add(
            *(
                f"{video:.1f}",
                f"{one['wall_seconds']:.1f}",
                f"{job:.2f}",
                f"{job / video:.3f}",
                f"{line.at(video):.2f}",
            ),
            *(_text(one["first_frame_seconds"], 2), f"{one['peak_mib']:.0f}", _text(one["memory_growth_mib"], 0)),
            f"{one['sync_frames']:+.2f}",
        )
    section.tables.append(line_table("length-line", "job s", "video s", line))
    section.figures.update(length_deviation=line.deviation, seconds_a_second=line.each)
    if lengths == SECONDS:
        longest = found[-1]
        section.figures["sync_frames"] = abs(longest["sync_frames"])
        for name in ("memory_growth_mib", "first_frame_seconds"):
            if longest[name] is not None:
                section.figures[name] = longest[name]
        in_step(setting.scratch / "long-600" / "long.mp4", section)


def spoken(setting: Setting, seconds: int) -> dict[str, Any]:
    """One video of about so many seconds: what it cost, as plain values."""
    folder = setting.scratch / f"long-{seconds}"
    folder.mkdir(exist_ok=True)
    out, told = folder / "long.mp4", folder / "told.json"
    told.unlink(missing_ok=True)
    arguments = ["--text", text_of(seconds / 60), "--image", str(photo(setting.scratch)), "--out", str(out)]
    wall, processor, peak, memory = finished([*arguments, "--weights", str(setting.weights)], folder, told)
    one: dict[str, Any] = json.loads(told.read_text().splitlines()[-1])
    # a minute of video is drawn this long after the process began
    minute = wall - one["job_seconds"] + 60 * one["job_seconds"] / one["video_seconds"]
    grown = growth(memory.looks, minute)
    picture, sound, rate = ends(out)
    return {
        **one,
        "wall_seconds": wall,
        "processor_seconds": processor,
        "peak_mib": peak,
        "memory_growth_mib": None if np.isnan(grown) else grown,
        "sync_frames": (picture - sound) * rate,
    }


def in_step(path: Path, section: Section) -> None:
    """The mouth, found again in the frames, against the sound, in the first and in the last stretch."""
    picture, _, rate = ends(path)
    sound = read_audio(path, SAMPLE_RATE)
    late = [lag(path, begin, begin + STRETCH_SECONDS, sound) for begin in (0.0, max(picture - STRETCH_SECONDS, 0.0))]
    (first, first_fit), (last, last_fit) = late
    section.figures["drift_frames"] = abs(last - first) * rate
    section.notes.append(
        f"mouth behind the sound: {1000 * first:+.0f} ms in the first {STRETCH_SECONDS:.0f} s (correlation "
        f"{first_fit:.2f}), {1000 * last:+.0f} ms in the last (correlation {last_fit:.2f})"
    )


def _text(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"

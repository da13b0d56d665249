"""Cost against length: 5, 60 and 600 seconds of video, by `benchmarks.long_text`: linear in time, flat in memory?"""

from __future__ import annotations

from tqdm import tqdm

from benchmarks.speed.lines import fit
from benchmarks.speed.part import Setting
from benchmarks.speed.record import Section, Table
from benchmarks.speed.script import figures
from benchmarks.speed.subject import FPS

SECONDS = (5, 60, 600)


def measure(setting: Setting, section: Section) -> None:
    """Table `lengths`; `memory_growth_mib`, `sync_frames` and `first_frame_seconds` are those of the longest."""
    head = [
        "video s",
        "job s",
        "RTF",
        "line s",
        "first frame s",
        "peak MiB",
        "growth after 60 s MiB",
        "sound - picture ms",
    ]
    table = Table("lengths", "Cost against length (warp, 512 x 512)", head)
    section.tables.append(table)
    lengths = SECONDS[:2] if setting.quick else SECONDS
    found = []
    for seconds in tqdm(lengths, desc="lengths", unit="video", disable=None):
        arguments = ["--seconds", str(seconds), "--weights", str(setting.weights)]
        found.append(figures("long_text", arguments, setting.scratch / f"long-{seconds}.json"))
        section.data["lengths"] = [
            {name: one.get(name) for name in ("video_seconds", "job_seconds", "peak_mib")} for one in found
        ]
    videos, jobs = ([one[name] for one in found] for name in ("video_seconds", "job_seconds"))
    line = fit(videos, jobs)
    for one in found:
        table.add(
            *(f"{one['video_seconds']:.1f}", f"{one['job_seconds']:.2f}"),
            *(f"{one['job_seconds'] / one['video_seconds']:.3f}", f"{line.at(one['video_seconds']):.2f}"),
            *(_text(one, "first_frame_seconds", 1, 2), _text(one, "peak_mib", 1, 0)),
            *(_text(one, "memory_growth_mib", 1, 0), _text(one, "sync_seconds", 1000, 0)),
        )
    longest = found[-1]
    section.notes.append(
        f"job seconds = {line.fixed:.2f} + {line.each:.3f} x video seconds; the measurements lie within "
        f"{line.deviation:.1%} of it"
    )
    section.figures.update(length_deviation=line.deviation, seconds_a_second=line.each)
    if lengths == SECONDS:
        for name in ("memory_growth_mib", "first_frame_seconds"):
            if name in longest:
                section.figures[name] = longest[name]
        if "sync_seconds" in longest:
            section.figures["sync_frames"] = abs(longest["sync_seconds"]) * FPS


def _text(figures: dict[str, float], name: str, times: float, digits: int) -> str:
    return f"{times * figures[name]:.{digits}f}" if name in figures else "-"

"""The warp renderer on a photo that the head fills, by `benchmarks.warp`."""

from __future__ import annotations

from benchmarks.speed.part import Setting
from benchmarks.speed.record import Section, Table
from benchmarks.speed.script import figures
from benchmarks.speed.subject import FPS
from benchmarks.warp import PARTS, SIDES


def measure(setting: Setting, section: Section) -> None:
    """Table `warp`: processor time of one thread, and of it the parts of a frame."""
    head = ["side", "set-up ms", "ms a frame", "frames/s", "RTF", *(f"of it {part} ms" for part in PARTS)]
    table = Table("warp", "Warp where the head fills the picture, one thread", head)
    section.tables.append(table)
    frames = ["--frames", str(setting.repeats(99))]
    section.figures = found = figures("warp", frames, setting.scratch / "warp.json")
    for side in SIDES:
        each = found[f"ms_a_frame_{side}"]
        table.add(
            *(f"{side} x {side}", f"{found[f'set_up_ms_{side}']:.0f}", f"{each:.1f}", f"{1000 / each:.0f}"),
            *(f"{FPS * each / 1000:.3f}", *(f"{found[f'{part}_ms_{side}']:.2f}" for part in PARTS)),
        )

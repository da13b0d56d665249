"""The bars that speed is held to, and whether it is."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.speed.record import Section, Table


@dataclass(frozen=True)
class Bar:
    """A figure must not be above a number."""

    what: str
    figure: str
    """its name in a section's figures"""
    most: float
    unit: str = ""

    def held(self, found: float) -> bool:
        return found <= self.most  # False for nan


BARS = (
    Bar("`--renderer unet`, paper-sized network, 256 x 256, after loading: real-time factor", "rtf_unet_paper", 1.0),
    Bar("`--renderer unet`, default (small) network, 256 x 256, after loading: real-time factor", "rtf_unet", 0.4),
    Bar("`--renderer warp`, 512 x 512, after loading: real-time factor", "rtf_warp", 0.25),
    Bar("text to sound, Griffin-Lim included: real-time factor", "rtf_voice", 0.06),
    Bar("start-up of `generate`", "generate_start_seconds", 2.5, "s"),
    Bar("`--help`", "help_seconds", 0.3, "s"),
    Bar("10 minutes of video: memory after the first minute above that within it", "memory_growth_mib", 200.0, "MiB"),
    Bar("10 minutes of video: ends of sound and picture apart", "sync_frames", 1.0, "frames"),
    Bar("10 minutes of video: mouth and sound, from beginning to end, drift apart", "drift_frames", 1.0, "frames"),
    Bar("10 minutes of video: the first frame is written after", "first_frame_seconds", 2.0, "s"),
)


def judged(sections: dict[str, Section]) -> Table:
    """Each bar with what was found, over all sections."""
    found = {name: figure for one in sections.values() for name, figure in one.figures.items()}
    table = Table("bars", "Bars", ["bar", "at most", "measured", "held"])
    for bar in BARS:
        unit = f" {bar.unit}" if bar.unit else ""
        value = found.get(bar.figure)
        if value is None:
            table.add(bar.what, f"{bar.most:g}{unit}", "not measured", "-")
        else:
            table.add(bar.what, f"{bar.most:g}{unit}", f"{value:.3g}{unit}", "yes" if bar.held(value) else "**no**")
    return table


def missed(sections: dict[str, Section]) -> list[str]:
    """Bars that were measured and not held."""
    return [cells[0] for cells in judged(sections).rows if cells[3] == "**no**"]

"""Cost against length and jobs, and the parts beside the machine's limits, as small PNG files."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("agg")
import matplotlib.pyplot as plt

from benchmarks.speed.lines import fit
from benchmarks.speed.record import Section
from benchmarks.speed.shares import Share, shares

COLOURS = {"float32": "tab:blue", "bfloat16": "tab:orange", "int8": "tab:green"}


def draw(sections: dict[str, Section], folder: Path) -> list[Path]:
    """Draw what the sections have figures for.

    Returns:
        The files written: `speed-lengths.png`, `speed-limits.png`.
    """
    made = []
    if "lengths" in sections and len(sections["lengths"].data.get("lengths", [])) > 1:
        made.append(lengths(sections["lengths"], folder / "speed-lengths.png"))
    found = shares(sections)
    if found:
        made.append(roofline(found, folder / "speed-limits.png"))
    return made


def lengths(section: Section, path: Path) -> Path:
    """Seconds of work and peak memory over seconds of video, with the line."""
    rows = section.data["lengths"]
    videos, jobs = ([row[name] for row in rows] for name in ("video_seconds", "job_seconds"))
    figure, (time, memory) = plt.subplots(1, 2, figsize=(8, 3), constrained_layout=True)
    line = fit(videos, jobs)
    along = np.geomspace(min(videos) / 1.5, max(videos) * 1.5, 50)
    time.loglog(along, line.at(along), color="grey", label=f"{line.fixed:.2f} s + {line.each:.3f} x length")
    time.loglog(along, along, color="black", linestyle=":", label="real time")
    time.loglog(videos, jobs, "o", label="measured")
    time.set(xlabel="video, s", ylabel="work, s")
    time.legend(frameon=False, fontsize=8)
    sizes = [row.get("peak_mib") for row in rows]
    if all(size is not None for size in sizes):
        memory.semilogx(videos, sizes, "o-")
        memory.set(xlabel="video, s", ylabel="peak memory, MiB", ylim=(0, 1.15 * max(sizes)))
    else:
        memory.set_axis_off()
    return _saved(figure, path)


def roofline(found: list[Share], path: Path) -> Path:
    """Multiply-adds a second over multiply-adds a byte, below what bandwidth and arithmetic allow."""
    figure, axes = plt.subplots(figsize=(8, 4.5), constrained_layout=True)
    intensities = np.geomspace(min(one.intensity for one in found) / 3, max(one.intensity for one in found) * 3, 200)
    for precision, colour in COLOURS.items():
        of_this = [one for one in found if one.precision == precision]
        if not of_this:
            continue
        limit = max((one.limit for one in of_this), key=lambda limit: limit.macs)
        roof = np.minimum(limit.macs, intensities * limit.bytes)
        axes.loglog(intensities, roof / 1e9, color=colour, linewidth=1, label=precision)
        axes.loglog([one.intensity for one in of_this], [one.macs / 1e9 for one in of_this], "o", color=colour)
    ordered = sorted(found, key=lambda one: -one.macs)
    for number, one in enumerate(ordered, 1):
        aside = 5 if number % 2 else -12  # neighbours on both sides of their points
        axes.annotate(str(number), (one.intensity, one.macs / 1e9), (aside, -2), textcoords="offset points", fontsize=7)
    names = "\n".join(f"{number:>2}  {one.name.removeprefix('- ')}" for number, one in enumerate(ordered, 1))
    axes.text(1.02, 1.0, names, transform=axes.transAxes, fontsize=7, verticalalignment="top")
    axes.set(xlabel="multiply-adds a byte", ylabel="billion multiply-adds a second")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    return _saved(figure, path)


def _saved(figure: plt.Figure, path: Path) -> Path:
    figure.savefig(path, dpi=90, metadata={"Software": None})
    plt.close(figure)
    return path

"""Figures of studies: votes as AnyoneNet's Fig. 5, scores as bars with intervals. PNG and PDF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from evaluation.figures.saving import save_figure
from evaluation.study.ratings import ScaleResult
from evaluation.study.votes import Counts

COLOURS = ("#3b6fb6", "#c6c6c6", "#d98032")
"""prefer left, similar, prefer right: told apart in grey and by colour-blind eyes"""
INKS = ("white", "black", "white")
_ROOM = 0.5
"""points of the scale that a bar needs to have its number inside"""


def draw_votes(counts: Sequence[Counts], out: Path) -> list[Path]:
    """Stacked bars, one a comparison: share of the first method, of 'similar', of the second.

    Args:
        out: without suffix.

    Returns:
        The files written.
    """
    figure = Figure(figsize=(7.0, 0.6 + 0.95 * len(counts)), layout="constrained")
    axis = figure.subplots()
    for row, one in enumerate(counts):
        left = 0.0
        for share, colour, ink in zip(one.shares, COLOURS, INKS, strict=True):
            axis.barh(row, share, left=left, color=colour, height=0.42)
            if share >= 0.03:
                size = 10 if share >= 0.08 else 7
                axis.text(
                    left + share / 2, row, f"{100 * share:.1f}%", ha="center", va="center", color=ink, fontsize=size
                )
            left += share
        axis.text(0, row - 0.3, one.first_method, ha="left", va="bottom")
        axis.text(1, row - 0.3, one.second_method, ha="right", va="bottom")
        axis.text(0.5, row - 0.3, f"{one.all} votes", ha="center", va="bottom", color="#666666", fontsize=8)
    axis.set(xlim=(0, 1), ylim=(len(counts) - 0.6, -0.65))
    axis.axis("off")
    labels = ("Prefer left", "They are similar", "Prefer right")
    handles = [axis.barh(0, 0, color=colour, label=label) for colour, label in zip(COLOURS, labels, strict=True)]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)
    return save_figure(figure, out.with_name(f"{out.name}.png"))


def draw_scores(results: Sequence[ScaleResult], labels: Sequence[str], out: Path) -> list[Path]:
    """Mean opinion scores with 95 % intervals (clustered by participants and items), one panel a scale.

    Args:
        labels: of the scales.
        out: without suffix.

    Returns:
        The files written.
    """
    figure = Figure(figsize=(0.8 + 2.9 * len(results), 3.0), layout="constrained")
    axes = figure.subplots(1, len(results), squeeze=False)[0]
    for axis, result, label in zip(axes, results, labels, strict=True):
        places = range(len(result.methods))
        heights = [estimate.value - 1 for estimate in result.means]
        reach = [[e.value - e.low for e in result.means], [e.high - e.value for e in result.means]]
        axis.bar(places, heights, bottom=1, color=COLOURS[0], width=0.6, yerr=reach, capsize=4)
        for place, estimate in zip(places, result.means, strict=True):
            inside = min(estimate.value, estimate.low) > 1 + _ROOM
            height, ink = (1.06, "white") if inside else (max(1.0, estimate.high) + 0.06, "black")
            axis.text(place, height, f"{estimate.value:.2f}", ha="center", va="bottom", color=ink)
        axis.set(title=label, ylim=(1, 5), yticks=range(1, 6), ylabel="mean opinion score")
        axis.set_xticks(list(places), result.methods, rotation=20 if len(result.methods) > 3 else 0)
        axis.spines[["top", "right"]].set_visible(False)
    return save_figure(figure, out.with_name(f"{out.name}.png"))

"""A sweep in four pictures: the trials in their order, their curves, their parameters, and what these explain."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sweeps.definition import Sweep
from sweeps.results import FAILED, FINISHED, PRUNED
from sweeps.space import Parameter
from sweeps.summary import OPEN, Importances, TrialSummary, best_trial, short_names, shown

DPI = 150
WIDE = 20.0
"""values that span more than this factor are drawn on a logarithmic scale"""
MARKS = {FINISHED: ("o", "finished"), PRUNED: ("v", "pruned"), OPEN: ("s", "open"), FAILED: ("x", "failed")}
COLOURS = {FINISHED: "#2166ac", PRUNED: "#d6870e", OPEN: "#5a9e5a", FAILED: "#b2182b"}
BEST = "#c51b7d"
MAP = "viridis"
"""of values: the best trials are dark, and none as light as the paper"""
LIGHTEST = 0.88


@dataclass(frozen=True)
class Scale:
    """Where values lie on an axis from 0 to 1, and what is written at it."""

    ticks: list[tuple[float, str]]
    places: list[float | None]


def draw(sweep: Sweep, trials: Sequence[TrialSummary], importances: Importances | None, folder: Path) -> list[Path]:
    """Write the pictures that there is something to show in.

    Args:
        sweep: what is searched.
        trials: of it.
        importances: None: they are not drawn.
        folder: it is there.

    Returns:
        their files.
    """
    drawn = {"history": history(sweep, trials), "curves": curves(sweep, trials)}
    drawn |= {"parameters": parallel(sweep, trials), "importances": bars(sweep, importances)}
    written = []
    for name, figure in drawn.items():
        if figure is None:
            continue
        path = folder / f"{name}.png"
        beside = path.with_name(f".{name}.{os.getpid()}.part.png")
        try:
            figure.savefig(beside, dpi=DPI)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        written.append(path)
    return written


def history(sweep: Sweep, trials: Sequence[TrialSummary]) -> Figure | None:
    """Each trial's best value in the order of trials, and the best so far of the finished ones."""
    valued = [trial for trial in trials if trial.best is not None]
    if not valued:
        return None
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    axes = figure.subplots()
    for state, (mark, name) in MARKS.items():
        chosen = [trial for trial in valued if trial.state == state]
        if chosen:
            places, values = [trial.number for trial in chosen], [_best(trial) for trial in chosen]
            axes.scatter(places, values, marker=mark, s=34, color=COLOURS[state], label=name, zorder=3)
    finished = sorted((trial for trial in valued if trial.state == FINISHED), key=lambda trial: trial.number)
    if finished:
        gather = np.minimum if sweep.minimise else np.maximum
        reached = gather.accumulate([_best(trial) for trial in finished])
        places = [*(trial.number for trial in finished), max(trial.number for trial in trials)]
        axes.step(places, [*reached, reached[-1]], where="post", color=BEST, linewidth=1.5, label="best so far")
    failed = [trial.number for trial in trials if trial.best is None and trial.state == FAILED]
    if failed:
        low = axes.get_ylim()[0]
        axes.plot(failed, [low] * len(failed), "x", color=COLOURS[FAILED], clip_on=False, label="failed, no value")
    _scaled(axes, [_best(trial) for trial in valued])
    axes.set(xlabel="trial", ylabel=sweep.metric, title="Best value of each trial")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.grid(alpha=0.25)
    return figure


def curves(sweep: Sweep, trials: Sequence[TrialSummary]) -> Figure | None:
    """The metric over the steps of each training; the best is drawn thick."""
    valued = [trial for trial in trials if trial.history]
    if not valued:
        return None
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    axes, best, said = figure.subplots(), best_trial(trials), set()
    for trial in sorted(valued, key=lambda trial: trial is best):
        first = best is not None and trial.number == best.number
        name = "" if trial.state in said else MARKS[trial.state][1]
        said.add(trial.state if not first else "best")
        axes.plot(
            *zip(*trial.history, strict=True),
            color=BEST if first else COLOURS[trial.state],
            linewidth=2.4 if first else 0.9,
            alpha=1.0 if first else 0.65,
            marker="o",
            markersize=4 if first else 2.5,
            label=f"best (trial {trial.number})" if first else name or None,
        )
        if trial.state == PRUNED:
            axes.plot(*trial.history[-1], marker="v", color=COLOURS[PRUNED], markersize=6)
    _scaled(axes, [value for trial in valued for _, value in trial.history])
    axes.set(xlabel="step", ylabel=sweep.metric, title="Learning curves")
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.grid(alpha=0.25)
    return figure


def parallel(sweep: Sweep, trials: Sequence[TrialSummary]) -> Figure | None:
    """One line a trial through the values of its parameters to that of the metric."""
    valued = [trial for trial in trials if trial.best is not None and trial.state in (FINISHED, PRUNED, OPEN)]
    if len(valued) < 2 or not sweep.searched:
        return None
    names = short_names(sweep)
    scales = [(names[parameter.name], scale_of(parameter, valued)) for parameter in sweep.searched]
    scales.append((sweep.metric, metric_scale([_best(trial) for trial in valued])))
    figure = Figure(figsize=(max(6.0, 1.9 * len(scales) + 1.0), 4.4), layout="constrained")
    axes = figure.subplots()
    best, values = best_trial(trials), [_best(trial) for trial in valued]
    norm, colours = _norm(values), matplotlib.colormaps[MAP]
    order = sorted(range(len(valued)), key=lambda place: _best(valued[place]), reverse=sweep.minimise)
    rng = np.random.default_rng(0)
    for place in order:
        trial = valued[place]
        heights = [scale.places[place] for _, scale in scales]
        shift = rng.normal(0, 0.008)  # lines of the same category lie side by side
        points = [
            height if height is None or index == len(scales) - 1 else height + shift * (len(scale.ticks) > 0)
            for index, (height, (_, scale)) in enumerate(zip(heights, scales, strict=True))
        ]
        first = best is not None and trial.number == best.number
        badness = float(norm(_best(trial))) if sweep.minimise else 1.0 - float(norm(_best(trial)))
        axes.plot(
            range(len(points)),
            [np.nan if point is None else point for point in points],
            color=BEST if first else colours(LIGHTEST * badness),
            linewidth=2.6 if first else 1.2,
            alpha=1.0 if first else 0.75,
            linestyle="--" if trial.state == PRUNED else "-",
            zorder=5 if first else 3,
        )
    for index, (_, scale) in enumerate(scales):
        axes.axvline(index, color="#444444", linewidth=0.8, zorder=1)
        last = index == len(scales) - 1
        for height, text in scale.ticks:
            axes.plot([index - 0.012, index + 0.012], [height, height], color="#444444", linewidth=0.8)
            axes.text(
                index + (0.03 if last else -0.03),
                height,
                text,
                fontsize=7.5,
                va="center",
                ha="left" if last else "right",
                zorder=6,
                bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.6},
            )
    axes.set_xticks(range(len(scales)), [name for name, _ in scales], fontsize=9)
    axes.set(xlim=(-0.55, len(scales) - 0.5), ylim=(-0.06, 1.06), yticks=[], title="Parameters and what came of them")
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(axis="x", length=0)
    note = f"magenta: best (trial {best.number})   " if best else ""
    pruned = "dashed: pruned   " if any(trial.state == PRUNED for trial in valued) else ""
    axes.text(0.0, -0.13, f"{note}{pruned}dark: good", transform=axes.transAxes, fontsize=8, color="#444444")
    return figure


def bars(sweep: Sweep, importances: Importances | None) -> Figure | None:
    """How much of the metric's variance each parameter explains."""
    if importances is None:
        return None
    names = short_names(sweep)
    shares = [*importances.shares.values()][::-1]
    figure = Figure(figsize=(7.2, 0.45 * len(shares) + 1.5), layout="constrained")
    axes = figure.subplots()
    middle = [share[0] for share in shares]
    axes.barh([names[name] for name in importances.shares][::-1], middle, color=COLOURS[FINISHED], alpha=0.55)
    for place, (_, low, high) in enumerate(shares):
        axes.plot([low, high], [place, place], "|-", color="#222222", linewidth=1.2, markersize=8)
    axes.set(xlim=(0, 1), xlabel="share of the variance, with the 10 % to 90 % range over resampled trials")
    axes.set_title(f"Importance of parameters (fANOVA, {importances.compared})", fontsize=11)
    axes.grid(alpha=0.25, axis="x")
    return figure


def scale_of(parameter: Parameter, trials: Sequence[TrialSummary]) -> Scale:
    """A parameter's axis."""
    values = [trial.parameters.get(parameter.name) for trial in trials]
    if parameter.categorical:
        known = [shown(value) for value in parameter.settings["values"]]
        heights = {text: (index + 0.5) / len(known) for index, text in enumerate(known)}
        return Scale([(height, text) for text, height in heights.items()], [heights.get(shown(v)) for v in values])
    numbers = [float(value) for value in values if value is not None]
    return _numbers(values, numbers, parameter.logarithmic)


def metric_scale(values: Sequence[float]) -> Scale:
    """The metric's axis."""
    return _numbers(values, values, _wide(values))


def _numbers(values: Sequence[Any], numbers: Sequence[float], logarithmic: bool) -> Scale:
    low, high = min(numbers), max(numbers)
    logarithmic = logarithmic and low > 0
    place = np.log if logarithmic else np.asarray
    span = float(place(high) - place(low))

    def height(value: float) -> float:
        return float((place(value) - place(low)) / span) if span > 0 else 0.5

    if span <= 0:
        marks = [low]
    else:
        marks = list(np.geomspace(low, high, 5) if logarithmic else np.linspace(low, high, 5))
    return Scale(
        [(height(mark), f"{mark:.3g}") for mark in marks], [None if v is None else height(float(v)) for v in values]
    )


def _norm(values: Sequence[float]) -> Normalize:
    return LogNorm(min(values), max(values)) if _wide(values) else Normalize(min(values), max(values))


def _wide(values: Sequence[float]) -> bool:
    return min(values) > 0 and max(values) > WIDE * min(values)


def _scaled(axes: Axes, values: Sequence[float]) -> None:
    if _wide(values):
        axes.set_yscale("log")


def _best(trial: TrialSummary) -> float:
    """Of a trial that has one."""
    return math.nan if trial.best is None else trial.best

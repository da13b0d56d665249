"""Training curves from the CSV logs of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from anyonenet.errors import InputError
from evaluation.figures.saving import save_figure

SPLITS = ("train", "validation", "test")
COUNTS = ("epoch", "step")
WIDE = 20.0
"""a panel whose values span more than this factor is drawn on a logarithmic scale"""


def read_log(run: Path) -> pd.DataFrame:
    """The CSV log of a run, in order of steps; where a run was stopped and resumed, later logs go before earlier ones.

    Args:
        run: a `metrics.csv`, a run's folder, or one of an older kind with several logs somewhere inside.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    own = run if run.is_file() else run / "metrics.csv"
    files = [own] if own.is_file() else sorted(run.rglob("metrics.csv"), key=lambda path: path.stat().st_mtime)
    files = [path for path in files if path.stat().st_size]
    if not files:
        raise InputError(f"no metrics.csv in {run}; anyonenet fit writes it")
    try:
        tables = [pd.read_csv(path) for path in files]
    except (ValueError, OSError) as error:  # pandas's errors of parsing are ValueErrors
        raise InputError(f"the log of {run} cannot be read ({str(error).splitlines()[0]})") from None
    if any("step" not in table for table in tables):
        raise InputError(f"the log of {run} has no column 'step'")
    kept: list[pd.DataFrame] = []
    for table in reversed(tables):  # what a resumed run did again is taken from where it did it last
        first = min((part["step"].min() for part in kept), default=np.inf)
        kept.append(table[table["step"] < first])
    return pd.concat(kept[::-1], ignore_index=True).sort_values("step", kind="stable")


def curves_figure(runs: Sequence[tuple[str, Path]], out: Path, only: Sequence[str] = ()) -> list[str]:
    """One panel a quantity (its splits together), one colour a run: training thin, validation thick.

    Args:
        runs: name and folder each.
        out: a PNG file; a PDF is written beside it.
        only: quantities, such as 'loss'; none: all.

    Returns:
        the quantities drawn.

    Raises:
        InputError: a run has no log, or none of the quantities is in it.
    """
    logs = [(name, read_log(path)) for name, path in runs]
    found = sorted({_quantity(column) for _, log in logs for column in log if column not in COUNTS})
    drawn = [name for name in found if not only or name in only]
    if not drawn:
        raise InputError(f"the logs have no {', '.join(only) or 'curves'}; they have {', '.join(found) or 'nothing'}")
    columns = min(3, len(drawn))
    rows = -(-len(drawn) // columns)
    figure = Figure(figsize=(4.2 * columns, 3.0 * rows + 0.4), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis, quantity in zip(axes, drawn):
        values = []
        for number, (name, log) in enumerate(logs):
            for column in log:
                if column in COUNTS or _quantity(column) != quantity:
                    continue
                curve = log[["step", column]].dropna()
                split = column.split("/")[0]
                thick = split != "train"
                style = {"linewidth": 2.0 if thick else 0.8, "alpha": 1.0 if thick else 0.7}
                marker = "o" if thick and len(curve) < 30 else None
                label = f"{name} {split}" if split in SPLITS else name
                axis.plot(*curve.to_numpy().T, color=f"C{number}", marker=marker, markersize=3, label=label, **style)
                values.append(curve[column].to_numpy())
        together = np.concatenate(values)
        if (together > 0).all() and together.max() > WIDE * together.min():
            axis.set_yscale("log")
        axis.set_title(quantity, fontsize=9)
        axis.set_xlabel("step", fontsize=8)
        axis.grid(alpha=0.3)
    for axis in axes[len(drawn) :]:
        axis.axis("off")
    # one legend for all panels, as a run may be in some of them only
    lines = {line.get_label(): line for axis in axes for line in axis.get_lines()}
    figure.legend(
        lines.values(), lines.keys(), loc="outside upper left", ncols=min(len(lines), columns + 1), fontsize=8,
        frameon=False,
    )  # fmt: skip
    save_figure(figure, out)
    return drawn


def _quantity(column: str) -> str:
    """`validation/loss` -> `loss`; Lightning's `_step` and `_epoch` go."""
    name = column.split("/", 1)[1] if column.split("/")[0] in SPLITS else column
    return name.removesuffix("_step").removesuffix("_epoch")

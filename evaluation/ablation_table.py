"""The rows of an ablation as a table: mean and spread over seeds, a test against one row, the paper's figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.ablation import PAPER, Row
from evaluation.crossed import CrossedTest, crossed_test, holm
from evaluation.landmarks import POINTS
from evaluation.tables import Table

JAW_AND_LIPS = POINTS["jaw_and_lips"]
TITLES = {"d_ll": "D-LL", "d_vl": "D-VL", "d_a": "D-A", "d_ll_lips": "D-LL lips", "d_vl_lips": "D-VL lips"}
DECIMALS = {"d_vl": 5, "d_vl_lips": 5}
"""of the others 4"""
TEST = (
    "p: paired over clips and seeds, both taken as random (two-way crossed model, Satterthwaite's degrees of freedom), "
    "two-sided, Holm's correction over the rows of a column"
)


def compare(
    rows: Mapping[str, Row], reference: str, metrics: Sequence[str] = JAW_AND_LIPS
) -> dict[str, dict[str, CrossedTest]]:
    """Each row's errors less those of the reference: row -> figure -> test; rows without errors are left out."""
    found: dict[str, dict[str, CrossedTest]] = {}
    ours = rows[reference].errors
    for name, row in rows.items():
        seeds = sorted(set(ours) & set(row.errors)) if row.seeded else sorted(ours)
        if name == reference or not seeds or not row.errors:
            continue
        tests = {}
        for metric in metrics:
            # a row that knows no seeds stands beside each of the reference's
            theirs = row.errors if row.seeded else dict.fromkeys(seeds, next(iter(row.errors.values())))
            differences = np.stack([theirs[seed][metric] - ours[seed][metric] for seed in seeds])
            tests[metric] = crossed_test(differences)
        found[name] = tests
    return found


def adjusted(tests: Mapping[str, Mapping[str, CrossedTest]]) -> dict[str, dict[str, float]]:
    """Holm's p-values: row -> figure -> p, corrected over the rows."""
    names = list(tests)
    metrics = tests[names[0]] if names else ()
    by_metric = {metric: holm([tests[name][metric].p for name in names]) for metric in metrics}
    return {name: {metric: by_metric[metric][place] for metric in metrics} for place, name in enumerate(names)}


def ablation_table(
    rows: Mapping[str, Row], reference: str, clips: int, cuts: int, corpus: str, points: str = "jaw_and_lips"
) -> Table:
    """The table.

    Args:
        rows: by name.
        reference: the row that the others are tested against.
        clips: videos of the test split.
        cuts: cuts of them.
        corpus: what was measured on, in words.
        points: of D-LL and D-VL, 'jaw_and_lips' or 'lips'.
    """
    metrics = POINTS[points]
    p_values = adjusted(compare(rows, reference, metrics))
    means = {name: {metric: _mean(row, metric) for metric in metrics} for name, row in rows.items()}
    lines, best = [], set()
    lowest = {metric: min((means[name][metric] for name in rows if rows[name].errors), default=0) for metric in metrics}
    for number, name in enumerate(ordered(rows)):
        row = rows[name]
        cells = [row.title]
        for place, metric in enumerate(metrics, start=1):
            cells.append(_cell(row, metric))
            if name != reference:
                cells[-1] += _p(p_values[name][metric]) if name in p_values else ""
            if row.errors and means[name][metric] == lowest[metric]:
                best.add((number, place))
        published = PAPER.get(name)
        lines.append([*cells, " / ".join(f"{value:.3f}" for value in published or ()), f"{len(row.errors)}"])
    paper = " / ".join(TITLES[metric] for metric in JAW_AND_LIPS)
    columns = ["method", *(f"{TITLES[metric]} ↓" for metric in metrics), f"paper: {paper}", "seeds"]
    return Table(
        columns,
        lines,
        title=f"Lip landmarks on {clips} unseen clips ({cuts} cuts): {corpus}",
        notes=notes(rows, reference, points),
        best=best,
    )


def notes(rows: Mapping[str, Row], reference: str, points: str = "jaw_and_lips") -> list[str]:
    """What the figures are, what the table says in words, and which runs failed."""
    title = rows[reference].title
    lines = [f"Mean and standard deviation over seeds; {TEST}, against {title}."]
    if len(rows[reference].errors) == 1:
        lines = [f"One seed: p is of a paired t-test over clips, against {title}, and says nothing about other seeds."]
    lines.append("Paper: AnyoneNet, Table II, on real Obama addresses; other clips and frame rate, not to be compared.")
    if points == "lips":
        lines.append("D-LL and D-VL over the lips without the jaw; the default has both (docs/METRICS.md).")
    lines.append(verdict(rows, reference, POINTS[points]))
    for row in rows.values():
        lines += [f"{row.title}, seed {seed} failed: {reason}" for seed, reason in row.failed.items()]
    return lines


def verdict(rows: Mapping[str, Row], reference: str, metrics: Sequence[str] = JAW_AND_LIPS) -> str:
    """Plainly: in which figures the reference leads, and over whom that is more than chance."""
    ours = rows[reference]
    p_values = adjusted(compare(rows, reference, metrics))
    measured = {name: rows[name] for name in p_values}
    if not measured:
        return f"Nothing to compare {ours.title} with."
    said = []
    for metric in metrics:
        name = TITLES[metric]
        others = {other: _mean(row, metric) for other, row in measured.items()}
        nearest = min(others, key=lambda other: others[other])
        if _mean(ours, metric) < others[nearest]:
            sure = [measured[other].title for other in others if p_values[other][metric] < 0.05]
            how = f"p < 0.05 over {', '.join(sure)}" if sure else "no p < 0.05"
            said.append(f"{name}: {ours.title} leads ({how})")
        else:
            p = p_values[nearest][metric]
            said.append(f"{name}: {measured[nearest].title} leads{_p(p)}")
    return "; ".join(said) + "."


def as_dict(rows: Mapping[str, Row], reference: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """Everything behind the table, over either set of points, as plain values."""
    metrics = next((list(errors) for row in rows.values() for errors in row.errors.values()), [])
    tests = compare(rows, reference, metrics)
    p_values = adjusted(tests)
    told: dict[str, Any] = {**about, "reference": reference, "test": TEST, "rows": {}}
    for name, row in rows.items():
        told["rows"][name] = {
            "title": row.title,
            "failed": {str(seed): reason for seed, reason in row.failed.items()},
            "paper": dict(zip(JAW_AND_LIPS, PAPER[name], strict=True)) if name in PAPER else None,
            "figures": {
                metric: {
                    "mean": _plain(_mean(row, metric)),
                    "sd_over_seeds": _plain(_spread(row, metric)),
                    "clips_by_seed": {str(seed): [_plain(v) for v in e[metric]] for seed, e in row.errors.items()},
                    "against_reference": None
                    if name not in tests
                    else {
                        "difference": tests[name][metric].difference,
                        "low": _plain(tests[name][metric].low),
                        "high": _plain(tests[name][metric].high),
                        "p": _plain(tests[name][metric].p),
                        "p_holm": _plain(p_values[name][metric]),
                    },
                }
                for metric in metrics
            },
        }
    return told


def ordered(rows: Mapping[str, Row]) -> list[str]:
    """Rows that the paper does not have first, then those of its table in its order."""
    return [*sorted(set(rows) - set(PAPER)), *(name for name in PAPER if name in rows)]


def _mean(row: Row, metric: str) -> float:
    return float(row.of_runs(metric).mean()) if row.errors else math.nan


def _spread(row: Row, metric: str) -> float:
    return float(row.of_runs(metric).std(ddof=1)) if len(row.errors) > 1 else math.nan


def _cell(row: Row, metric: str) -> str:
    if not row.errors:
        return "failed"
    spread, decimals = _spread(row, metric), DECIMALS.get(metric, 4)
    return f"{_mean(row, metric):.{decimals}f}" + (f" ± {spread:.{decimals}f}" if spread == spread else "")


def _p(p: float) -> str:
    return "" if p != p else " (p < 0.001)" if p < 0.001 else f" (p {p:.3f})"


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None

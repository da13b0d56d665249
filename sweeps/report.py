"""A sweep's report: one page that needs no network, the same pictures as PNG, and the trials as CSV."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sweeps.definition import Sweep
from sweeps.locks import write_whole
from sweeps.results import FINISHED
from sweeps.summary import TrialSummary, as_csv, best_trial, counts, short_names

REPORT = "report"
PAGE = Path(__file__).parent / "page" / "report.html"
FEW = 50
"""below so many trials importances are a hint only"""

Importances = Mapping[str, tuple[float, float, float]]


def write_report(sweep: Sweep, trials: Sequence[TrialSummary], importances: Importances, folder: Path) -> list[Path]:
    """Write the report's files.

    Args:
        sweep: what is searched.
        trials: see `sweeps.summary.read_trials`.
        importances: see `Study.importances`.
        folder: is made.

    Returns:
        the files, the page first.
    """
    from sweeps.figures import draw

    folder.mkdir(parents=True, exist_ok=True)
    page, table = folder / "report.html", folder / "trials.csv"
    write_whole(page, html(sweep, trials, importances))
    write_whole(table, as_csv(sweep, trials))
    return [page, *draw(sweep, trials, importances, folder), table]


def html(sweep: Sweep, trials: Sequence[TrialSummary], importances: Importances) -> str:
    """The page, with its data inside."""
    text = json.dumps(_facts(sweep, trials, importances), ensure_ascii=False, allow_nan=False)
    # inside a script element only '</' could end it
    return PAGE.read_text(encoding="utf-8").replace("/*DATA*/", text.replace("</", "<\\/"))


def importance_note(trials: Sequence[TrialSummary]) -> str:
    """By what the importances are found, and how far they go."""
    number = sum(trial.state == FINISHED for trial in trials)
    hint = f" {number} trials give a hint, not a ranking." if number < FEW else ""
    return (
        "Share of the metric's variance that each parameter explains alone: functional ANOVA on a random forest "
        f"(Optuna's), over {number} finished trials; the line spans 10 % to 90 % over resampled trials.{hint}"
    )


def _facts(sweep: Sweep, trials: Sequence[TrialSummary], importances: Importances) -> dict[str, Any]:
    names, best = short_names(sweep), best_trial(trials)
    return {
        "name": sweep.name,
        "description": str(sweep.content.get("description", "")),
        "method": sweep.method,
        "metric": sweep.metric,
        "minimise": sweep.minimise,
        "counts": counts(trials),
        "best": best.number if best else None,
        "parameters": [
            {
                "name": parameter.name,
                "short": names[parameter.name],
                "logarithmic": parameter.logarithmic,
                "values": parameter.settings.get("values"),
            }
            for parameter in sweep.searched
        ],
        "trials": [
            {
                "number": trial.number,
                "state": trial.state,
                "best": trial.best,
                "last": trial.last,
                "parameters": trial.parameters,
                "history": trial.history,
                "seconds": trial.seconds,
                "starts": trial.starts,
                "reason": trial.reason,
            }
            for trial in trials
        ],
        "importances": [[names[name], *share] for name, share in importances.items()],
        "importance_note": importance_note(trials),
    }

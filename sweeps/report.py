"""A sweep's report: one page that needs no network, the same pictures as PNG, and the trials as CSV."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sweeps.definition import Sweep
from sweeps.locks import write_whole
from sweeps.summary import Importances, TrialSummary, as_csv, best_trial, counts, short_names

REPORT = "report"
PAGE = Path(__file__).parent / "page" / "report.html"
FEW = 50
"""below so many trials importances are a hint only"""


def write_report(
    sweep: Sweep, trials: Sequence[TrialSummary], importances: Importances | None, folder: Path
) -> list[Path]:
    """Write the report's files.

    Args:
        sweep: what is searched.
        trials: see `sweeps.summary.read_trials`.
        importances: None: left out.
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


def html(sweep: Sweep, trials: Sequence[TrialSummary], importances: Importances | None) -> str:
    """The page, with its data inside."""
    text = json.dumps(_facts(sweep, trials, importances), ensure_ascii=False, allow_nan=False)
    # inside a script element only '</' could end it
    return PAGE.read_text(encoding="utf-8").replace("/*DATA*/", text.replace("</", "<\\/"))


def importance_note(importances: Importances) -> str:
    """By what the importances are found, and how far they go."""
    early = "" if importances.report is None else " That is early in training; later something else may decide."
    hint = f" {importances.trials} trials give a hint, not a ranking." if importances.trials < FEW else ""
    return (
        "Importance is the share of the metric's variance that a parameter explains alone: functional ANOVA on a "
        f"random forest (Optuna's), over {importances.compared}; ranges span 10 % to 90 % over resampled trials."
        f"{early}{hint}"
    )


def _facts(sweep: Sweep, trials: Sequence[TrialSummary], importances: Importances | None) -> dict[str, Any]:
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
        "importances": [[names[name], *share] for name, share in importances.shares.items()] if importances else [],
        "importance_note": importance_note(importances) if importances else "",
    }

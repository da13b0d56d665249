"""The table of all systems: a line a figure, a column a system, intervals over clips; and which pairs differ."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.bootstrap import CONFIDENCE, Figure, bootstrap, mean_of
from evaluation.compared import Bar
from evaluation.measurement import readable
from evaluation.systems.figures import FIGURES, MAIN
from evaluation.systems.on_clips import STILL, TITLES, TRUE, Compared
from evaluation.tables import Table

_TIMES = ("real_time_factor", "processor_factor", "load_seconds")
"""the middle one of the clips: the first has what every first use costs"""


def corpora_of(compared: Compared) -> list[str]:
    """The corpora of the clips, in order."""
    return list(dict.fromkeys(clip.corpus for clip in compared.clips))


def values_of(compared: Compared, corpus: str, name: str, figure: str) -> np.ndarray:
    """`(clips,)` a figure of a system over a corpus's clips; nan where it has none."""
    clips = [clip.name for clip in compared.clips if clip.corpus == corpus]
    found = compared.figures.get(name, {})
    return np.array([found.get(clip, {}).get(figure, math.nan) for clip in clips])


def figure_of(compared: Compared, corpus: str, name: str, figure: str) -> Figure:
    """Mean over clips with its interval; of times the median."""
    values = values_of(compared, corpus, name, figure)
    if figure in _TIMES:
        known = values[np.isfinite(values)]
        if not len(known):
            return Figure(math.nan, of="clips")
        return bootstrap(lambda counts: float(np.median(np.repeat(known, counts))), len(known), "clips")
    return mean_of(values, "clips")


def table_of(compared: Compared, corpus: str) -> Table:
    """One corpus's table; the best system of each line is marked."""
    names = [name for name in compared.figures if any(_count(compared, corpus, name, figure) for figure in FIGURES)]
    rows, best = [], []
    for figure, kind in FIGURES.items():
        found = {name: figure_of(compared, corpus, name, figure) for name in names}
        if not any(math.isfinite(one.value) for one in found.values()):
            continue
        rows.append([figure, *(_cell(one) for one in found.values())])
        ranked = {
            name: one.value for name, one in found.items() if name not in (STILL, TRUE) and math.isfinite(one.value)
        }
        if kind.higher is not None and len(ranked) > 1:
            chosen = (max if kind.higher else min)(ranked, key=lambda name: ranked[name])
            best.append((len(rows) - 1, 1 + names.index(chosen)))
    count = sum(clip.corpus == corpus for clip in compared.clips)
    columns = ["figure", *(TITLES[name] for name in names)]
    return Table(columns, rows, f"systems on {count} clips of {corpus}", _notes(compared, corpus, rows), best)


def bars_of(compared: Compared, corpus: str, ours: str, others: Sequence[str]) -> list[Bar]:
    """Whether a system is better than each other by each main figure, on the clips that both have."""
    bars = []
    for other in others:
        for figure in MAIN:
            apart, pair = difference(compared, corpus, ours, other, figure)
            if not math.isfinite(apart.value):
                continue
            held = apart.value > 0 if FIGURES[figure].higher else apart.value < 0
            detail = f"{readable(pair[0])} against {readable(pair[1])} over {apart.items} clips"
            if apart.has_interval:
                sure = apart.low > 0 or apart.high < 0
                detail += f", difference {apart.low:+.4f} to {apart.high:+.4f}{'' if sure else ' (may be chance)'}"
            bars.append(Bar(f"{corpus}: {TITLES[ours]} better than {TITLES[other]} by {figure}", held, detail))
    return bars


def difference(
    compared: Compared, corpus: str, ours: str, other: str, figure: str
) -> tuple[Figure, tuple[float, float]]:
    """One system's figure minus another's on the same clips, with its interval; and the two means over these."""
    pair = np.stack([values_of(compared, corpus, name, figure) for name in (ours, other)])
    both = np.isfinite(pair).all(axis=0)
    if not both.any():
        return Figure(math.nan, of="clips"), (math.nan, math.nan)
    pair = pair[:, both]
    return mean_of(pair[0] - pair[1], "clips"), (float(pair[0].mean()), float(pair[1].mean()))


def as_dict(compared: Compared, bars: Sequence[Bar]) -> dict[str, Any]:
    """Plain values for JSON: each clip's and each mean, what is missing, all pairs."""
    names = list(compared.figures)
    means = {
        corpus: {name: {f: figure_of(compared, corpus, name, f).as_dict() for f in FIGURES} for name in names}
        for corpus in corpora_of(compared)
    }
    systems = [name for name in names if name != TRUE]
    pairs = [
        {"corpus": corpus, "one": one, "other": other, "figure": figure}
        | difference(compared, corpus, one, other, figure)[0].as_dict()
        for corpus in corpora_of(compared)
        for place, one in enumerate(systems)
        for other in systems[place + 1 :]
        for figure in MAIN
    ]
    clips = {
        name: {clip: {f: None if v != v else v for f, v in figures.items()} for clip, figures in found.items()}
        for name, found in compared.figures.items()
    }
    return {
        "means": means,
        "differences": pairs,
        "bars": [{"bar": bar.words, "held": bar.held, "detail": bar.detail} for bar in bars],
        "clips": clips,
        "empty": dict(compared.empty),
        "unusable": compared.unusable,
        "notes": compared.notes,
        "weights": compared.digests,
        "confidence": CONFIDENCE,
    }


def explained(figures: Mapping[str, Any] | Sequence[str]) -> list[str]:
    """What the figures are, a line each."""
    signs = {True: "more is better", False: "less is better", None: "should be like the truth's"}
    return [f"{name}: {FIGURES[name].words}; {signs[FIGURES[name].higher]}" for name in figures]


def _notes(compared: Compared, corpus: str, rows: Sequence[Sequence[str]]) -> list[str]:
    notes = [
        f"means over clips, in brackets {CONFIDENCE:.0%} bootstrap intervals over them; times are medians, on this "
        "machine as it was; the best system of each line is marked",
        *explained([row[0] for row in rows]),
    ]
    here = {clip.name for clip in compared.clips if clip.corpus == corpus}
    for name, reasons in compared.empty.items():
        found = [reason for reason in reasons if reason.partition(":")[0] in here]
        if found:
            notes.append(f"{TITLES[name]}: {len(found)} of {len(here)} clips empty ({'; '.join(found)})")
    return [*notes, *compared.unusable, *compared.notes]


def _count(compared: Compared, corpus: str, name: str, figure: str) -> int:
    return int(np.isfinite(values_of(compared, corpus, name, figure)).sum())


def _cell(figure: Figure) -> str:
    if not math.isfinite(figure.value):
        return ""
    value = _short(figure.value)
    return f"{value} ({_short(figure.low)}-{_short(figure.high)})" if figure.has_interval else value


def _short(value: float) -> str:
    """Three digits that say something."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"

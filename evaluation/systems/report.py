"""What a comparison leaves behind: tables on the terminal and as Markdown, and all values as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from evaluation.systems.figures import FIGURES, MAIN
from evaluation.systems.on_clips import TITLES, TRUE, Compared
from evaluation.systems.table import as_dict, bars_of, corpora_of, difference, table_of
from evaluation.tables import write_text


def report(compared: Compared, out: Path, ours: str) -> str:
    """Write `systems.md` and `systems.json` into `out`; returns what is to be printed.

    Args:
        compared: figures of all clips.
        out: folder.
        ours: the system that the others are held against.
    """
    printed, written, bars = [], [], []
    for corpus in corpora_of(compared):
        table = table_of(compared, corpus)
        others = [name for name in compared.figures if name not in (TRUE, ours)]
        here = bars_of(compared, corpus, ours, others)
        bars += here
        lines = [bar.line() for bar in here]
        printed.append(
            "\n".join([table.terminal(), "", *(in_short(compared, corpus, ours, other) for other in others)])
        )
        written.append("\n".join([table.markdown(), "", "```", *lines, "```"]))
    write_text(out / "systems.md", "\n\n".join(written))
    write_text(out / "systems.json", json.dumps(as_dict(compared, bars), indent=1, ensure_ascii=False))
    return "\n\n".join([*printed, f"{out / 'systems.md'}, {out / 'systems.json'}; videos in {out / 'clips'}"])


def in_short(compared: Compared, corpus: str, ours: str, other: str) -> str:
    """By which main figures a system is better than another, by which worse, and which may be chance."""
    found: dict[str, list[str]] = {"better": [], "worse": [], "may be chance": []}
    for figure in MAIN:
        apart, _ = difference(compared, corpus, ours, other, figure)
        if apart.value != apart.value:
            continue
        sure = apart.has_interval and (apart.low > 0 or apart.high < 0)
        better = (apart.value > 0) is bool(FIGURES[figure].higher)
        found["may be chance" if not sure else "better" if better else "worse"].append(figure)
    said = "; ".join(f"{words}: {', '.join(figures)}" for words, figures in found.items() if figures)
    return f"{corpus}: {TITLES[ours]} against {TITLES[other]}: {said or 'nothing that both have'}"

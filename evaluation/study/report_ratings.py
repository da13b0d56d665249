"""What a MOS study found, as tables and as sentences for a paper."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.study.ratings import Pair, ScaleResult
from evaluation.study.wording import interval, minus, p_cell, p_text
from evaluation.tables import Table

EFFECTS = (0.2, 0.3, 0.5)
"""points of the scale, for which the next study is planned"""
ITEMS = (1, 2, 4)
"""times as many items as now"""


def scores_table(results: Sequence[ScaleResult], labels: Sequence[str]) -> Table:
    """Table III with intervals: methods in rows, scales in columns."""
    rows = []
    for number, method in enumerate(results[0].methods):
        cells = [f"{interval(one.means[number])} ({one.deviations[number]:.2f})" for one in results]
        rows.append((method, *cells))
    return Table(
        ("Method", *labels),
        rows,
        "Mean opinion scores",
        (
            "From 1 to 5, with 95% interval clustered by participants and items, and standard deviation of the single "
            "scores.",
        ),
    )


def overall_table(results: Sequence[ScaleResult], labels: Sequence[str]) -> Table:
    """The method as factor: as in the paper, and clustered."""
    rows = []
    for label, one in zip(labels, results, strict=True):
        f, p = one.wald
        rows.append(
            (
                label,
                str(one.scores),
                f"F({one.anova.between}, {one.anova.within}) = {one.anova.f:.2f}, p {p_text(one.anova.p)}",
                f"F({one.anova.between}, {one.means[0].degrees}) = {f:.2f}, p {p_text(p)}",
            )
        )
    return Table(
        ("Scale", "Scores", "ANOVA", "Clustered"),
        rows,
        "The method as factor",
        (
            "One-way ANOVA of all scores, which takes them for independent, and Wald test clustered by participants "
            "and items.",
        ),
    )


def pairs_table(results: Sequence[ScaleResult], labels: Sequence[str]) -> Table:
    """Differences of methods: Tukey, and clustered and by a mixed model with Holm's correction."""
    rows = []
    for label, one in zip(labels, results, strict=True):
        for pair in one.pairs:
            difference, low, high, p = pair.tukey
            tukey = f"{minus(difference)} [{minus(low)}, {minus(high)}]"
            model = "" if pair.mixed is None else interval(pair.mixed.mean)
            cells = (tukey, p_cell(p), interval(pair.clustered), p_cell(pair.holm_p), model, p_cell(pair.mixed_holm_p))
            rows.append((f"{label}: {_title(pair)}", *cells))
    return Table(
        ("Pair", "Tukey", "p", "Clustered", "p (Holm)", "Mixed model", "p (Holm)"),
        rows,
        "Differences of mean scores",
        (
            "Tukey's honest significant difference with simultaneous 95% interval, which takes scores for independent; "
            "clustered by participants and items; and a linear mixed model of the differences with participants and "
            "items at random (REML, Satterthwaite); 95% intervals, p corrected after Holm.",
        ),
    )


def power_table(results: Sequence[ScaleResult], labels: Sequence[str], most: int = 1000) -> Table | None:
    """Participants that the next study needs; None where no pair allows to tell."""
    rows = []
    for label, one in zip(labels, results, strict=True):
        for pair in one.pairs:
            if pair.mixed is None:
                continue
            for effect in EFFECTS:
                needed = [
                    pair.mixed.components.participants_for(effect, factor * one.items, most=most) for factor in ITEMS
                ]
                now = pair.mixed.components.power(effect, one.participants, one.items)
                cells = [str(number) if number else f"> {most}" for number in needed]
                rows.append((f"{label}: {_title(pair)}", f"{effect:.1f}", f"{100 * now:.0f}%", *cells))
    if not rows:
        return None
    return Table(
        ("Pair", "Points", "Power now", *(f"{factor * results[0].items} items" for factor in ITEMS)),
        rows,
        "The next study",
        (
            "Power: of this study's size, to find a difference of so many points when every participant rates all "
            "methods on all items (two-sided, 5%, one pair); then the participants needed for a power of 80% with so "
            "many items. Variances are those of this study.",
        ),
    )


def sentences(results: Sequence[ScaleResult], labels: Sequence[str]) -> list[str]:
    """One paragraph a scale."""
    paragraphs = []
    for label, one in zip(labels, results, strict=True):
        means = ", ".join(f"{name} {interval(mean)}" for name, mean in zip(one.methods, one.means, strict=True))
        text = (
            f"{label}: {one.participants} participants gave {one.scores} scores to {one.items} items; mean opinion "
            f"scores with 95% intervals over participants and items were {means}."
        )
        if one.pairs:
            f, p = one.wald
            text += (
                f" Methods differed with F({one.anova.between}, {one.means[0].degrees}) = {f:.2f}, p {p_text(p)} "
                f"(clustered); a one-way ANOVA of all scores gave F({one.anova.between}, {one.anova.within}) = "
                f"{one.anova.f:.2f}, p {p_text(one.anova.p)}."
            )
            text += "".join(
                f" {pair.first} less {pair.second}: {interval(pair.clustered)}, p {p_text(pair.holm_p)} after Holm "
                f"(Tukey: p {p_text(pair.tukey[3])})."
                for pair in one.pairs
            )
        paragraphs.append(text)
    return paragraphs


def _title(pair: Pair) -> str:
    return f"{pair.first} − {pair.second}"

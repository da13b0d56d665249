"""What an A/B study found, as tables and as sentences for a paper."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.study.clusters import Estimate
from evaluation.study.votes import Comparison, Counts
from evaluation.study.wording import interval, minus, p_cell, p_text
from evaluation.tables import Table

EFFECTS = (0.1, 0.2, 0.3)
"""shares of the first method less those of the second, for which the next study is planned"""
ITEMS = (1, 2, 4)
"""times as many items as now"""


def counts_table(counts: Sequence[Counts]) -> Table:
    """Votes and the exact binomial test."""
    rows = []
    for one in counts:
        share, low, high, p = one.binomial()
        cells = [f"{number} ({100 * of:.1f}%)" for number, of in zip((one.first, one.similar, one.second), one.shares)]
        rows.append((_title(one), *cells, f"{100 * share:.1f} [{100 * low:.1f}, {100 * high:.1f}]", p_cell(p)))
    middle = "Undecided" if any(one.undecided for one in counts) else "They are similar"
    parted = [f"{_title(one)}: {', '.join(f'{way} {votes}' for way, votes in one.undecided)}" for one in counts]
    return Table(
        ("Comparison", "First", middle, "Second", "Binomial, %", "p"),
        rows,
        "Votes of the A/B test",
        (
            "Binomial: the first method among the votes that prefer one, in percent, with exact 95% interval, against "
            "50%; it takes all votes for independent.",
            *(line for one, line in zip(counts, parted, strict=True) if one.undecided),
        ),
    )


def tests_table(comparisons: Sequence[Comparison]) -> Table:
    """Analyses of variance and the preference, clustered and by a mixed model."""
    rows = [
        (
            _title(one.counts),
            f"F({one.by_item.between}, {one.by_item.within}) = {one.by_item.f:.2f}, p {p_text(one.by_item.p)}",
            f"F({one.by_participant.between}, {one.by_participant.within}) = {one.by_participant.f:.2f}, "
            f"p {p_text(one.by_participant.p)}",
            interval(one.preference, percent=True),
            p_cell(one.preference.p),
            interval(one.mixed.mean, percent=True),
            p_cell(one.mixed.mean.p),
        )
        for one in comparisons
    ]
    return Table(
        ("Comparison", "ANOVA, items", "ANOVA, participants", "Preference, points", "p", "Mixed model, points", "p"),
        rows,
        "Tests of the votes",
        (
            "One-way ANOVA of votes with items, and with participants, as units. Preference: share of the first method "
            "less share of the second in percentage points, with 95% interval and p clustered by participants and "
            "items; and by a linear mixed model with participants and items at random (REML, Satterthwaite).",
        ),
    )


def power_table(comparisons: Sequence[Comparison], most: int = 1000) -> Table:
    """Participants that the next study needs to find an effect in 80 of 100 cases."""
    rows = []
    for one in comparisons:
        wanted = {f"{100 * effect:.0f}": effect for effect in EFFECTS}
        wanted[f"{100 * abs(one.preference.value):.1f} (as found)"] = abs(one.preference.value)
        for name, effect in wanted.items():
            needed = [one.mixed.components.participants_for(effect, factor * one.items, most=most) for factor in ITEMS]
            now = one.mixed.components.power(effect, one.participants, one.items)
            cells = [str(number) if number else f"> {most}" for number in needed]
            rows.append((_title(one.counts), name, f"{100 * now:.0f}%", *cells))
    items = comparisons[0].items
    return Table(
        ("Comparison", "Points", "Power now", *(f"{factor * items} items" for factor in ITEMS)),
        rows,
        "The next study",
        (
            "Power: of this study's size, to find a preference of so many percentage points (two-sided, 5%); then the "
            "participants needed for a power of 80% with so many items. Variances of participants, items and rest are "
            "those of this study.",
        ),
    )


def sentences(comparisons: Sequence[Comparison]) -> list[str]:
    """One paragraph a comparison."""
    return [_paragraph(one) for one in comparisons]


def _paragraph(one: Comparison) -> str:
    counts, preference, model = one.counts, one.preference, one.mixed.mean
    first, similar, second = (100 * share for share in counts.shares)
    share, low, high, p = counts.binomial()
    text = (
        f"{counts.first_method} against {counts.second_method}: of {counts.all} votes by {one.participants} "
        f"participants on {one.items} items, {first:.1f}% preferred {counts.first_method}, {second:.1f}% "
        f"{counts.second_method}, and {similar:.1f}% found them similar. With errors clustered by participants and "
        f"items, the preference for {counts.first_method} was {interval(preference, percent=True)} percentage points "
        f"(95% interval; t({preference.degrees:.0f}) = {minus(_t(preference))}, p {p_text(preference.p)}); a linear "
        f"mixed model with both at random gave {interval(model, percent=True)} "
        f"(t({model.degrees:.1f}) = {minus(_t(model))}, p {p_text(model.p)}). A one-way ANOVA of the "
        f"votes by item gave F({one.by_item.between}, {one.by_item.within}) = {one.by_item.f:.2f}, "
        f"p {p_text(one.by_item.p)}; an exact binomial test of the votes that prefer one, {100 * share:.1f}% "
        f"[{100 * low:.1f}, {100 * high:.1f}], p {p_text(p)}."
    )
    if preference.low <= 0 <= preference.high:
        reach = 100 * max(-preference.low, preference.high)
        text += (
            " No difference was found. That does not show the two to be equal: the data agree with a difference of up "
            f"to {reach:.1f} points."
        )
    return text


def _t(estimate: Estimate) -> float:
    return estimate.value / estimate.error if estimate.error else float("inf")


def _title(counts: Counts) -> str:
    return f"{counts.first_method} / {counts.second_method}"

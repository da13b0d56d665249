"""What published votes can be: whole counts that give printed percentages, and the F that an ANOVA of them can have.

Papers print percentages, F and p, and leave out the unit of their analysis. Votes come in whole numbers, and every
participant casts the same number of them, so some of what is printed contradicts itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.study.wording import listed
from evaluation.tables import Table

PRINTED = 1
"""decimals of the percentages"""


@dataclass(frozen=True)
class LeastF:
    """The smallest F of a one-way ANOVA of two methods' votes, one observation for each unit and method."""

    unit: str
    """'participants', 'items' or 'single votes'"""
    units: int
    votes_each: int
    f: float


def counts_of(percent: Sequence[float], votes: int) -> tuple[int, ...] | None:
    """Whole numbers of votes that add up to `votes` and are printed as these percentages; None where there are none.

    Args:
        percent: of each answer, with one decimal.
        votes: in all.
    """
    # half a unit of the last decimal, and a little for the computer's own rounding
    reach = 0.5 * 10**-PRINTED + 1e-9
    counts = [round(share * votes / 100) for share in percent]
    if any(abs(100 * count / votes - share) > reach for count, share in zip(counts, percent, strict=True)):
        return None
    # several counts may be printed alike where votes are many: the nearest are moved until they add up
    for place in sorted(range(len(counts)), key=lambda k: -counts[k]):
        while sum(counts) != votes:
            moved = counts[place] + (1 if sum(counts) < votes else -1)
            if moved < 0 or abs(100 * moved / votes - percent[place]) > reach:
                break
            counts[place] = moved
    return tuple(counts) if sum(counts) == votes else None


def nearest_votes(percent: Sequence[float], votes: int) -> int | None:
    """The number of votes nearest to `votes` of which there are such counts, within its half and its double."""
    for away in range(votes):
        for number in (votes - away, votes + away):
            if votes / 2 <= number <= 2 * votes and counts_of(percent, number) is not None:
                return number
    return None


def least_f(first: int, second: int, units: int, votes_each: int) -> float:
    """The smallest F of a one-way ANOVA of the votes for two methods, one observation a unit and method.

    Groups lie apart by their means, which are given; F is smallest where they spread most, that is where every unit
    (but one or two) gives all its votes to one answer. With n units and sums of squares S of both groups
    F = n (m - m')^2 / ((S + S' - n m^2 - n m'^2) / (n - 1)).

    Args:
        first, second: votes for each method.
        units: participants, or items.
        votes_each: of a unit, whatever they are for.

    Returns:
        infinity where no spread is possible at all, 0 for equal counts.

    Raises:
        ValueError: fewer than two units, or more votes than there are.
    """
    if units < 2 or first + second > units * votes_each:
        raise ValueError(f"{first} and {second} votes of {units} units with {votes_each} votes each are not possible")
    # of each method as many units as it can fill, and one with the rest; those of both methods always find room
    squares = sum((count // votes_each) * votes_each**2 + (count % votes_each) ** 2 for count in (first, second))
    means = first / units, second / units
    spread = (squares - units * (means[0] ** 2 + means[1] ** 2)) / (units - 1)
    between = units * (means[0] - means[1]) ** 2
    return between / spread if spread > 0 else (float("inf") if between else 0.0)


def check(percent: Sequence[float], participants: int, items: int, f: float | None = None) -> tuple[list[str], Table]:
    """What published figures of an A/B test can be: sentences, and a table of the least F.

    Args:
        percent: printed share of the first method, of 'similar', of the second.
        participants: who vote.
        items: that each of them votes on, once.
        f: printed F, if there is one.
    """
    votes = participants * items
    shown = " / ".join(f"{share:.{PRINTED}f}" for share in percent)
    counts = counts_of(percent, votes)
    if counts is None:
        nearest = nearest_votes(percent, votes)
        said = [f"{shown} % of {participants} x {items} = {votes} votes: no whole counts give these percentages."]
        if nearest is None:
            return said, _table([], f)
        counts = counts_of(percent, nearest) or ()
        said.append(f"The nearest number of votes that does is {nearest} ({listed([str(n) for n in counts])}).")
        return said, _table([], f)
    said = [f"{shown} % of {participants} x {items} = {votes} votes: {listed([str(count) for count in counts])}."]
    least = [
        LeastF(unit, units, each, least_f(counts[0], counts[2], units, each))
        for unit, units, each in (
            ("participants", participants, items),
            ("items", items, participants),
            ("single votes", votes, 1),
        )
    ]
    for one in least if f is not None else ():
        verdict = "is not possible" if f is not None and f < one.f else "is possible"
        said.append(f"F = {f:g} {verdict} with {one.unit} as units: the least is {one.f:.2f}.")
    return said, _table(least, f)


def _table(least: Sequence[LeastF], f: float | None) -> Table:
    rows = [[one.unit, str(one.units), str(one.votes_each), f"{one.f:.2f}"] for one in least]
    note = "The least F: every unit gives all its votes to one answer, so that groups spread as far as they can."
    return Table(("Unit", "Units", "Votes each", "Least F"), rows, "F of a one-way ANOVA", [note] if rows else [])

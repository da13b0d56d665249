"""What printed votes can be; the paper's own."""

from __future__ import annotations

import itertools

import pytest

from evaluation.study.published import check, counts_of, least_f, nearest_votes
from evaluation.study.votes import anova


def test_whole_votes_behind_percentages():
    assert counts_of((66.7, 6.7, 26.6), 432) == (288, 29, 115)
    assert counts_of((44.1, 4.1, 51.8), 432) is None
    assert nearest_votes((44.1, 4.1, 51.8), 432) == 438
    assert counts_of((44.1, 4.1, 51.8), 440) == (194, 18, 228)
    assert sum(counts_of((33.3, 33.3, 33.3), 100_000) or ()) == 100_000  # many counts are printed so; they add up
    assert counts_of((33.3, 33.3, 33.4), 1001) is None  # 333, 333 and 334 are the only ones, and one too few
    assert counts_of((50.0, 0.0, 49.0), 10) is None and nearest_votes((50.0, 0.0, 40.0), 20) is None


def test_the_least_f_is_that_of_all_possible_votes():
    """Three units with four votes each, one of them 'similar' or not at all: every table is tried."""
    each, units = 4, 3
    rows = [(a, b) for a in range(each + 1) for b in range(each + 1 - a)]
    least: dict[tuple[int, int], float] = {}
    for table in itertools.product(rows, repeat=units):
        first, second = [row[0] for row in table], [row[1] for row in table]
        found = anova(first, second).f
        totals = sum(first), sum(second)
        if found == found:
            least[totals] = min(least.get(totals, float("inf")), found)
    assert len(least) > 80
    for (first, second), wanted in least.items():
        assert least_f(first, second, units, each) == pytest.approx(wanted), (first, second)


def test_the_papers_f_and_its_units():
    """F = 7.25 of the lower bar of Fig. 5 is not possible with 27 participants as units, and with 16 items it is."""
    assert least_f(288, 115, 27, 16) == pytest.approx(10.12, abs=0.005)
    assert least_f(288, 115, 16, 27) == pytest.approx(6.14, abs=0.005)
    said, table = check((66.7, 6.7, 26.6), 27, 16, 7.25)
    assert said[0] == "66.7 / 6.7 / 26.6 % of 27 x 16 = 432 votes: 288, 29 and 115."
    assert said[1] == "F = 7.25 is not possible with participants as units: the least is 10.12."
    assert said[2] == "F = 7.25 is possible with items as units: the least is 6.14."
    assert said[3].startswith("F = 7.25 is not possible with single votes as units")
    assert [row[0] for row in table.rows] == ["participants", "items", "single votes"]
    said, table = check((44.1, 4.1, 51.8), 27, 16, 0.17)
    assert "no whole counts give these percentages" in said[0] and "is 438 (193, 18 and 227)" in said[1]
    assert table.rows == []
    with pytest.raises(ValueError, match="are not possible"):
        least_f(10, 10, 2, 5)

"""The criterion of failure: no stop, skip, repeat, wrong length; and nothing where all is well."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.metrics.alignment import centres, coverage, diagonality, report, sharpness


def path(*columns: int, symbols: int = 6) -> np.ndarray:
    alignment = np.zeros((len(columns), symbols))
    alignment[np.arange(len(columns)), list(columns)] = 0.9
    return alignment


GOOD = path(0, 1, 1, 2, 3, 3, 4, 5)


def test_a_good_path_passes() -> None:
    found = report(GOOD, True, 24, 22)
    assert not found.failed
    assert coverage(GOOD) == 1.0
    assert sharpness(GOOD) == pytest.approx(0.9)
    assert diagonality(GOOD) > 0.7 > diagonality(np.ones((8, 6)))


@pytest.mark.parametrize(
    ("alignment", "stopped", "frames", "flaw"),
    [
        (GOOD, False, 24, "no_stop"),
        (path(0, 1, 1, 3, 3, 4, 5), True, 24, "skipped"),
        (path(0, 1, 2, 3, 1, 2, 3, 4, 5), True, 24, "repeated"),
        (GOOD, True, 60, "wrong_length"),
        (GOOD, True, 8, "wrong_length"),
    ],
)
def test_each_flaw_is_found_alone(alignment: np.ndarray, stopped: bool, frames: int, flaw: str) -> None:
    found = report(alignment, stopped, frames, 24)
    assert found.failed
    flaws = {name for name in ("no_stop", "skipped", "repeated", "wrong_length") if getattr(found, name)}
    assert flaws == {flaw}


def test_the_end_symbol_may_be_left_out_and_rows_without_mass_keep_the_place() -> None:
    assert not report(path(0, 1, 2, 3, 4), True, 24, 24).failed
    alignment = GOOD.copy()
    alignment[4] = 0.0
    assert centres(alignment)[4] == centres(alignment)[3] == 2.0

"""docs/METRICS.md names every metric, with its function, unit and direction, and its examples are true."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.evaluation.metrics.test_two_ranks import public_metrics

PAGE = Path(__file__).resolve().parents[3] / "docs" / "METRICS.md"
ROWS = {
    row[1].strip("`"): row
    for row in (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    )
    if re.fullmatch(r"`[A-Z]\w+`", row[1])
}


def test_examples() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8", optionflags=doctest.REPORT_NDIFF)
    assert result.attempted > 60
    assert result.failed == 0


def test_the_table_has_every_public_metric_and_no_other() -> None:
    assert set(ROWS) == set(public_metrics())


@pytest.mark.parametrize("name", ROWS)
def test_class_function_and_direction_fit(name: str) -> None:
    _, _, function, unit, better = ROWS[name]
    metric = public_metrics()[name]
    assert callable(getattr(import_module(metric.__module__), function.strip("`")))
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    assert function.strip("`") == snake
    assert unit
    direction = {True: "higher", False: "lower"}.get(metric.higher_is_better, "")
    assert better.startswith(direction)


def test_every_function_has_an_example() -> None:
    examples = "\n".join(example.source for example in doctest.DocTestParser().get_examples(PAGE.read_text("utf-8")))
    needs_weights = {"perceptual_distance", "frechet_inception_distance"}
    for name, row in ROWS.items():
        function = row[2].strip("`")
        assert function in needs_weights or f"{function}(" in examples, name

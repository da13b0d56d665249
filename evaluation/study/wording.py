"""Numbers and lists as papers write them."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.study.clusters import Estimate


def p_text(p: float) -> str:
    """'= 0.68', '= .012', '< .001', as it follows 'p'."""
    if p != p:
        return "not defined"
    if p < 0.001:
        return "< .001"
    return f"= {p:.2f}" if p >= 0.1 else f"= {p:.3f}".replace("0.", ".", 1)


def p_cell(p: float) -> str:
    """The same for a cell of a table: without the equals sign."""
    return p_text(p).removeprefix("= ")


def interval(estimate: Estimate, digits: int = 2, percent: bool = False) -> str:
    """'0.12 [0.03, 0.21]'; in percent '12.0 [3.1, 20.9]'."""
    factor, digits = (100, 1) if percent else (1, digits)
    value, low, high = (factor * number for number in (estimate.value, estimate.low, estimate.high))
    return f"{minus(value, digits)} [{minus(low, digits)}, {minus(high, digits)}]"


def minus(value: float, digits: int = 2) -> str:
    """A number with a minus sign rather than a hyphen."""
    return f"{value:.{digits}f}".replace("-", "−")


def listed(words: Sequence[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))

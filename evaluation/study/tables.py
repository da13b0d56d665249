"""Rows of text as Markdown and as LaTeX, and numbers as papers write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.study.clusters import Estimate

_LATEX = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "$": r"\$", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}"}


@dataclass(frozen=True)
class Table:
    """Text in rows; the first column is left-aligned, the others right."""

    caption: str
    label: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """A pipe table with its caption above."""
        lines = [
            f"**{self.caption}**", "",
            "| " + " | ".join(self.head) + " |",
            "| --- |" + " ---: |" * (len(self.head) - 1),
        ]  # fmt: skip
        return "\n".join(
            lines + ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in self.rows]
        )

    def latex(self) -> str:
        """A floating table that needs the package booktabs."""
        rows = [" & ".join(latex_text(cell) for cell in row) + r" \\" for row in self.rows]
        return "\n".join(
            [
                r"\begin{table}", r"\centering", rf"\caption{{{latex_text(self.caption)}}}", rf"\label{{{self.label}}}",
                rf"\begin{{tabular}}{{l{'r' * (len(self.head) - 1)}}}", r"\toprule",
                " & ".join(latex_text(cell) for cell in self.head) + r" \\", r"\midrule",
                *rows, r"\bottomrule", r"\end{tabular}", r"\end{table}",
            ]
        )  # fmt: skip


def latex_text(text: str) -> str:
    """Text whose special characters stand for themselves."""
    escaped = "".join(_LATEX.get(character, character) for character in text.replace("\\", "/"))
    return escaped.replace("–", "--").replace("−", "$-$").replace("<", "$<$").replace(">", "$>$")


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

"""Answers in; figures, tables and sentences for a paper out."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anyonenet.errors import InputError
from evaluation.study import report_ratings, report_votes
from evaluation.study.charts import draw_scores, draw_votes
from evaluation.study.definition import Study
from evaluation.study.ratings import rate
from evaluation.study.reliability import REASONS, Sorted, described, sort_answers
from evaluation.study.votes import Counts, compare
from evaluation.study.wording import listed
from evaluation.tables import Table, write_text

_COLUMNS = ("comparison", "first_method", "second_method", "first", "similar", "second")


def analyse(study: Study, answers: Path, out: Path) -> str:
    """Write `report.md`, `tables.tex`, `paper.txt`, `analysis.json` and the figure; return what a terminal shows.

    Args:
        study: as built.
        answers: folder of participants' files.
        out: folder for the results, made if missing.

    Raises:
        InputError: there are no answers, or too few reliable ones for any test.
    """
    found = sort_answers(answers, study)
    if len(found.kept) < 2:
        raise InputError(
            f"{len(found.kept)} reliable participants in {answers} ({_left_out(found)}); two at least are needed"
        )
    out.mkdir(parents=True, exist_ok=True)
    tables: list[Table | None]
    try:
        if study.kind == "ab":
            comparisons = compare(study, found.kept)
            results: list[Any] = list(comparisons)
            tables = [
                report_votes.counts_table([one.counts for one in comparisons]),
                report_votes.tests_table(comparisons), report_votes.power_table(comparisons),
            ]  # fmt: skip
            paragraphs = report_votes.sentences(comparisons)
            pictures = draw_votes([one.counts for one in comparisons], out / "votes")
        else:
            scales = rate(study, found.kept)
            results = list(scales)
            labels = [scale.id.replace("_", " ") for scale in study.scales]
            tables = [
                report_ratings.scores_table(scales, labels), report_ratings.overall_table(scales, labels),
                report_ratings.pairs_table(scales, labels), report_ratings.power_table(scales, labels),
            ]  # fmt: skip
            paragraphs = report_ratings.sentences(scales, labels)
            pictures = draw_scores(scales, labels, out / "scores")
    except ValueError as error:
        raise InputError(f"the answers in {answers} do not allow any test: {error}") from None
    paragraphs = [_participants(study, found), *paragraphs]
    details = {
        "study": study.id,
        "participants": {"kept": len(found.kept), "left_out": found.counts},
        "left_out": [dict(zip(("file", "reason", "what"), one, strict=True)) for one in found.left_out],
        "results": [dataclasses.asdict(one) for one in results],
    }
    return _write(out, study.name, [table for table in tables if table is not None], paragraphs, pictures, details)


def analyse_counts(path: Path, out: Path) -> str:
    """The same for votes that were counted already, as printed in papers: percentages, binomial test, figure.

    Args:
        path: a CSV file with the columns comparison, first_method, second_method, first, similar, second.
        out: folder for the results, made if missing.

    Raises:
        InputError: the file cannot be used.
    """
    counts = read_counts(path)
    out.mkdir(parents=True, exist_ok=True)
    paragraphs = []
    for one in counts:
        shares = [f"{100 * share:.1f}%" for share in one.shares]
        paragraphs.append(
            f"{one.first_method} against {one.second_method}: of {one.all} votes {shares[0]} preferred "
            f"{one.first_method}, {shares[2]} {one.second_method}, and {shares[1]} found them similar. Who voted "
            "on what is not known, so nothing allows for the likeness of one person's votes."
        )
    details = {"results": [dataclasses.asdict(one) for one in counts]}
    pictures = draw_votes(counts, out / "votes")
    return _write(out, path.stem, [report_votes.counts_table(counts)], paragraphs, pictures, details)


def read_counts(path: Path) -> list[Counts]:
    """Votes from a CSV file.

    Raises:
        InputError: missing, of another form, or without a row.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, strict=True))
        found = [
            Counts(
                *(row["comparison"], row["first_method"], row["second_method"]),
                *(int(row["first"]), int(row["similar"]), int(row["second"])),
            )
            for row in rows
        ]
    except FileNotFoundError:
        raise InputError(f"no counts at {path}; check the path") from None
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError):
        raise InputError(f"{path} is not a CSV file with the columns {', '.join(_COLUMNS)} and whole numbers") from None
    if not found or min(min(one.first, one.similar, one.second) for one in found) < 0:
        raise InputError(f"{path} holds no votes, or fewer than none")
    return found


def _participants(study: Study, found: Sorted) -> str:
    """Who took part, and by which rules others were left out."""
    rules = study.rules
    text = f"{len(found.kept) + len(found.left_out)} files of answers came in; {len(found.kept)} count."
    if found.left_out:
        text += f" Left out: {_left_out(found)}."
    consistency = (
        f"answered more than {100 * rules.inconsistent_share:.0f}% of the repeated questions otherwise"
        if study.kind == "ab"
        else f"gave scores more than {rules.score_difference:g} apart on average at the repeated videos"
    )
    text += (
        f" By rules stated beforehand a participant is left out who did not finish, took less than "
        f"{rules.shortest_seconds:.0f} s in all, {consistency}, or gave one answer to everything."
    )
    for name in ("gender", "age"):
        told = {value: count for value, count in described(found.kept, name).items() if value}
        if told:
            text += f" By {name}: {listed([f'{count} {value}' for value, count in sorted(told.items())])}."
    return text


def _left_out(found: Sorted) -> str:
    told = [f"{count} {REASONS[reason]}" for reason, count in found.counts.items() if count]
    return "; ".join(told) or "none left out"


def _write(
    out: Path, name: str, tables: Sequence[Table], paragraphs: Sequence[str], pictures: Sequence[Path], details: Any
) -> str:
    picture = next(path.name for path in pictures if path.suffix == ".png")
    dressed = [table.markdown() for table in tables]
    write_text(out / "report.md", "\n\n".join([f"# {name}", *paragraphs, f"![{name}]({picture})", *dressed]))
    write_text(out / "tables.tex", "\n\n".join(["% needs booktabs", *(table.latex() for table in tables)]))
    write_text(out / "paper.txt", "\n\n".join(paragraphs))
    write_text(out / "analysis.json", json.dumps(details, indent=1, ensure_ascii=False))
    return "\n\n".join([*paragraphs, *(table.terminal() for table in tables)])

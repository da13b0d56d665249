"""Which engine runs a network: the one that was asked for, or the quickest that is ready."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from anyonenet.engines.kinds import KINDS, Kind, kind_of, need_package
from anyonenet.engines.processor import processor_flags
from anyonenet.engines.record import Record, check_files, read_record
from anyonenet.errors import WeightsError
from anyonenet.weights import read_card


@dataclass(frozen=True)
class Found:
    """How an engine stands here."""

    kind: Kind
    fits: bool
    """this processor runs it quickly"""
    record: Record | None
    """of its export, where there is one of these weights"""
    missing: str
    """what it lacks and how to get it; empty: it is ready"""

    @property
    def ready(self) -> bool:
        return not self.missing


def engines_found(weights: Path, flags: frozenset[str] | None = None) -> Iterator[Found]:
    """Every engine, the quickest first.

    Args:
        weights: folder of the image stage.
        flags: the processor's instructions; None: this one's.

    Raises:
        WeightsError: no card in the folder.
    """
    known = processor_flags() if flags is None else flags
    _, arguments, card = read_card(weights)
    for kind in KINDS:
        record, missing = None, ""
        if kind.exported:
            try:
                record = read_record(weights, kind.name, card.sha256, arguments)
            except WeightsError as error:
                missing = str(error)
        if not kind.installed:
            missing = f"pip install 'anyonenet[{kind.extra}]'"
        yield Found(kind, kind.fits(known), record, missing)


def choose_engine(weights: Path, engine: str = "auto", flags: frozenset[str] | None = None) -> tuple[Found, str]:
    """The engine to run the image stage, and why, in one line.

    Args:
        weights: folder of the image stage.
        engine: as for `kind_of`, or 'auto': the first that the processor runs quickly, that is installed and exported.
        flags: the processor's instructions; None: this one's.

    Raises:
        InputError: an unknown name, or its package is not installed.
        WeightsError: no card in the folder; an engine asked for by name is not exported, or its files are not the
            record's.
    """
    if engine != "auto":
        engine = kind_of(engine, flags).name
    passed: list[str] = []
    for found in engines_found(weights, flags):
        kind = found.kind
        if engine == kind.name:
            need_package(kind)
            if not found.ready:
                raise WeightsError(found.missing)
            if found.record is not None:
                check_files(weights, found.record)
            return found, f"engine {kind.name} ({kind.why}), as asked for"
        if engine == "auto" and found.fits:
            if found.ready and found.record is not None:
                try:
                    check_files(weights, found.record)
                except WeightsError as error:
                    passed.append(str(error))
                    continue
            if found.ready:
                better = f"; quicker ones are not ready: {passed[0]}" if passed else ""
                return found, f"engine {kind.name} ({kind.why}){better}"
            passed.append(f"{kind.name}: {found.missing}" if not kind.installed else found.missing)
    raise AssertionError("the last engine needs nothing")

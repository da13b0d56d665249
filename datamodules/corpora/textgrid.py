"""Reads Praat's TextGrid in its long form, as forced aligners write it: tiers of labelled intervals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from anyonenet.errors import CorpusError, InputError
from datamodules.corpora.files import read_text

_TIER = re.compile(r'class = "IntervalTier"\s*name = "([^"]*)"')
_INTERVAL = re.compile(r'xmin = ([-\d.e+]+)\s*xmax = ([-\d.e+]+)\s*text = "((?:[^"]|"")*)"')
_SILENT = frozenset(("", "sp", "sil", "spn", "<eps>", "<sil>", "silence"))


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time, seconds, and its label; '' in silence."""

    label: str
    start: float
    end: float


def read_text_grid(path: Path) -> dict[str, list[Interval]]:
    """Tier -> its intervals in order; what aligners call silence has the label ''.

    Raises:
        CorpusError: the file cannot be read, is no TextGrid in the long form, or its intervals go back in time.
    """
    try:
        text = read_text(path)
    except InputError as error:
        raise CorpusError(str(error)) from None
    parts = _TIER.split(text)
    if len(parts) < 3:
        raise CorpusError(f"{path} is no TextGrid in the long text form; save it as 'text file' in Praat")
    tiers: dict[str, list[Interval]] = {}
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        intervals = []
        for start, end, label in _INTERVAL.findall(body):
            label = label.replace('""', '"').strip()
            intervals.append(Interval("" if label.lower() in _SILENT else label, float(start), float(end)))
        for before, after in zip(intervals, intervals[1:], strict=False):
            if after.start < before.end - 1e-4 or after.end < after.start:
                raise CorpusError(f"{path}: tier '{name}' goes back in time at {after.start:g} s; align it again")
        tiers[name] = intervals
    return tiers

"""Each part's share of what the machine can do: what it counts to, over its time, over the measured limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.speed.record import Section, Table
from benchmarks.speed.work import Limit, Work


@dataclass(frozen=True)
class Share:
    """One part on so many threads, a second of video."""

    name: str
    precision: str
    threads: int
    seconds: float
    """that it takes"""
    work: Work
    limit: Limit

    @property
    def macs(self) -> float:
        """Multiply-adds a second that it reaches."""
        return self.work.macs / self.seconds

    @property
    def intensity(self) -> float:
        """Multiply-adds a byte."""
        return self.work.macs / self.work.bytes

    @property
    def least_seconds(self) -> float:
        """That the limits leave, the arithmetic and the memory's at once."""
        return max(self.work.macs / self.limit.macs, self.work.bytes / self.limit.bytes)


def shares(sections: dict[str, Section]) -> list[Share]:
    """Of all parts and engines whose work was counted, where the limits were measured too."""
    if "limits" not in sections:
        return []
    figures = sections["limits"].figures
    parts: list[dict[str, Any]] = []
    for name, key in (("parts", "parts"), ("engines", "engines")):
        parts += sections[name].data.get(key, []) if name in sections else []
    found = []
    for part in parts:
        threads, rtf = min(part["rtf"].items(), key=lambda pair: pair[1])
        limit = figures.get(f"macs_{part['precision']}_{threads}"), figures.get(f"bytes_{threads}")
        if part["macs"] and part["bytes"] and limit[0] and limit[1]:
            work = Work(part["macs"], part["bytes"])
            found.append(Share(part["name"], part["precision"], int(threads), rtf, work, Limit(limit[0], limit[1])))
    return found


def shares_table(sections: dict[str, Section]) -> Table:
    """A row a part, on the number of threads on which it is fastest."""
    head = ["part", "precision", "threads", "GMAC a second of video", "GMAC/s", "of the limit"]
    table = Table("shares", "Shares of the limits", [*head, "GB a second of video", "of the bandwidth", "least RTF"])
    for one in shares(sections):
        macs, bandwidth = one.limit.shares(one.work, one.seconds)
        table.add(
            *(one.name, one.precision, str(one.threads), f"{one.work.macs / 1e9:.3g}", f"{one.macs / 1e9:.3g}"),
            *(f"{macs:.0%}", f"{one.work.bytes / 1e9:.2g}", f"{bandwidth:.0%}", f"{one.least_seconds:.2g}"),
        )
    return table

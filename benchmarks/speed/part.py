"""One part of `benchmarks.bench`, in the process that this module is run as."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed import record
from benchmarks.speed.record import Section


@dataclass(frozen=True)
class Setting:
    """What a part is told."""

    weights: Path
    """folder of exported weights"""
    scratch: Path
    """folder for what is made to be measured"""
    checkouts: tuple[Path, ...] = ()
    """of public projects"""
    quick: bool = False
    """fewer repeats"""

    def repeats(self, usual: int) -> int:
        return max(1, usual // 3) if self.quick else usual


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=Path(__file__).resolve().parents[2] / "weights")
    parser.add_argument("--checkouts", type=Path, nargs="+", default=[])
    parser.add_argument("--quick", action="store_true")
    values = parser.parse_args()
    setting = Setting(values.weights, values.scratch, tuple(values.checkouts), values.quick)
    section = Section(values.name)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended before it was through"))
    measure = importlib.import_module(f"benchmarks.speed.{values.name}").measure
    try:
        measure(setting, section)
    except BaseException as error:
        section.failed = f"{type(error).__name__}: {' '.join(str(error).splitlines()[:1])}"
        raise
    finally:  # what was found before it failed is kept
        record.write(values.json, {values.name: section})


if __name__ == "__main__":
    main()

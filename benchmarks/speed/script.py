"""Another benchmark of this folder, called for its figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def figures(module: str, arguments: list[str], path: Path) -> dict[str, float]:
    """What `python -m benchmarks.MODULE ... --json PATH` writes.

    Raises:
        RuntimeError: it failed, or wrote no figures.
    """
    path.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *arguments, "--json", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    last = " ".join(done.stdout.strip().splitlines()[-1:])
    if done.returncode:
        raise RuntimeError(f"benchmarks.{module} failed (exit code {done.returncode}): {last}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise RuntimeError(f"benchmarks.{module} wrote no figures: {last}") from None
    return {name: float(value) for name, value in found.items() if isinstance(value, (int, float))}

"""`run.json`: what a run is made of (configuration, code, corpora) and when it ran."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from anyonenet.checksum import sha256_of_values

RUN = "run.json"
PACKAGES = ("anyonenet", "torch", "pytorch-lightning", "numpy")


def code_facts(checkout: Path | None = None) -> dict[str, Any]:
    """Git commit of the checkout that holds this program, and whether files of it were changed since.

    Args:
        checkout: its folder; None: where this program's packages lie.

    Returns:
        `commit` and `changed`, both None outside a checkout or without git; `versions` of the packages.
    """
    here = Path(checkout or Path(__file__).resolve().parents[2])
    commit = _git(here, "rev-parse", "HEAD") if _git(here, "rev-parse", "--show-prefix") == "" else None
    changes = None if commit is None else _git(here, "status", "--porcelain", "--untracked-files=no")
    return {
        "commit": commit,
        "changed": None if changes is None else bool(changes),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def corpus_facts(stores: Iterable[Path]) -> list[dict[str, Any]]:
    """Of each feature store: its folder, number of items, and SHA-256 of the whole, its options and its manifest."""
    found = []
    for folder in stores:
        meta = json.loads((Path(folder) / "store.json").read_text(encoding="utf-8"))
        files = meta.get("files", {})
        found.append(
            {
                "store": str(folder),
                "items": meta.get("items"),
                "sha256": sha256_of_values([meta["options"], files]),
                "options_sha256": sha256_of_values(meta["options"]),
                "manifest_sha256": files.get("manifest.parquet"),
            }
        )
    return found


def corpora_hash(facts: Iterable[dict[str, Any]]) -> str:
    """One hash for all stores of a run, in whatever folders they lie."""
    return hashlib.sha256("\n".join(sorted(fact["sha256"] for fact in facts)).encode()).hexdigest()


def read_run(folder: Path) -> dict[str, Any]:
    """A run's `run.json`; empty where there is none or it cannot be read."""
    try:
        told = json.loads((Path(folder) / RUN).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def write_run(folder: Path, facts: dict[str, Any]) -> None:
    """Write `run.json`, beside and renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{RUN}.{os.getpid()}.part"
    beside.write_text(json.dumps(facts, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    os.replace(beside, folder / RUN)


def now() -> str:
    """UTC, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def _git(folder: Path, *words: str) -> str | None:
    try:
        told = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return told.stdout.strip() if told.returncode == 0 else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

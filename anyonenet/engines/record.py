"""What lies beside an exported network: of which weights it is, how it was made, how far it is from them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from anyonenet.checksum import sha256_of
from anyonenet.errors import WeightsError

FILE = "record.json"


@dataclass(frozen=True)
class Record:
    """`record.json` of one export."""

    engine: str
    made_with: str
    """package and version"""
    source_sha256: str
    """of the weights' tensors, as their card says"""
    arguments: dict[str, Any]
    """of the weights' network"""
    size: int
    """pixels of the pictures' side"""
    inputs: int
    outputs: int
    coarse: list[int]
    """channels and sides of what the coarse levels make, see `anyonenet.engines.walk`"""
    calibration: str
    """what the ranges of int8 were measured on; empty: none needed"""
    distances: dict[str, float]
    """from the network in 32-bit floats, on pictures that calibration did not see"""
    files: dict[str, str] = field(default_factory=dict)
    """name -> SHA-256"""

    def write(self, folder: Path) -> None:
        """Into `folder`, beside and renamed."""
        beside = folder / f"{FILE}.{os.getpid()}.part"
        beside.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        os.replace(beside, folder / FILE)


def engine_folder(weights: Path, engine: str) -> Path:
    """Where the export of `weights` for an engine lies."""
    return Path(weights) / "engines" / engine


def read_record(weights: Path, engine: str, sha256: str, arguments: dict[str, Any]) -> Record:
    """The record of an export, if it is of these weights.

    Args:
        weights: folder of the weights.
        engine: its name.
        sha256, arguments: what the weights' card says.

    Raises:
        WeightsError: there is none, it cannot be read, or it is of other weights; each with the command that makes it.
    """
    path = engine_folder(weights, engine) / FILE
    mend = f"anyonenet export {weights} --engine {engine}"
    if not path.is_file():
        raise WeightsError(f"{weights} is not exported for engine '{engine}': {mend}")
    try:
        record = Record(**json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise WeightsError(f"{path} cannot be read ({error}); make it again: {mend}") from None
    except TypeError:  # fields that are missing, or not known
        raise WeightsError(f"{path} is of another version of the program; make it again: {mend}") from None
    if record.source_sha256 != sha256 or record.arguments != json.loads(json.dumps(arguments)):
        raise WeightsError(f"{path.parent} is of other weights than those in {weights}; make it again: {mend}")
    return record


def check_files(weights: Path, record: Record) -> None:
    """Refuse files that are not those of the record.

    Raises:
        WeightsError: a file is missing or another's.
    """
    folder = engine_folder(weights, record.engine)
    for name, digest in record.files.items():
        path = folder / name
        if not path.is_file() or sha256_of(path) != digest:
            state = "corrupt or was exchanged" if path.is_file() else "missing"
            raise WeightsError(f"{path} is {state}; make it again: anyonenet export {weights} --engine {record.engine}")

"""A worker that dies or hangs costs its source alone; one that was ended from outside costs nothing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from anyonenet.errors import AnyoneNetError, WeightsError
from datamodules.prepare.run import prepare_store
from tests.datamodules.prepare.toy import Toy


class Modelless(Toy):
    def items(self, source, skip):
        raise WeightsError("no weights in weights/fan")


def test_deaths_and_hangs_cost_their_source(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    troubles = {5: "segfault", 9: "hangs", 21: "killed once", 22: "noise"}
    store = prepare_store(Toy(tmp_path, 24, troubles), tmp_path / "f", workers=2, progress=False, patience_seconds=3.0)
    assert store is not None
    with (store.folder / "skipped.csv").open(newline="") as file:
        rows = [(Path(row["path"]).name, row["reason"], row["stage"]) for row in csv.DictReader(file)]
    assert rows == [
        ("k5.wav", "ended its worker process twice (SIGSEGV)", "worker"),
        ("k9.wav", "gave nothing for 3 s, twice; stopped", "worker"),
    ]
    assert {f"{number}-0" for number in range(24)} - set(store.manifest["id"]) == {"5-0", "9-0"}
    assert capfd.readouterr().err == ""  # what libraries print is kept from the screen


def test_missing_models_end_the_run_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(AnyoneNetError, match=r"^no weights in weights/fan$"):
        prepare_store(Modelless(tmp_path), tmp_path / "f", workers=1, progress=False)

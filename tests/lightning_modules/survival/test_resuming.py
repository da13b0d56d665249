"""A run goes on from the newest good checkpoint of its folder, and says what it passed over."""

from __future__ import annotations

import os
from pathlib import Path

from lightning_modules.survival import checkpoint_file
from lightning_modules.survival.resuming import newest_good


def write(path: Path, written: float, module: str = "", step: int = 0) -> Path:
    checkpoint_file.write({"step": step}, path, {"written": written, "module": module, "step": step})
    return path


def test_the_newest_by_its_seal(tmp_path: Path) -> None:
    new = write(tmp_path / "steps" / "000000009.ckpt", 30.0, step=9)
    old = write(tmp_path / "last.ckpt", 20.0, step=8)
    os.utime(new, (1, 1))  # as a copy may have it
    found = newest_good(tmp_path)
    assert (found.checkpoint, found.step, found.passed_over) == (new, 9, ())
    assert found.told(tmp_path) == f"going on from {new}, after step 9"
    # a training begun anew in the folder of a longer one: the newer counts, not the further
    anew = write(tmp_path / "steps" / "000000002.ckpt", 40.0, step=2)
    assert newest_good(tmp_path).checkpoint == anew
    assert old.exists()


def test_damaged_ones_are_named_and_passed_over(tmp_path: Path) -> None:
    good = write(tmp_path / "steps" / "1.ckpt", 10.0, step=1)
    cut, changed = write(tmp_path / "steps" / "2.ckpt", 20.0), write(tmp_path / "last.ckpt", 30.0)
    cut.write_bytes(cut.read_bytes()[:500])
    content = bytearray(changed.read_bytes())
    content[80] ^= 1
    changed.write_bytes(content)
    (tmp_path / ".3.ckpt.99.part").write_bytes(b"half")
    found = newest_good(tmp_path)
    assert found.checkpoint == good
    assert sorted(found.told(tmp_path).splitlines()) == [
        f"going on from {good}, after step 1",
        f"passed over: the checkpoint {changed} is not as it was written: its SHA-256 differs",
        f"passed over: the checkpoint {cut} is truncated",
    ]


def test_another_stage_in_the_same_folder_is_passed_over(tmp_path: Path) -> None:
    mine, other = write(tmp_path / "1.ckpt", 10.0, "a.Mine"), write(tmp_path / "2.ckpt", 20.0, "a.Other")
    found = newest_good(tmp_path, "a.Mine")
    assert found.checkpoint == mine and f"{other} is of a.Other" in found.passed_over[0]


def test_without_any_it_begins_anew(tmp_path: Path) -> None:
    found = newest_good(tmp_path / "not there")
    assert found.checkpoint is None
    assert found.told(tmp_path) == f"no good checkpoint in {tmp_path}: beginning anew"

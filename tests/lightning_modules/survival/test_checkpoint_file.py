"""A checkpoint is whole or it is not there, and what was done to it since is found out."""

from __future__ import annotations

import errno
import os
import zipfile
from pathlib import Path

import pytest
import torch

from anyonenet.errors import TrainingError, WeightsError
from lightning_modules.survival import checkpoint_file
from lightning_modules.survival.checkpoints import SealedCheckpointIO
from lightning_modules.survival.ranks import Ranks

CONTENT = {"weights": torch.arange(5000.0), "step": 3, "names": ["a"], "none": None}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run" / "one.ckpt"
    checkpoint_file.write(CONTENT, path, {"module": "stage.Module", "step": 7})
    return path


def test_is_read_by_everybody(path: Path) -> None:
    for read in (checkpoint_file.read(path), torch.load(path, weights_only=True)):
        assert torch.equal(read["weights"], CONTENT["weights"]) and read["names"] == ["a"]
    assert zipfile.ZipFile(path).testzip() is None
    seal = checkpoint_file.seal_of(path)
    assert seal is not None and (seal.module, seal.step) == ("stage.Module", 7)
    assert checkpoint_file.damage_of(path) is None
    assert os.listdir(path.parent) == ["one.ckpt"]


def test_any_truncation_is_found(path: Path) -> None:
    whole = path.read_bytes()
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 200, len(whole) - 64, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert checkpoint_file.damage_of(path) == checkpoint_file.TRUNCATED, length
        with pytest.raises(WeightsError, match="one.ckpt is truncated"):
            checkpoint_file.read(path)


@pytest.mark.parametrize("place", [0.01, 0.5, -150, -1])
def test_any_change_is_found(path: Path, place: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(place * len(content)) if isinstance(place, float) else place] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"one.ckpt (is not as it was written|is truncated)"):
        checkpoint_file.read(path)


def test_another_programs_checkpoint_is_read_but_has_no_seal(tmp_path: Path) -> None:
    torch.save(CONTENT, tmp_path / "other.ckpt")
    assert checkpoint_file.damage_of(tmp_path / "other.ckpt") == checkpoint_file.UNSEALED
    assert checkpoint_file.seal_of(tmp_path / "other.ckpt") is None
    assert checkpoint_file.read(tmp_path / "other.ckpt")["step"] == 3


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self):  # type: ignore[no-untyped-def]
            return os.mkdir, (str(tmp_path / "harm"),)

    checkpoint_file.write({"harm": Harm()}, tmp_path / "one.ckpt")
    with pytest.raises(WeightsError, match="not a checkpoint that can be read"):
        checkpoint_file.read(tmp_path / "one.ckpt")
    assert not (tmp_path / "harm").exists()


def test_a_full_disk_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    real = Path.open

    class Full:
        def __init__(self, file):  # type: ignore[no-untyped-def]
            self.file, self.left = file, 4000

        def write(self, data):  # type: ignore[no-untyped-def]
            self.left -= len(data)
            if self.left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self.file.write(data)

        def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
            return getattr(self.file, name)

        def __enter__(self):  # type: ignore[no-untyped-def]
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

    def opened(self, mode="r", *rest):  # type: ignore[no-untyped-def]
        return Full(real(self, mode, *rest)) if "w" in mode else real(self, mode, *rest)

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(OSError, match="No space left") as raised:
        checkpoint_file.write(CONTENT, path)
    monkeypatch.undo()
    assert path.read_bytes() == before and os.listdir(path.parent) == ["one.ckpt"]
    told = str(checkpoint_file.cannot_write(path, raised.value, path))
    assert "No space left on device" in told and "MB free" in told and f"last good one is {path}" in told


class OfTwo(Ranks):
    """Two processes of which this is one; the other has nothing to say."""

    count = 2  # type: ignore[assignment]

    def highest(self, value: int) -> int:
        return value


def test_several_processes_end_together_where_there_is_no_room(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    impossible = tmp_path / "file" / "one.ckpt"
    with pytest.raises(TrainingError, match=r"one.ckpt cannot be written: .*; there is none before it"):
        SealedCheckpointIO().save_checkpoint({}, impossible)
    one = SealedCheckpointIO(OfTwo())
    one.save_checkpoint({}, tmp_path / "good.ckpt")
    one.raise_failure()
    one.save_checkpoint({}, impossible)  # the others wait in a barrier behind it
    with pytest.raises(TrainingError, match=r"the last good one is .*good.ckpt"):
        one.raise_failure()

"""Which checkpoint a stopped run goes on from: the newest good one of its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lightning_modules.survival.checkpoint_file import damage_of, seal_of
from lightning_modules.survival.checkpoints import FOLDER


@dataclass(frozen=True)
class Found:
    """What a run's folder has to go on from."""

    checkpoint: Path | None
    """None: there is none, the run begins anew"""
    step: int
    passed_over: tuple[str, ...]
    """one line each: a newer checkpoint and what is wrong with it"""

    def told(self, folder: Path) -> str:
        """One line a checkpoint: what is passed over, and what is taken."""
        taken = f"going on from {self.checkpoint}, after step {self.step}"
        anew = f"no good checkpoint in {folder}: beginning anew"
        return "\n".join([*self.passed_over, taken if self.checkpoint else anew])


def newest_good(folder: Path, module: str | None = None) -> Found:
    """The checkpoint that was written last, of those that are as they were written.

    Looked at are the folder itself and its `steps`. Files are taken in the order of the time in their seal: file
    systems and copies change their own times.

    Args:
        folder: of the run.
        module: `package.Class` of the LightningModule that is to go on; checkpoints of others are passed over.
    """
    files = [*folder.glob("*.ckpt"), *(folder / FOLDER).glob("*.ckpt")]
    seals = {path: seal_of(path) for path in files}

    def newest(path: Path) -> float:
        seal = seals[path]
        return seal.written if seal else path.stat().st_mtime

    passed_over = []
    for path in sorted(files, key=newest, reverse=True):
        seal = seals[path]
        if seal is not None and module and seal.module and seal.module != module:
            passed_over.append(f"passed over: the checkpoint {path} is of {seal.module}")
            continue
        damage = damage_of(path)
        if damage is None and seal is not None:
            return Found(path, seal.step, tuple(passed_over))
        passed_over.append(f"passed over: the checkpoint {path} {damage}")
    return Found(None, 0, tuple(passed_over))

"""What ends a training from outside is told in one line."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from datamodules.sampling import Draw, training_loader
from lightning_modules.survival.failures import explained
from tests.lightning_modules.survival.trained import Numbers


class Failing(Numbers):
    """Does something to its loading process."""

    def __init__(self, what: Any):
        self.what = what

    def __getitem__(self, draw: Draw | int) -> torch.Tensor:
        self.what()
        return torch.zeros(1)


def error_of(what: Any) -> BaseException:
    loader = training_loader(Failing(what), 3, 5, torch.stack, workers=1)  # type: ignore[arg-type]
    with pytest.raises(Exception) as raised:
        list(loader)
    return raised.value


def test_a_loading_process_that_is_killed() -> None:
    told = str(explained(error_of(lambda: os.kill(os.getpid(), signal.SIGKILL))))
    assert "there may be too little memory" in told and "--resume goes on" in told and "\n" not in told


def test_a_data_file_that_is_gone() -> None:
    told = str(explained(error_of(lambda: Path("/no/such/mels.bin").read_bytes())))
    assert told == "a loading process ended with /no/such/mels.bin: No such file or directory; its number is 0"


def test_a_data_file_that_was_cut(tmp_path: Path) -> None:
    (tmp_path / "mels.bin").write_bytes(b"1234")
    with pytest.raises(ValueError) as raised:
        np.memmap(tmp_path / "mels.bin", np.float32, "r", shape=(2,))
    assert "shorter than it was" in str(explained(raised.value))


def test_a_gpu_that_is_full() -> None:
    error = torch.OutOfMemoryError(
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 139.8 GiB of which 1.2 GiB is "
        "free. Including non-PyTorch memory ..."
    )
    told = str(explained(error))
    assert "(of 139.8 GiB, 1.2 GiB are free): lower --data.init_args.batch_size" in told


def test_a_checkpoint_that_does_not_fit() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.nn.Linear(2, 2).load_state_dict(torch.nn.Linear(2, 3).state_dict())
    assert str(explained(raised.value)).startswith("the checkpoint is of a network of other sizes: size mismatch for")


def test_other_errors_stay_as_they_are() -> None:
    assert explained(RuntimeError("shapes (2, 3) and (4,) do not match")) is None
    assert explained(KeyError("a")) is None

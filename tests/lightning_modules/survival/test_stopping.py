"""What a signal does to a training: which code it ends with, who is told, who else hears it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch

from datamodules.sampling import training_loader
from lightning_modules.survival.stop import EXIT_INTERRUPTED, EXIT_STOPPED, Stop, Stopped
from lightning_modules.survival.wishes import Survival, Wishes
from tests.lightning_modules.survival.trained import Data, Noisy, Numbers, SignalAt, seed, trainer

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize(
    ("which", "code"),
    [(signal.SIGTERM, EXIT_STOPPED), (signal.SIGUSR1, EXIT_STOPPED), (signal.SIGINT, EXIT_INTERRUPTED)],
)
def test_the_step_is_finished_and_who_waits_is_told(which: signal.Signals, code: int, tmp_path: Path) -> None:
    before = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)]
    survival, module, heard = Survival(), Noisy(), []
    survival.stops.on_stop.append(lambda stop: heard.append((stop, stop.checkpoint.is_file())))
    with pytest.raises(Stopped) as stopped:
        trainer(tmp_path, survival, callbacks=[SignalAt(2, which)]).fit(module, Data())
    assert [line[2] for line in module.told if line[0] == "train"] == [0, 1]
    assert heard == [(Stop(which, tmp_path / "steps" / "000000002.ckpt"), True)]
    assert stopped.value.code == code
    assert str(stopped.value).startswith(f"stopped by {which.name}; its state is in {tmp_path}/steps/000000002.ckpt")
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)] == before


def test_only_the_first_process_ends_with_a_code() -> None:
    assert Stopped(Stop(signal.SIGTERM, None), rank=1).code == 0


def test_before_a_training_begins_it_ends_at_once() -> None:
    stops = Survival().stops
    heard: list[Stop] = []
    stops.on_stop.append(heard.append)
    stops.take()
    try:
        with pytest.raises(Stopped, match="nothing was trained yet"):
            os.kill(os.getpid(), signal.SIGUSR1)
            time.sleep(1)
    finally:
        stops.release()
    assert heard == [Stop(signal.SIGUSR1, None)]


def test_a_second_signal_changes_nothing_but_ctrl_c_does() -> None:
    stops = Survival().stops
    stops.take()
    stops._training = True
    try:
        for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGUSR1):
            os.kill(os.getpid(), number)
        time.sleep(0.01)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
    finally:
        stops.release()


class Parents(Numbers):
    """Tells which process loads."""

    def __getitem__(self, draw) -> torch.Tensor:
        return torch.tensor([os.getpid()])


def test_loading_processes_do_not_hear_what_the_group_is_told() -> None:
    loader = training_loader(Parents(), 3, 5, torch.stack, workers=1)  # type: ignore[arg-type]
    batches = iter(loader)
    worker = int(next(batches)[0, 0])
    assert worker != os.getpid()
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        subprocess.run(["kill", f"-{int(number)}", str(worker)], check=True)
    assert [int(batch[0, 0]) for batch in batches] == [worker] * 2
    process = loader._iterator._workers[0]  # type: ignore[union-attr]
    assert process.pid == worker and process.is_alive()
    process.terminate()  # by the training itself
    process.join(10)
    assert process.exitcode == 0


def test_the_last_few_are_kept(tmp_path: Path) -> None:
    seed()
    survival = Survival(Wishes(checkpoint_every=1, checkpoints_kept=3))
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / ".000000004.ckpt.1.part").write_bytes(b"of a run that was killed")
    trainer(tmp_path, survival).fit(Noisy(), Data())
    assert sorted(os.listdir(tmp_path / "steps")) == [f"00000000{step}.ckpt" for step in (7, 8, 9)]

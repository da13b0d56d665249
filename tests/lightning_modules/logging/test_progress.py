from __future__ import annotations

import io

import pytest

from lightning_modules.logging import progress
from lightning_modules.logging.progress import Pace, Progress, duration, in_words, short_values
from tests.lightning_modules.logging.little import Little, train


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_file_gets_a_line_every_so_many_steps(tmp_path):
    log = io.StringIO()
    train(tmp_path, epochs=2, callbacks=[Progress(line_every=5, stream=log)], enable_progress_bar=True)
    lines = log.getvalue().splitlines()
    assert [line.split(",")[0].split(":")[0] for line in lines] == [
        "step 1/12", "step 5/12", "validation at step 6", "step 10/12", "step 12/12", "validation at step 12",
    ]  # fmt: skip
    assert "epoch 1" in lines[3] and " s a step, " in lines[3] and " left, loss 0." in lines[3]
    assert "\r" not in log.getvalue()


def test_a_batch_on_which_two_optimisers_move_is_one_step(tmp_path):
    log = io.StringIO()
    progress = Progress(line_every=4, stream=log)
    train(tmp_path, epochs=1, callbacks=[progress], enable_progress_bar=True, module=Little(optimisers=2), max_steps=8)
    assert [line.split(",")[0] for line in log.getvalue().splitlines()][:2] == ["step 1/4", "step 4/4"]


def test_a_terminal_gets_a_bar_over_the_whole_training(tmp_path):
    terminal = Terminal()
    train(tmp_path, epochs=2, callbacks=[Progress(stream=terminal)], enable_progress_bar=True)
    last = terminal.getvalue().split("\r")[-1]
    assert "epoch 1 100%" in last and " 12/12, " in last and " s a step, loss " in last and ", ," not in last


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_the_time_left_counts_validations_and_the_pace_does_not(clock):
    pace = Pace(begin=10)
    for step in (11, 12, 13, 14):
        clock[0] += 2.0
        assert pace.step(step) and not pace.step(step)
    assert pace.seconds == 2.0 and pace.seconds_left(14, 20) == 12.0 and pace.seconds_left(14, None) is None
    pace.pause()
    clock[0] += 40.0
    pace.go_on()
    clock[0] += 2.0
    pace.step(15)
    assert pace.seconds == 2.0 and pace.seconds_left(15, 20) == 5 * (2.0 + 40.0 / 5)


def test_names_are_short_and_few():
    metrics = {"train/loss_step": 1.0, "train/loss_epoch": 2.0, "validation/loss": 3.0, "train/l1": 0.00012345}
    assert in_words(short_values(metrics, "train")) == "loss 1, l1 0.0001234"
    assert len(short_values({f"train/{name}": 1.0 for name in "abcdefg"}, "train")) == progress.MOST


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "5 s"), (89, "89 s"), (95, "2 min"), (3599, "1 h 00 min"), (7500, "2 h 05 min"), (300_000, "3 d 11 h")],
)
def test_durations_in_words(seconds, words):
    assert duration(seconds) == words

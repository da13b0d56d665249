from __future__ import annotations

import threading

import pytest

from anyonenet.stopwatch import Stopwatch


@pytest.fixture
def clock(monkeypatch) -> dict[str, float]:
    """Wall, thread and process time that stand still unless moved."""
    now = {"perf_counter": 10.0, "thread_time": 20.0, "process_time": 30.0}
    for name in now:
        monkeypatch.setattr(f"anyonenet.stopwatch.time.{name}", lambda name=name: now[name])
    return now


def test_parts_add_up_and_all_counts_from_the_start(clock):
    watch = Stopwatch()
    for _ in range(2):
        with watch.of("voice"):
            clock["perf_counter"] += 3
            clock["thread_time"] += 1
            clock["process_time"] += 2
    assert watch.wall_seconds() == {"voice": 6, "all": 6} and watch.elapsed() == 6
    assert watch.processor_seconds() == {"voice": 2, "all": 4}
    watch.start()
    assert watch.wall_seconds() == {"voice": 6, "all": 0} and watch.processor_seconds() == {"voice": 2, "all": 0}


def test_a_part_that_fails_is_counted(clock):
    watch = Stopwatch()
    with pytest.raises(KeyError), watch.of("write"):
        clock["perf_counter"] += 1
        raise KeyError
    assert watch.wall_seconds()["write"] == 1


def test_threads_count_side_by_side():
    watch = Stopwatch()

    def count() -> None:
        for _ in range(200):
            with watch.of("render"):
                pass

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(watch.wall_seconds()) == {"render", "all"}

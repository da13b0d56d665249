"""Killed at any moment (the run, or one of its workers) and started again, a preparation ends in the same bytes.

`ANYONENET_KILLS=20` kills more often than the suite has time for.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from datamodules.prepare.run import prepare_store
from datamodules.store import Store
from tests.datamodules.prepare.toy import Toy

ROOT = Path(__file__).resolve().parents[3]
RUN = """
import sys
from pathlib import Path
from datamodules.prepare.run import prepare_store
from tests.datamodules.prepare.toy import Toy
toy = Toy(Path(sys.argv[1]), 128, {5: "half", 40: "face"}, seconds=0.01)
prepare_store(toy, sys.argv[2], workers=2, progress=False)
"""


def children(process: int) -> list[int]:
    told = Path(f"/proc/{process}/task/{process}/children")
    return [int(number) for number in told.read_text().split()] if told.exists() else []


def kill_at_some_moment(running: subprocess.Popen[bytes], parts: Path, rng: random.Random) -> str:
    """Wait until some more parts are done, or the merge has begun, and a moment longer; kill the run or a worker."""
    target = len(list(parts.glob("[0-9]*[0-9]"))) + rng.randrange(12)
    victim = "run" if rng.random() < 0.75 else "worker"
    while running.poll() is None:
        merging = any(parts.parent.glob("toy.*.merging"))
        if merging or len(list(parts.glob("[0-9]*[0-9]"))) >= target:
            time.sleep(rng.uniform(0, 0.1 if not merging else 0.01))
            workers = children(running.pid)
            os.kill(rng.choice(workers) if victim == "worker" and len(workers) > 1 else running.pid, signal.SIGKILL)
            return victim
        time.sleep(0.002)
    return "nobody"


def test_the_bytes_are_those_of_an_undisturbed_run(tmp_path: Path) -> None:
    kills = int(os.environ.get("ANYONENET_KILLS", "3"))
    rng = random.Random(kills)
    undisturbed = prepare_store(
        Toy(tmp_path, 128, {5: "half", 40: "face"}), tmp_path / "calm", workers=0, progress=False
    )
    assert undisturbed is not None
    out, made, killed = tmp_path / "out", [], 0
    command = [sys.executable, "-c", RUN, str(tmp_path), str(out)]
    while killed < kills:
        running = subprocess.Popen(command, cwd=ROOT)
        while running.poll() is None and killed < kills:
            victim = kill_at_some_moment(running, out / "tts" / "toy.parts", rng)
            killed += victim != "nobody"
            if victim == "run":
                running.wait()
        if running.poll() == 0:  # done before it could be killed often enough: once more from the start
            made.append(Store(out / "tts" / "toy").checksum)
            out.rename(tmp_path / f"out{len(made)}")
    running.wait()
    if not made or out.exists():
        subprocess.run(command, cwd=ROOT, check=True)
        made.append(Store(out / "tts" / "toy").checksum)
        assert [path.name for path in (out / "tts").iterdir()] == ["toy"]
    assert set(made) == {undisturbed.checksum}

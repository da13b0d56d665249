"""A real Slurm for the tests that need one; where it is not installed they are skipped."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.slurm import cluster

ROOT = Path(__file__).resolve().parent.parent.parent


class Slurm:
    """A running cluster, and what tests ask of it."""

    def __init__(self, folder: Path):
        self.folder = folder
        beside = Path(sys.executable).parent  # where `anyonenet` lies
        self.environment = {
            **cluster.environment(folder),
            "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",
            "GLOO_SOCKET_IFNAME": "lo",
        }

    def __call__(self, *command: str, folder: Path = ROOT) -> str:
        """Run a command and give what it printed; one that fails is a failed test."""
        done = subprocess.run(
            command, cwd=folder, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def submit(self, *command: str) -> str:
        """`sbatch` with these arguments; the job's number."""
        return self("sbatch", "--parsable", *command).strip()

    def facts(self, job: str) -> dict[str, str]:
        """What `scontrol show job` says."""
        words = self("scontrol", "--oneliner", "show", "job", job).split()
        return dict(word.partition("=")[::2] for word in words if "=" in word)

    def wait(self, job: str, states: Sequence[str] = ("COMPLETED",), seconds: float = 150.0) -> dict[str, str]:
        """Wait until a job is in one of the states; another end is a failed test, with the job's log."""
        ends = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "DEADLINE", "BOOT_FAIL", "OUT_OF_MEMORY")

        def arrived() -> bool:
            state = self.facts(job)["JobState"]
            return state in states or state in ends

        await_that(arrived, f"job {job} becoming {' or '.join(states)}", seconds)
        facts = self.facts(job)
        log = Path(facts.get("StdOut", "nowhere"))
        said = log.read_text(errors="replace")[-3000:] if log.is_file() else "no log"
        assert facts["JobState"] in states, f"job {job} is {facts['JobState']}: {said}"
        return facts


def await_that(happened: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait for something to happen."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"{what}: not within {seconds:.0f} seconds"
        time.sleep(0.2)


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """A cluster of two nodes on the loopback."""
    if cluster.lacking():
        pytest.skip(f"no Slurm here: {', '.join(cluster.lacking())} not found (Debian: apt install slurm-wlm munge)")
    folder = tmp_path_factory.mktemp("slurm")
    cluster.start(folder, with_parent=True)
    try:
        yield Slurm(folder)
    finally:
        cluster.stop(folder)
    assert not cluster.processes(folder)

"""A Slurm of its own on the loopback: munge, a controller, and two nodes, all in one folder and without privileges.

    python -m tests.slurm.cluster start DIR     # then: export SLURM_CONF=DIR/slurm.conf
    python -m tests.slurm.cluster stop DIR

The nodes are two daemons of this machine that say they have four processors and four GPUs each, which are empty files.
Nothing outside of the folder is written, ports are free ones, and several such clusters do not see each other. What is
stopped is what was started with the folder's configuration in its environment: daemons, jobs, and what these started.
"""

from __future__ import annotations

import contextlib
import ctypes
import getpass
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue", "scancel")
NODES = ("127.0.0.1", "127.0.0.2")
"""The nodes' names are addresses: what trains on them finds the first one as on a cluster, by its name."""
PATIENCE_SECONDS = 60.0

CONFIGURATION = """\
ClusterName=loopback
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobs.txt
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=1,sched_interval=1,sched_min_interval=10000
GresTypes=gpu
ReturnToService=2
KillWait=5
JobRequeue=1
FirstJobId={first_job}
{nodes}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
"""


class ClusterError(Exception):
    """The cluster did not start."""


def lacking() -> list[str]:
    """The programs that a cluster needs and this machine does not have."""
    return [name for name in PROGRAMS if _find(name) is None]


def environment(folder: Path) -> dict[str, str]:
    """This process's environment, with the commands of Slurm talking to the cluster in `folder`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "SBATCH_"))}
    return {**inherited, "SLURM_CONF": str(folder.resolve() / "slurm.conf")}


def start(folder: Path, with_parent: bool = False) -> None:
    """Start a cluster in an empty folder and wait until its nodes take jobs.

    Args:
        folder: becomes the place of everything; its path has room for a socket's name (some 80 characters).
        with_parent: its daemons end when the thread that calls this ends, however it does.

    Raises:
        ClusterError: a program is missing or a daemon ended; with the last line of its log.
    """
    if lacking():
        raise ClusterError(f"not installed: {', '.join(lacking())} (Debian: apt install slurm-wlm munge)")
    folder = folder.resolve()
    for name in ("state", *(f"spool-{node}" for node in NODES)):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o755)  # munge wants a key and a socket that nobody else could have put there
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(128))
    ports = _free_ports(1 + len(NODES))
    nodes = [
        f"NodeName={node} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} CPUs=4 Gres=gpu:4 State=UNKNOWN"
        for node, port in zip(NODES, ports[1:], strict=True)
    ]
    text = CONFIGURATION.format(
        controller_port=ports[0],
        user=getpass.getuser(),
        folder=folder,
        first_job=random.SystemRandom().randint(1000, 9000),  # trainings make their port of it
        nodes="\n".join(nodes),
    )
    (folder / "slurm.conf").write_text(text, encoding="utf-8")
    (folder / "gres.conf").write_text(f"Name=gpu File={folder}/gpu[0-3]\n", encoding="utf-8")
    for number in range(4):
        (folder / f"gpu{number}").touch()
    munge = [f"--{name}={folder}/munge.{kind}" for name, kind in MUNGE_FILES.items()]
    daemons: dict[str, subprocess.Popen] = {}
    try:
        daemons["munge"] = _daemon(folder, ["munged", "--foreground", "--force", *munge], "munged", with_parent)
        _await(folder, daemons, (folder / "munge.socket").exists)
        daemons["slurmctld"] = _daemon(folder, ["slurmctld", "-D", "-i"], "slurmctld", with_parent)
        _await(folder, daemons, lambda: _said(folder, ["scontrol", "ping"]).count("UP") > 0)
        for node in NODES:
            daemons[f"slurmd-{node}"] = _daemon(folder, ["slurmd", "-D", "-N", node], f"slurmd-{node}", with_parent)
        _await(
            folder, daemons, lambda: _said(folder, ["sinfo", "-h", "-N", "-o", "%T"]).split() == ["idle"] * len(NODES)
        )
    except BaseException:
        stop(folder)
        raise


def stop(folder: Path) -> None:
    """End every process that runs with the folder's configuration: first asked, then killed."""
    for number, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        end = time.monotonic() + patience
        for process in processes(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        while processes(folder) and time.monotonic() < end:
            time.sleep(0.05)


def processes(folder: Path) -> list[int]:
    """Processes with the folder's configuration in their environment, but for this one."""
    mark = f"SLURM_CONF={folder.resolve() / 'slurm.conf'}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0") and int(entry.name) != os.getpid():
                found.append(int(entry.name))
    return found


MUNGE_FILES = {"socket": "socket", "key-file": "key", "log-file": "log", "pid-file": "pid", "seed-file": "seed"}


def _find(program: str) -> str | None:
    """Daemons lie where only root looks for programs."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def _daemon(folder: Path, command: Sequence[str], name: str, with_parent: bool) -> subprocess.Popen:
    def end_with_parent() -> None:
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG

    with (folder / f"{name}.out").open("ab") as out:
        return subprocess.Popen(
            [str(_find(command[0])), *command[1:]],
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent if with_parent else None,
        )


def _said(folder: Path, command: Sequence[str]) -> str:
    done = subprocess.run(command, env=environment(folder), capture_output=True, text=True, timeout=30, check=False)
    return done.stdout


def _await(folder: Path, daemons: Mapping[str, subprocess.Popen], ready) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        for name, daemon in daemons.items():
            if daemon.poll() is not None:
                raise ClusterError(f"{name} ended with code {daemon.returncode}: {_last_lines(folder, name)}")
        if time.monotonic() > end:
            logs = "; ".join(f"{name}: {_last_lines(folder, name)}" for name in daemons)
            raise ClusterError(f"no cluster after {PATIENCE_SECONDS:.0f} seconds; {logs}")
        time.sleep(0.1)


def _last_lines(folder: Path, name: str) -> str:
    files = [folder / f"{name}.{ending}" for ending in ("out", "log")]
    lines = [line for file in files if file.is_file() for line in file.read_text(errors="replace").splitlines()[-3:]]
    return " | ".join(lines) or "it said nothing"


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for free in sockets:
            free.bind(("127.0.0.1", 0))
        return [free.getsockname()[1] for free in sockets]


if __name__ == "__main__":
    verb, place = sys.argv[1:]
    {"start": start, "stop": stop}[verb](Path(place))
    if verb == "start":
        print(f"export SLURM_CONF={Path(place).resolve() / 'slurm.conf'}")

"""A sweep handed to W&B: its server draws the trials, its own agents run them, through the same launchers."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from tqdm import tqdm

from anyonenet.errors import InputError
from lightning_modules.logging.weights_and_biases import logged_in
from sweeps.command import DEFAULT, with_configs
from sweeps.launchers import Launcher
from sweeps.locks import try_lock, write_whole
from sweeps.planning import Planner
from sweeps.results import FAILED, LOG, Plan, read_result, write_plan

REGISTERED = "wandb.json"
AGENTS = "agents"


def as_wandb_has_it(planner: Planner, trials: int) -> dict[str, Any]:
    """The sweep file as it is, with what was said on the command line put into its command."""
    content = dict(planner.sweep.content)
    template = list(content.get("command") or DEFAULT)
    if planner.configs:
        template = with_configs(template, [path.resolve() for path in planner.configs])
    for name, place in (("root", planner.root), ("features", planner.features)):
        template += [f"--data.init_args.{name}={place.resolve()}"] if place is not None else []
    content["command"] = [*template, *planner.overrides]
    content["run_cap"] = trials
    return content


def run_agents(planner: Planner, folder: Path, launcher: Launcher, trials: int, parallel: int, project: str) -> int:
    """Register the sweep, or take it up again, and run agents until they have nothing left to do.

    Args:
        planner: of the sweep.
        folder: of the sweep; its name at W&B and the agents' logs are kept there.
        launcher: where the agents run.
        trials: of all agents together.
        parallel: agents.
        project: of W&B.

    Returns:
        how many agents failed.

    Raises:
        InputError: nobody is logged in, or W&B refuses.
    """
    if not logged_in():
        raise InputError(
            "--backend wandb: W&B's server draws the trials, and nobody is logged in: `wandb login`, or set "
            "WANDB_API_KEY; --backend optuna needs no server"
        )
    name = _registered(planner, folder, trials, project)
    share, more = divmod(trials, parallel)
    agents = []
    for number in range(min(parallel, trials)):
        place = folder / AGENTS / f"{number:02d}"
        command = [sys.executable, "-m", "wandb", "agent", "--count", str(share + (number < more)), name]
        write_plan(place, Plan(number, {}, command, os.getcwd(), "", True))
        (place / "result.json").unlink(missing_ok=True)  # W&B itself knows which trials are left
        agents.append(place)
    claim = try_lock(folder / ".runner")
    if claim is None:
        raise InputError(f"another process runs the agents of {folder}")
    try:
        return _watched(agents, launcher)
    finally:
        launcher.close()
        claim.close()


def _registered(planner: Planner, folder: Path, trials: int, project: str) -> str:
    """The sweep's whole name at W&B, ENTITY/PROJECT/SWEEP."""
    record = folder / REGISTERED
    if record.is_file():
        return str(json.loads(record.read_text(encoding="utf-8"))["sweep"])
    import wandb

    try:
        identity = wandb.sweep(as_wandb_has_it(planner, trials), project=project)
        api = wandb.Api()
        entity = os.environ.get("WANDB_ENTITY") or api.default_entity
    except Exception as error:  # the client has many, of its own and of its transport
        raise InputError(f"W&B does not take the sweep: {' '.join(str(error).split())}") from None
    name = "/".join(filter(None, [entity, project, identity]))
    write_whole(record, json.dumps({"sweep": name}) + "\n")
    return name


def _watched(agents: list[Path], launcher: Launcher) -> int:
    for folder in agents:
        if not launcher.running([folder]):
            launcher.submit(folder)
    left = set(agents)
    while left:
        time.sleep(launcher.poll_seconds)
        running = launcher.running(sorted(left))
        for folder in sorted(left - running):
            result = read_result(folder)
            how = "ended without a word" if result is None else result.state
            if result is None or result.state == FAILED:
                tqdm.write(f"agent {folder.name} {how}; see {folder / LOG}", file=sys.stderr)
        left &= running
    results = [read_result(folder) for folder in agents]
    return sum(result is None or result.state == FAILED for result in results)

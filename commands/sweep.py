"""`anyonenet sweep`: searches parameters by a sweep file of W&B's schema, with Optuna or W&B, here or on Slurm."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from commands.options import Mistake, Options, assignment, positive, seed

DESCRIPTION = """\
Run the trials of a sweep file (sweeps/*.yaml, in W&B's schema) and report on them. Killed at any
moment and called again with the same line, it goes on: trials that have a result are not run again,
those that were running go on from their checkpoints with the same parameters. Several such
processes, on several machines, may work on one sweep (--out on a shared disk). A trial that fails is
recorded with its log, and the sweep goes on. What stands behind -- is put behind every trial's
command line, e.g.  -- --trainer.max_epochs 5"""
EXAMPLE = "anyonenet sweep sweeps/landmarks.yaml --trials 20 --parallel 2"
SHOWN_COMMANDS = 3


def options() -> Options:
    """The options of this verb."""
    parser = Options("sweep", DESCRIPTION, EXAMPLE)
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="sweep file; sweeps/ has one a question")
    add("--backend", choices=("optuna", "wandb"), default="optuna", help="who draws the trials (default: optuna)")
    add("--launcher", choices=("local", "slurm"), default="local", help="where they run (default: local)")
    add(
        "--trials",
        type=positive,
        metavar="N",
        help="how many there are to be (default: the file's run_cap or its grid)",
    )
    add("--parallel", type=positive, default=1, metavar="M", help="how many at a time (default: 1)")
    add("--out", type=Path, metavar="DIR", help="folder of the sweep (default: runs/sweeps/ and the file's name)")
    add("--config", type=Path, action="append", default=[], metavar="FILE", help="instead of the file's configurations")
    add("--root", type=Path, metavar="DIR", help="folder of the corpora (default: as configured)")
    add("--features", type=Path, metavar="DIR", help="feature stores (default: as configured)")
    add("--seed", type=seed, default=0, metavar="N", help="of what is drawn (default: 0)")
    add(
        "--slurm-option",
        type=assignment,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="of sbatch, with --launcher slurm, e.g. partition=gpu, gres=gpu:1, time=08:00:00",
    )
    add("--project", default="anyonenet", metavar="NAME", help="of W&B, with --backend wandb (default: anyonenet)")
    add("--dry-run", action="store_true", help="say what would be run, and run nothing")
    add("--report", action="store_true", help="report on what is there, and run nothing")
    return parser


def main(arguments: list[str]) -> int:
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    values = options().read(arguments[:cut])
    overrides = arguments[cut + 1 :]
    _need_own_sweeps()
    from sweeps.definition import read_sweep

    sweep = read_sweep(values.file)
    out = values.out or Path("runs/sweeps") / values.file.stem
    if values.report:
        return report(sweep, out, values.seed)
    if values.slurm_option and values.launcher != "slurm":
        raise Mistake("sweep: --slurm-option goes with --launcher slurm")
    for path in values.config:
        if not path.is_file():
            raise Mistake(f"sweep: no configuration at {path}; the stages' are in configs/")
    from sweeps.planning import Planner

    planner = Planner(sweep, values.config, values.root, values.features, overrides, values.seed)
    trials = _number_of_trials(sweep, values.trials)
    if values.dry_run:
        return dry_run(planner, trials, out)
    if values.backend == "optuna":
        _need_optuna()
    planner.record(out)
    if values.backend == "wandb":
        from sweeps.weights_and_biases import run_agents

        failed = run_agents(planner, out, _launcher(values), trials, values.parallel, values.project)
        return 1 if failed else 0
    from sweeps.runner import Runner
    from sweeps.study import Study

    study = Study(sweep, out, values.seed)
    Runner(sweep, out, study, _launcher(values), planner, trials, values.parallel).run()
    return report(sweep, out, values.seed)


def dry_run(planner: Any, trials: int, out: Path) -> int:
    """Say what would be run; the first trials' command lines are those that would be drawn first."""
    from sweeps.command import is_fit
    from sweeps.space import draw, grid_points

    sweep = planner.sweep
    early = f", stopped early at reports {', '.join(map(str, sweep.bands.levels[:4]))} ..." if sweep.bands else ""
    goal = "lowest" if sweep.minimise else "highest"
    print(f"{trials} trials by {sweep.method} search for the {goal} {sweep.metric}{early}, into {out}")
    points = grid_points(sweep.parameters)[:SHOWN_COMMANDS] if sweep.method == "grid" else None
    for number in range(min(SHOWN_COMMANDS, trials)):
        parameters = {}
        for parameter in sweep.parameters:
            drawn = points[number].get(parameter.name) if points else None
            if not points and not parameter.constant:
                drawn = draw(parameter, planner.seed, number)
            parameters[parameter.name] = parameter.value(drawn)
        plan = planner(number, parameters, out / "trials" / f"{number:04d}", dry=True)
        print(f"trial {number}: {' '.join(plan.command)}")
        if number == 0 and is_fit(sweep.content.get("command") or ()):
            from commands.training import read_configuration

            read_configuration("fit", plan.command[plan.command.index("fit") + 1 :])
            print("trial 0's configuration is understood by `anyonenet fit`")
    return 0


def report(sweep: Any, out: Path, number: int) -> int:
    """Print the table of a sweep as it stands, and write its report."""
    from evaluation.tables import write_text
    from sweeps.report import REPORT, importance_note, write_report
    from sweeps.study import JOURNAL
    from sweeps.summary import FAILED, counts, read_trials

    trials = read_trials(sweep, out)
    if not trials:
        raise Mistake(f"sweep: no trials in {out}; run `anyonenet sweep` first, or name its --out")
    importances = None
    if _has_optuna() and (out / JOURNAL).is_file():
        from sweeps.importance import importances as found
        from sweeps.study import Study

        importances = found(Study(sweep, out, number))
    files = write_report(sweep, trials, importances, out / REPORT)
    table = table_of(sweep, trials, importances)
    write_text(out / REPORT / "trials.md", table.markdown())
    print(table.terminal())
    if importances:
        print(importance_note(importances))
    print(f"{counts(trials)}; report: {files[0]} (and PNG, CSV, Markdown beside it)")
    return 1 if all(trial.state == FAILED for trial in trials) else 0


def table_of(sweep: Any, trials: list[Any], importances: Any) -> Any:
    """The trials as a table, the best first; the parameters' importances in the heads."""
    from evaluation.tables import Table
    from sweeps.summary import best_trial, short_names, shown

    names, best = short_names(sweep), best_trial(trials)
    shares = importances.shares if importances else {}
    heads = [f"{names[name]} ({shares[name][0]:.0%})" if name in shares else names[name] for name in names]
    rows = [
        [
            str(trial.number),
            trial.state,
            shown(trial.best),
            *(shown(trial.parameters.get(name)) for name in names),
            f"{trial.seconds / 60:.1f}",
        ]
        for trial in trials
    ]
    failed = [
        f"trial {trial.number} failed: {trial.reason} ({trial.log})" for trial in trials if trial.state == "failed"
    ]
    return Table(
        ["trial", "state", sweep.metric, *heads, "minutes"],
        rows,
        title=f"Sweep {sweep.name}: {'lowest' if sweep.minimise else 'highest'} {sweep.metric} wanted",
        notes=failed,
        best=[(trials.index(best), 2)] if best else [],
    )


def _number_of_trials(sweep: Any, asked: int | None) -> int:
    known = sweep.trials
    if asked is None and known is None:
        raise Mistake("sweep: --trials missing: neither run_cap nor a grid says how many there are to be")
    if sweep.method == "grid" and asked is not None:
        from sweeps.space import grid_points

        return min(asked, len(grid_points(sweep.parameters)))
    return int(asked or known)


def _launcher(values: Any) -> Any:
    from commands.ablate import cuda_devices, environment

    if values.launcher == "slurm":
        from sweeps.slurm import SlurmLauncher

        paths = {"PYTHONPATH": environment(1)["PYTHONPATH"]}  # cores are the business of sbatch
        return SlurmLauncher(dict(values.slurm_option), paths)
    from sweeps.launchers import LocalLauncher

    devices = cuda_devices(values.parallel) if values.parallel > 1 else []
    return LocalLauncher(environment(values.parallel), devices)


def _need_own_sweeps() -> None:
    """`wandb[sweeps]` brings another package of this name."""
    found = find_spec("sweeps")
    if found is not None and found.origin and Path(found.origin).parent.parent != Path(__file__).parent.parent:
        raise Mistake(
            f"sweep: another package 'sweeps', W&B's, hides this project's ({found.origin}); pip uninstall sweeps"
        )


def _has_optuna() -> bool:
    return find_spec("optuna") is not None


def _need_optuna() -> None:
    if not _has_optuna():
        raise Mistake("sweep: --backend optuna needs Optuna: pip install 'anyonenet[sweep]'")

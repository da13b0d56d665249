"""`anyonenet ablate`: Table II of the paper. Trains every row with every seed, measures them, prints the table."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from commands.options import Mistake, Options, output_file, positive, seed

DESCRIPTION = """\
Train the rows of the paper's Table II under one budget and several seeds, from the same splits, and
print D-LL, D-VL and D-A on the test split, with mean and spread over seeds, a paired test against one
row, and the paper's figures beside them. Stopped at any moment and called again, it goes on where it
was; a run that fails is listed with its log and the others go on. A row is a YAML file that holds
only what differs; other systems join as such files (docs/tables-and-figures.md)."""
DEFAULT = Path("configs/landmarks/mini.yaml")
OURS = "cnn_blstm"
EPOCHS = 15
"""of the default configuration: half of what the default weights were trained for"""


def options() -> Options:
    """The options of this verb."""
    parser = Options("ablate", DESCRIPTION, "anyonenet ablate --seeds 0 1 2 --parallel 2 --markdown table.md")
    add = parser.add_argument
    add("--config", type=Path, action="append", metavar="FILE", help=f"what the rows share (default: {DEFAULT})")
    add("--rows", nargs="+", default=[], metavar="ROW", help="names or files (default: ablations/ beside --config)")
    add("--seeds", nargs="+", type=seed, default=[0, 1, 2], metavar="N", help="seeds of each row (default: 0 1 2)")
    add("--epochs", type=positive, metavar="N", help=f"budget of a run (default: {EPOCHS}, with --config its own)")
    add("--reference", metavar="ROW", help=f"row that the others are tested against (default: {OURS}, else the first)")
    add(
        "--points",
        choices=("jaw_and_lips", "lips"),
        default="jaw_and_lips",
        help="of D-LL and D-VL in the table (default: jaw_and_lips; the JSON has both)",
    )
    add("--parallel", type=positive, default=2, metavar="N", help="runs at a time (default: 2)")
    add(
        "--out",
        type=Path,
        default=Path("runs/ablation"),
        metavar="DIR",
        help="folder of the runs (default: runs/ablation)",
    )
    add("--root", type=Path, default=Path("data/mini"), metavar="DIR", help="folder of the corpora")
    add("--features", type=Path, default=Path("data/features"), metavar="DIR", help="feature stores")
    add(
        "--weights",
        type=Path,
        default=Path("weights"),
        metavar="DIR",
        help="exported weights that a row was trained with: MakeItTalk's content encoder, the speaker encoder",
    )
    add("--json", type=output_file, metavar="FILE", help="write everything behind the table there")
    add("--markdown", type=output_file, metavar="FILE", help="write the table as Markdown there")
    add("--latex", type=output_file, metavar="FILE", help="write the table as LaTeX there")
    add("--dry-run", action="store_true", help="say what would be run, and run nothing")
    return parser


def main(arguments: list[str]) -> int:
    values = options().read(arguments)
    configs = values.config or [DEFAULT]
    epochs = values.epochs if values.epochs or values.config else EPOCHS
    from sweeps.rows import find_rows

    rows = find_rows(values.rows, configs[0].parent / "ablations")
    names = [row.name for row in rows]
    if values.reference not in (None, *names):
        raise Mistake(f"ablate: --reference {values.reference} is none of the rows {', '.join(names)}")
    reference = values.reference or (OURS if OURS in names else names[0])
    if values.dry_run:
        for row in rows:
            source = "trained" if row.trained else row.command or row.predictions
            print(f"{row.title:<12} {source}, seeds {' '.join(map(str, values.seeds if row.has_seeds else [0]))}")
        budget = f"{epochs} epochs" if epochs else "the configuration's budget"
        print(f"each with {', '.join(map(str, configs))} and {budget}, {values.parallel} at a time, into {values.out}")
        return 0
    from evaluation.ablation import TestClips
    from evaluation.ablation_table import ablation_table, as_dict
    from evaluation.measurement import corpus_in_words
    from evaluation.tables import write_text
    from sweeps.ablation import Setting, jobs_of
    from sweeps.jobs import run_jobs

    setting = Setting(configs, values.root, values.features, values.out, epochs, (values.out / "clips").resolve())
    clips = TestClips(setting.data())
    if any(row.command for row in rows):
        clips.write(values.out / "clips")
    jobs = jobs_of(setting, rows, values.seeds, [sys.executable, "-m", "commands"], clips.checksum)
    parallel = values.parallel
    outcomes = run_jobs(list(jobs.values()), parallel, cuda_devices(parallel), environment(parallel))
    measured = measure(rows, values.seeds, jobs, dict(zip(jobs, outcomes, strict=True)), clips, values.weights)
    corpus = corpus_in_words(values.root, sorted(set(clips.manifest["corpus"])))
    table = ablation_table(measured, reference, len(set(clips.names)), len(clips), corpus, values.points)
    print(table.terminal())
    about = {"corpus": corpus, "clips": sorted(set(clips.names)), "cuts": len(clips), "epochs": epochs}
    told = as_dict(measured, reference, {**about, "configs": [str(path) for path in configs]})
    whole = json.dumps(told, indent=1, ensure_ascii=False)
    for path, text in ((values.json, whole), (values.markdown, table.markdown()), (values.latex, table.latex())):
        if path is not None:
            write_text(path, text)
    return 1 if any(row.failed for row in measured.values()) else 0


def measure(
    rows: Any, seeds: list[int], jobs: dict, outcomes: dict, clips: Any, weights: Path = Path("weights")
) -> dict[str, Any]:
    """Every row's errors, from its runs' best checkpoints or its predictions; what a row listens with lies in
    `weights`."""
    from anyonenet.errors import AnyoneNetError
    from evaluation.ablation import Row

    measured = {}
    for row in rows:
        measured[row.name] = found = Row(row.title, seeded=row.has_seeds)
        for number in seeds if row.has_seeds else seeds[:1]:
            outcome = outcomes.get((row.name, number))
            if outcome is not None and not outcome.finished:
                found.failed[number] = f"{outcome.note} ({jobs[row.name, number].log})"
                continue
            try:
                if row.predictions is not None:
                    found.errors[number] = clips.of_predictions(Path(row.predictions.format(seed=number)))
                elif row.command is not None:
                    found.errors[number] = clips.of_predictions(jobs[row.name, number].folder / "predictions")
                else:
                    found.errors[number] = clips.of_weights(exported(jobs[row.name, number].folder), weights)
            except (Mistake, AnyoneNetError) as error:
                found.failed[number] = str(error)
    return measured


def exported(run: Path) -> Path:
    """The weights of a run's best checkpoint, in 32 bits; exported where that was not done yet."""
    from commands.export import checkpoint_of, export

    path, folder = checkpoint_of(run), run / "weights"
    made = folder / "config.json"
    if not made.is_file() or made.stat().st_mtime < path.stat().st_mtime:
        export(path, folder, "a run of an ablation", half=False)
    return folder


def environment(parallel: int) -> dict[str, str]:
    """Of the trainings: this program's packages are found from anywhere, and the cores are shared out."""
    from datamodules.cores import available_cores

    here = str(Path(__file__).resolve().parent.parent)
    paths = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    threads = str(max(1, available_cores() // parallel))
    return {"PYTHONPATH": paths, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", threads)}


def cuda_devices(parallel: int) -> list[str]:
    """The CUDA devices that runs share out, one each; none where there is one, or one run at a time."""
    import torch

    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    devices = named.split(",") if named else [str(number) for number in range(torch.cuda.device_count())]
    if parallel < 2 or len(devices) < 2:
        return []
    return [devices[number % len(devices)] for number in range(parallel)]

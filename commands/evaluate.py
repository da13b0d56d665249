"""`anyonenet evaluate`: the figures of a stage, measured on its exported weights or on a checkpoint."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import tempfile
from pathlib import Path
from typing import Any

from commands.options import Options, output_file, positive, seed
from commands.stages import SHORT, STAGES, SYSTEMS, VIDEO

DESCRIPTION = """\
Measure a stage on the parts of the corpora that training never saw. Prints a table: each figure with
its 95 % bootstrap interval and the number of items it is over; the corpus; the weights' hashes.
Options of the stage's own evaluation come after its name: anyonenet evaluate STAGE --help lists them."""


METAVARS = {int: "N", float: "NUMBER", str: "WORD", Path: "PATH"}
NAMES = (*STAGES, "video", *SYSTEMS, *SHORT)


def options(stage: str | None = None) -> Options:
    """The options of this verb, with those of the stage's evaluation when the stage is known."""
    parser = Options("evaluate", DESCRIPTION, "anyonenet evaluate landmarks --json figures.json")
    parser.add_argument("stage", choices=NAMES, metavar="STAGE", help=", ".join(NAMES))
    parser.add_argument("--weights", type=Path, metavar="DIR", help="folder of exported weights (default: ours)")
    parser.add_argument(
        "--checkpoint", type=Path, metavar="RUN", help="measure a run's folder, or a .ckpt file, instead"
    )
    parser.add_argument("--root", type=Path, default=Path("data/mini"), metavar="DIR", help="folder of the corpora")
    parser.add_argument("--features", type=Path, default=Path("data/features"), metavar="DIR", help="feature stores")
    parser.add_argument("--json", type=output_file, metavar="FILE", help="write the figures there too")
    parser.add_argument("--markdown", type=output_file, metavar="FILE", help="write the table as Markdown there")
    parser.add_argument("--latex", type=output_file, metavar="FILE", help="write the table as LaTeX there")
    parser.add_argument("--card", action="store_true", help="write the figures into the weights' model card")
    if stage is not None:
        group = parser.add_argument_group(f"of {stage}")
        told = documented(evaluation_of(stage).evaluate)
        for name, (kind, default) in own_options(stage).items():
            text = told.get(name, "") + ("" if default is None else f" (default: {default})")
            flag, metavar = f"--{name.replace('_', '-')}", METAVARS[kind]
            read = kind if kind is not int else seed if name == "seed" else positive
            group.add_argument(
                flag, dest=name, type=read, default=default, metavar=metavar, help=text.replace("%", "%%")
            )
    return parser


def main(arguments: list[str]) -> int:
    stage = next((SHORT.get(word, word) for word in arguments if word in NAMES), None)
    parser = options(stage)
    values = parser.read(arguments)
    stage = SHORT.get(values.stage, values.stage)
    if values.checkpoint is not None and values.card:
        parser.error("--card writes into exported weights; leave it away, or export the checkpoint first")
    if stage not in STAGES and (values.card or values.checkpoint is not None):
        parser.error(f"{stage} is measured by the weights of several stages; leave --card and --checkpoint away")
    from commands.places import default_weights

    weights = values.weights or default_weights()
    own = {name: getattr(values, name) for name in own_options(stage)}
    if "judge" in own:  # stays where it is trained, also beside a checkpoint
        own["judge"] = own["judge"] or weights / "phoneme_recogniser"
    with tempfile.TemporaryDirectory() as folder:
        if values.checkpoint is not None:
            weights = beside_others(values.checkpoint, stage, weights, Path(folder))
        measured = evaluation_of(stage).evaluate(weights, values.root, values.features, **own)
        hashes = hashes_of(weights)
    used = (stage,) if stage in STAGES else STAGES  # beside them lies what only judges
    table = measured.table(stage, {name: digest for name, digest in hashes.items() if name in used})
    print(table.terminal())
    write(values, table, measured.as_dict(stage, hashes))
    if values.card:
        from commands.cards import add_figures

        add_figures(weights / stage, measured.figures)
    judge = own.get("judge")
    if judge is not None and not (judge / "README.md").is_file():
        from commands.cards import write_readme

        write_readme(judge)
    return 0


def write(values: Any, table: Any, told: dict[str, Any]) -> None:
    """The files that were asked for."""
    from evaluation.tables import write_text

    whole = json.dumps(told, indent=1, ensure_ascii=False)
    for path, text in ((values.json, whole), (values.markdown, table.markdown()), (values.latex, table.latex())):
        if path is not None:
            write_text(path, text)


def beside_others(checkpoint: Path, stage: str, weights: Path, folder: Path) -> Path:
    """A folder of weights in which `stage` is a training's checkpoint and the other stages are those of `weights`.

    Raises:
        Mistake: it is no checkpoint of that stage.
    """
    from commands.export import export

    export(checkpoint, folder / stage, "not said: a checkpoint", half=False, wanted=stage)
    for other in weights.iterdir() if weights.is_dir() else []:
        if other.is_dir() and other.name != stage:
            (folder / other.name).symlink_to(other.resolve(), target_is_directory=True)
    return folder


def hashes_of(weights: Path) -> dict[str, str]:
    """SHA-256 of each stage's weights that are there."""
    found = {}
    for path in sorted(weights.glob("*/config.json")):
        found[path.parent.name] = str(json.loads(path.read_text(encoding="utf-8")).get("sha256", ""))
    return found


def evaluation_of(stage: str) -> Any:
    """The module that measures a stage."""
    return importlib.import_module({"video": VIDEO, **SYSTEMS}.get(stage) or STAGES[stage].evaluation)


def own_options(stage: str) -> dict[str, tuple[type, Any]]:
    """Plain arguments of a stage's `evaluate` beyond weights, root and features: name -> type and default."""
    found: dict[str, tuple[type, Any]] = {}
    for name, parameter in list(inspect.signature(evaluation_of(stage).evaluate).parameters.items())[3:]:
        written = str(parameter.annotation).removesuffix(" | None")
        kind = {"int": int, "float": float, "str": str, "Path": Path}.get(written)
        if kind is not None:
            found[name] = (kind, parameter.default)
    return found


def documented(function: Any) -> dict[str, str]:
    """What the `Args:` of a docstring say of each argument, as one line each."""
    described = inspect.getdoc(function) or ""
    section = re.search(r"^Args:\n((?:    .*\n|\n)*)", described + "\n", re.MULTILINE)
    found: dict[str, str] = {}
    for names, text in re.findall(
        r"^    ([\w, ]+): ((?:.*\n)(?:     +.*\n)*)", section[1] if section else "", re.MULTILINE
    ):
        found |= dict.fromkeys(names.split(", "), " ".join(text.split()).rstrip("."))
    return found

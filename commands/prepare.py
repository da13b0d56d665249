"""`anyonenet prepare`: a corpus becomes the feature stores that training reads."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from anyonenet.errors import CorpusError
from commands.options import Mistake, Options, assignment, between, positive
from commands.places import default_weights

DESCRIPTION = """\
Turn a corpus into feature stores: packed arrays with a manifest, one folder for each stage.

kinds: vctk, aishell3, aidatatang, voxceleb2, cnceleb, obama, and drawn and animated, which mini
makes (see docs/DATASETS.md), and your own: videos (a folder of talking-head clips) and speech (a
folder, or a CSV or JSONL list, of audio, text and speaker). Stopped at any moment and started
again, it goes on where it was, and ends in the same bytes. What cannot be used is listed with the
reason in skipped.csv beside the store."""

KINDS = (
    "vctk", "aishell3", "aidatatang", "voxceleb2", "cnceleb", "obama", "drawn", "animated", "write_a_speaker", "videos",
    "speech",
)  # fmt: skip
JOBS = 16
"""of a Slurm array, where no number is given"""


def options() -> Options:
    """The options of this verb."""
    parser = Options("prepare", DESCRIPTION, "anyonenet prepare vctk --root VCTK-Corpus-0.92 --out data/features")
    parser.add_argument("kind", choices=KINDS, metavar="CORPUS", help=f"one of {', '.join(KINDS)}")
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="the corpus")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the feature stores")
    parser.add_argument("--name", help="of the stores (default: the kind; of your own corpora the folder's name)")
    parser.add_argument("--only", metavar="STAGES", help="only these, as 'tts,landmarks' (default: all)")
    parser.add_argument("--workers", type=positive, metavar="N", help="processes (default: one a core)")
    parser.add_argument("--shard", type=shard, default=(1, 1), metavar="I/N", help="do the I-th of N equal shares")
    parser.add_argument(
        "--slurm", type=positive, nargs="?", const=JOBS, metavar="N", help=f"as an array of N jobs (default {JOBS})"
    )
    parser.add_argument(
        "--slurm-option", type=assignment, action="append", default=[], metavar="KEY=VALUE",
        help="submitit's parameters, as slurm_partition=cpu or timeout_min=600; may be given several times",
    )  # fmt: skip
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N sources: to try")
    parser.add_argument("--dry-run", action="store_true", help="only look for problems of the corpus")
    parser.add_argument(
        "--max-skipped", type=between(0, 100, float), default=2.0, metavar="PERCENT",
        help="of the sources may be lost, else it fails at the end (default 2)",
    )  # fmt: skip
    parser.add_argument(
        "--patience", type=positive, metavar="SECONDS", help="after so long without a result a worker hangs"
    )
    parser.add_argument("--landmarks", choices=("fan", "dlib"), default="dlib", help="detector (default dlib)")
    parser.add_argument("--embedding", choices=("facenet", "dlib"), default="dlib", help="of faces (default dlib)")
    parser.add_argument("--speakers", type=Path, metavar="FILE", help="only the speakers of this list, one a line")
    return parser


def main(arguments: list[str]) -> int:
    values = options().read(arguments)
    if values.slurm and values.shard != (1, 1):
        raise Mistake("prepare: --slurm makes the shards itself; leave --shard away")
    from datamodules.cores import available_cores
    from datamodules.corpora.survey import lacking
    from datamodules.prepare.accounting import TooManySkipped
    from datamodules.prepare.corpora import Choices, recipes_of
    from datamodules.prepare.corpus import prepare_corpus, survey

    weights = default_weights() / "speaker_encoder"
    choices = Choices(
        values.landmarks,
        values.embedding,
        speaker_encoder=weights,
        speakers=values.speakers,
        features=values.out,
    )
    recipes = recipes_of(values.kind, values.root, values.name, choices)
    recipes = [recipe for recipe in recipes if chosen(recipe.name, values.only)]
    if not recipes:
        raise Mistake(f"prepare: --only {values.only} leaves nothing of {values.kind}")
    notes: list[str] = []
    try:
        # what was asked for by name is wanted; of all stores of a corpus those that can be made are
        plans = survey(recipes, values.out, values.limit, None if values.only else notes.append)
    except CorpusError as error:
        if len(error.problems) < 2:
            raise
        print(f"anyonenet: {len(error.problems)} problems in {values.root}", file=sys.stderr)
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)
        return 2
    notes += (line for plan in plans for line in lacking(source.content for source in plan.sources))
    for line in dict.fromkeys(notes):
        print(f"note: {line}", file=sys.stderr)
    if values.dry_run:
        for plan in plans:
            print(f"{plan.recipe.name}: {len(plan.sources)} sources, no problem found")
        return 0
    if values.slurm:
        return submit(arguments, values)
    try:
        stores = prepare_corpus(
            plans, values.out, values.max_skipped / 100, workers=values.workers or available_cores(),
            shard=values.shard, limit=values.limit, patience_seconds=values.patience,
        )  # fmt: skip
    except TooManySkipped as error:
        print(f"anyonenet: {error}", file=sys.stderr)
        return 1
    waiting = sum(store is None for store in stores)
    if waiting:
        print(f"shard {values.shard[0]} of {values.shard[1]} is done; {waiting} stores wait for the others")
    else:
        print(f"{len(stores)} feature stores of {values.kind} in {values.out}")
    return 0


def submit(arguments: list[str], values: argparse.Namespace) -> int:
    """Hand the work to Slurm and say which jobs do it."""
    from commands.slurm import submit_shards

    at = next(place for place, argument in enumerate(arguments) if argument.split("=")[0] == "--slurm")
    given = arguments[at] == "--slurm" and arguments[at + 1 : at + 2] and arguments[at + 1].isdigit()
    rest = arguments[:at] + arguments[at + (2 if given else 1) :]
    jobs = submit_shards(["prepare", *rest], values.slurm, values.out / "slurm", dict(values.slurm_option))
    print(f"{len(jobs)} jobs ({jobs[0]} to {jobs[-1]}); logs in {values.out / 'slurm'}; the last one makes the stores")
    return 0


def chosen(name: str, only: str | None) -> bool:
    """Whether a store's name is, or lies below, one of the stages."""
    stages = [stage.strip().strip("/") for stage in only.split(",")] if only else []
    return not stages or any(name == stage or name.startswith(f"{stage}/") for stage in stages)


def shard(text: str) -> tuple[int, int]:
    """I and N of 'I/N', for `type=`."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise argparse.ArgumentTypeError(f"'{text}' is not I/N, as 1/8 to 8/8")
    return int(match[1]), int(match[2])

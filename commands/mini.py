"""`anyonenet mini`: the embedded corpora."""

from __future__ import annotations

from pathlib import Path

from commands.options import Options, seed

DESCRIPTION = """\
Build the embedded corpora: synthetic voices and drawn faces in the on-disk layouts of
VCTK, AISHELL-3, aidatatang_200zh, VoxCeleb2, CN-Celeb and the Obama addresses; and, for the
image translation, drawn persons before all sorts of grounds and still pictures made to speak;
and, for Write-a-Speaker, speech with the motion of a face in four emotions. They are for
development, demonstration and tests; results for papers need the real corpora."""


def options() -> Options:
    """The options of this verb."""
    parser = Options("mini", DESCRIPTION, "anyonenet mini --out data/mini")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to build them in")
    parser.add_argument(
        "--size", choices=("full", "small"), default="full", help="full trains the default weights; small is for tests"
    )
    parser.add_argument("--seed", type=seed, default=0, help="the same seed gives the same bytes (default 0)")
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR",
        help="your own photographs and paintings of faces, to be animated beside those that installed packages carry",
    )  # fmt: skip
    return parser


def main(arguments: list[str]) -> int:
    values = options().read(arguments)
    from datamodules.mini.build import build

    build(values.out, size=values.size, seed=values.seed, pictures=values.pictures)
    print(f"embedded corpora ({values.size}, seed {values.seed}) in {values.out}")
    return 0

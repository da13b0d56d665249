"""What `fit`, `validate` and `test` share: one LightningCLI, typed by the signatures of the modules it builds."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

from commands.options import Mistake

VERBS = ("fit", "validate", "test")


def help_text(verb: str) -> str:
    """The short help; LightningCLI's own, which lists every option, comes with `--help.all`."""
    doing = {"fit": "Train a stage", "validate": "Validate a stage", "test": "Test a stage"}[verb]
    checkpoint = "" if verb == "fit" else " --ckpt_path runs/tts/last.ckpt"
    return "\n".join(
        [
            f"usage: anyonenet {verb} --config FILE [--config FILE ...] [--key value ...]",
            "",
            f"{doing} from YAML configurations; later files and options win. Stages are in configs/: base.yaml",
            "has the paper's sizes, mini.yaml those of the embedded corpora; configs/trainer/ has machines.",
            "",
            f"example: anyonenet {verb} --config configs/tts/mini.yaml --config configs/trainer/cpu.yaml{checkpoint}",
            "",
            "common options:",
            "  --config FILE               a configuration; may be given several times",
            "  --print_config              show the whole configuration and stop",
            "  --trainer.default_root_dir DIR   where checkpoints and logs go (else runs/STAGE)",
            "  --trainer.max_steps N       and any other argument of Lightning's Trainer",
            "  --model.init_args.KEY V     any argument of the stage's module",
            "  --data.init_args.root DIR   the corpora's folder",
            "  --initial_weights DIR       exported weights to start from (fit only), e.g. weights/tts",
            "  --ckpt_path FILE            a checkpoint to go on from or to look at",
            "  --help.all                  every option there is",
        ]
    )


def parser_settings() -> dict[str, Any]:
    """How every configuration of the project is read; the tests that read them use the same."""
    return {"parser_mode": "omegaconf+", "exit_on_error": False}


def make_cli(arguments: list[str], run: bool = True, build: bool = True) -> Any:
    """The LightningCLI of all stages.

    Args:
        arguments: verb first when `run`, else options only.
        run: do what the verb says; False only builds trainer, module and data.
        build: False only reads the configuration: what it names is found and typed by its signature, but not built.
    """
    from pytorch_lightning import LightningDataModule, LightningModule
    from pytorch_lightning.cli import LightningArgumentParser, LightningCLI

    class StagesCLI(LightningCLI):
        """LightningCLI, and exported weights to start from."""

        def instantiate_classes(self) -> None:
            if build:
                super().instantiate_classes()

        def _run_subcommand(self, subcommand: str) -> None:
            if build:
                super()._run_subcommand(subcommand)

        def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
            parser.add_argument(
                "--initial_weights",
                type=str | None,
                default=None,
                help="exported weights to start from, e.g. weights/tts; not with --ckpt_path",
            )

        def before_fit(self) -> None:
            folder = self.config["fit"]["initial_weights"]
            if folder is None:
                return
            if self.config["fit"].get("ckpt_path"):
                raise Mistake("fit: --initial_weights begins a training and --ckpt_path goes on with one; choose one")
            from lightning_modules.initial_weights import start_from

            start_from(self.model, folder)

    with warnings.catch_warnings():
        # it fears that a caller forgot the command line, which is what is handed on here
        warnings.filterwarnings("ignore", message="LightningCLI's args parameter")
        return StagesCLI(
            LightningModule,
            LightningDataModule,
            subclass_mode_model=True,
            subclass_mode_data=True,
            save_config_kwargs={"overwrite": True},
            parser_kwargs=parser_settings(),
            seed_everything_default=0,
            args=arguments,
            run=run,
        )


def main(verb: str, arguments: list[str]) -> int:
    """Run one of Lightning's verbs; mistakes in configurations are answered by one line."""
    if "--help" in arguments or "-h" in arguments:
        print(help_text(verb))
        return 0
    _make(verb, arguments)
    return 0


def read_configuration(verb: str, arguments: list[str]) -> Any:
    """The whole configuration that a command line means; nothing of it is built.

    Raises:
        Mistake: as `main`.
    """
    return _make(verb, arguments, build=False).config[verb]


def _make(verb: str, arguments: list[str], build: bool = True) -> Any:
    """The command line's CLI, with mistakes in it told in one line."""
    if not any(argument.split("=")[0] in ("--config", "-c", "--model", "--help.all") for argument in arguments):
        raise Mistake(f"{verb}: --config missing, e.g. --config configs/tts/mini.yaml (anyonenet {verb} --help)")
    for name, value in zip(arguments, [*arguments[1:], ""], strict=True):
        path = value if name in ("--config", "-c") else name.partition("=")[2] if name.startswith("--config=") else None
        if path is not None and not Path(path).is_file():
            raise Mistake(f"{verb}: no configuration at {path or '(nothing)'}; the stages' are in configs/")
    os.environ.setdefault("WANDB_MODE", "offline")  # no run leaves the machine unless asked to
    sys.path.insert(0, "")  # configurations name the packages of the checkout
    from jsonargparse import ArgumentError
    from omegaconf.errors import OmegaConfBaseException

    try:
        arguments = ["--help" if argument == "--help.all" else argument for argument in arguments]
        return make_cli([verb, *arguments], build=build)
    except (ArgumentError, OmegaConfBaseException) as error:
        raise Mistake(f"{verb}: {_one_line(str(error))}") from None
    except ValueError as error:
        if not str(error).startswith(_NOISE[0]):
            raise
        raise Mistake(f"{verb}: {_one_line(str(error))}") from None  # what a module says of its own arguments


_NOISE = (
    "Does not validate",
    "Subtypes:",
    "Errors:",
    "Expected a <class 'NoneType'>",
    "Given value",
    "Expected a path",
)
"""how jsonargparse's lines begin that tell of its own workings"""


def _one_line(message: str) -> str:
    """jsonargparse explains in paragraphs: what is wrong, where, without its own workings."""
    lines = (line.strip(" -") for line in message.splitlines())
    kept = [line for line in lines if line and not line.startswith(_NOISE)]
    return " ".join(kept)[:600]

"""What `fit`, `validate` and `test` share: one LightningCLI, typed by the signatures of the modules it builds."""

from __future__ import annotations

import sys
import warnings
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from commands.options import Mistake
from commands.starting import nothing_thrown_away

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
            "  --resume                    go on from the run's newest good checkpoint, if it has one (fit only)",
            "  --checkpoint_every N        steps between the checkpoints in RUN/steps (fit only; 500)",
            "  --checkpoints_kept N        of those, the newest (2)",
            "  --on_bad_loss stop|skip     when a loss is not finite: stop, or leave the step out (fit only; skip)",
            "  --most_bad_losses N         steps of 100 left out before it stops after all (fit only; 10)",
            "  --loss_explosion X          times the running median from which a loss is bad too (fit only; 0: none)",
            "  --wandb PROJECT             log to Weights & Biases too; offline unless logged in (fit only)",
            "  --media_every N             validations between pictures and sounds, 0 for none (fit only; 1)",
            "  --slurm                     submit it as a job for the nodes and GPUs of its configuration (fit only)",
            "  --slurm-option KEY=VALUE    of that job, as slurm_partition=gpu or timeout_min=600 (fit only)",
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
    from jsonargparse.typing import NonNegativeFloat, NonNegativeInt, PositiveInt
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
            parser.add_argument(
                "--resume",
                action="store_true",
                help="go on from the newest good checkpoint in trainer.default_root_dir, if there is one",
            )
            parser.add_argument(
                "--checkpoint_every",
                type=NonNegativeInt,
                default=500,
                help="steps between checkpoints; one is also written before a validation and when asked to stop",
            )
            parser.add_argument("--checkpoints_kept", type=PositiveInt, default=2, help="how many of those stay")
            parser.add_argument(
                "--on_bad_loss",
                type=Literal["stop", "skip"],
                default="skip",
                help="when a loss is not finite: stop, or leave the step out; what its batch held is written to a file",
            )
            parser.add_argument(
                "--most_bad_losses",
                type=NonNegativeInt,
                default=10,
                help="steps of 100 that are left out before the training stops after all",
            )
            parser.add_argument(
                "--loss_explosion",
                type=NonNegativeFloat,
                default=0.0,
                help="times the running median from which a loss is bad too, e.g. 100; 0: none is too high",
            )
            parser.add_argument(
                "--wandb",
                type=str | None,
                default=None,
                help="project of Weights & Biases to log to as well; offline unless logged in (fit only)",
            )
            parser.add_argument(
                "--media_every",
                type=NonNegativeInt,
                default=1,
                help="validations between pictures, sounds and videos of what was learned; 0: none (fit only)",
            )

        def _parse_ckpt_path(self) -> None:
            given = (self.config.get(self.config.get("subcommand") or "") or {}).get("ckpt_path")
            if given and Path(given).is_file():
                from lightning_modules.survival.checkpoint_file import read

                read(Path(given))  # says in one line what LightningCLI would fail at
            super()._parse_ckpt_path()

        def instantiate_trainer(self, **kwargs: Any) -> Any:
            from lightning_modules.survival.wishes import Survival, Wishes

            values = self.config[self.subcommand] if self.subcommand else self.config
            self.survival = Survival(Wishes(**{field.name: values[field.name] for field in fields(Wishes)}))
            given = {**self._get(self.config_init, "trainer", default={}), **kwargs}
            given |= self.survival.of_a_trainer(given, fits=self.subcommand == "fit")
            self._hear_of_slurm(given)
            self._keep_records(given)
            return super().instantiate_trainer(**given)

        def _keep_records(self, trainer: dict[str, Any]) -> None:
            """Records and progress come with every fit; looking at a checkpoint leaves none."""
            from lightning_modules.logging.attach import Wishes, of_a_fit
            from lightning_modules.logging.quiet import hush

            hush()
            if self.subcommand == "fit":
                self._dump_config()
                wishes = Wishes(self.config["fit"]["wandb"], self.config["fit"]["media_every"])
                trainer |= of_a_fit(trainer, self.config_dump, ["anyonenet", *arguments], wishes)
            elif self.subcommand in VERBS and trainer["logger"] in (None, True):
                trainer["logger"] = False

        def _hear_of_slurm(self, trainer: dict[str, Any]) -> None:
            from lightning_modules.slurm import RequeueAtWarning, job_number

            if job_number() is not None and self.subcommand == "fit":
                warned = RequeueAtWarning()
                trainer["callbacks"] = [*trainer["callbacks"], warned]
                self.survival.stops.on_stop.append(warned.at_stop)

        def before_fit(self) -> None:
            self.survival.stops.take()
            if self.config["fit"]["resume"]:
                from pytorch_lightning.utilities.rank_zero import rank_zero_info

                from lightning_modules.survival.resuming import newest_good

                module = f"{type(self.model).__module__}.{type(self.model).__qualname__}"
                folder = Path(self.trainer.default_root_dir)
                found = newest_good(folder, module)
                rank_zero_info(found.told(folder))
                if found.checkpoint:
                    self.config_init["fit"]["ckpt_path"] = str(found.checkpoint)
                    return  # weights to begin with were those of the beginning
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
            trainer_defaults={"use_distributed_sampler": False},  # our loaders share by themselves
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
    with nothing_thrown_away():  # of what Lightning brings
        import pytorch_lightning.cli  # noqa: F401

        from lightning_modules.survival.stop import Stopped

    try:
        _make(verb, arguments)
    except Stopped as stopped:
        if not stopped.rank:
            print(f"anyonenet: {stopped}", file=sys.stderr)
        return stopped.code
    except Exception as error:
        from lightning_modules.survival.failures import explained

        told = explained(error)
        if told is None:
            raise
        raise told from None
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
    sys.path.insert(0, "")  # configurations name the packages of the checkout
    from jsonargparse import ArgumentError
    from omegaconf.errors import OmegaConfBaseException

    from lightning_modules.logging.weights_and_biases import choose_mode

    choose_mode()  # no run leaves the machine unless its owner is logged in

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

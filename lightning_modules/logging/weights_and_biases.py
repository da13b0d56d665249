"""Weights & Biases, for those who ask for it: offline unless somebody is logged in, one run however often resumed."""

from __future__ import annotations

import netrc
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from pytorch_lightning.loggers import WandbLogger
from pytorch_lightning.utilities.rank_zero import rank_zero_only

from anyonenet.errors import InputError
from lightning_modules.logging.media import Medium

SERVER = "https://api.wandb.ai"


def logged_in(environment: Mapping[str, str] | None = None) -> bool:
    """Whether the client would find a key: in `WANDB_API_KEY`, or in netrc as `wandb login` leaves it."""
    environment = os.environ if environment is None else environment
    if environment.get("WANDB_API_KEY"):
        return True
    server = urlparse(environment.get("WANDB_BASE_URL", SERVER)).hostname or ""
    home = Path(environment.get("HOME") or Path.home())
    named = environment.get("NETRC")
    for path in [Path(named)] if named else [home / ".netrc", home / "_netrc"]:
        try:
            if netrc.netrc(path).authenticators(server):
                return True
        except (OSError, netrc.NetrcParseError):
            continue
    return False


def choose_mode() -> str:
    """`WANDB_MODE` as it stands, else 'online' for who is logged in, else 'offline'; set for all that follows."""
    return os.environ.setdefault("WANDB_MODE", "online" if logged_in() else "offline")


class BiasLogger(WandbLogger):
    """A run of a W&B project, in `RUN/wandb`.

    Args:
        folder: of the run.
        project: of W&B.
        identity: of the W&B run: the one of a run that goes on, else a new one; a run started by W&B's own agent
            keeps what the agent gave it.
        facts: what the run is made of, for its configuration there.
    """

    def __init__(self, folder: Path, project: str, identity: str | None, facts: Mapping[str, Any]):
        from wandb import Settings

        # W&B makes its folder inside the one it is given, and takes the system's where that is not there
        Path(folder).mkdir(parents=True, exist_ok=True)
        super().__init__(
            project=project,
            save_dir=str(folder),
            id=identity,
            name=None if identity is None else f"{Path(folder).resolve().name}-{identity}",
            # the progress would be sent as text, many times a second; and what it says at the end is in the curves
            settings=Settings(console="off", quiet=True),
        )
        self._wandb_init.pop("anonymous", None)  # the client warns of it
        self._facts = dict(facts)

    @rank_zero_only
    def begin(self) -> None:
        """Start the client.

        Raises:
            InputError: it does not, for want of a network, a key or a right project name.
        """
        from wandb.errors import Error

        try:
            self.experiment.config.update(self._facts, allow_val_change=True)
        except Error as error:
            what = (str(error).splitlines() or [type(error).__name__])[0]
            raise InputError(f"W&B does not start ({what}); WANDB_MODE=offline keeps the run on this machine") from None

    @rank_zero_only
    def show(self, media: Mapping[str, tuple[Medium, Path]], step: int) -> None:
        """Send what was drawn at a step from the files it was written to."""
        import wandb

        made: dict[str, Any] = {}
        for name, (medium, path) in media.items():
            if medium.kind == "picture":
                made[name] = wandb.Image(str(path))
            elif medium.kind == "sound":
                made[name] = wandb.Audio(str(path), sample_rate=medium.rate)
            elif medium.kind == "video":
                made[name] = wandb.Video(str(path), format="mp4")
            else:
                made[name] = wandb.Table(columns=[*medium.columns], data=medium.rows)
        self.log_metrics(made, step)

    @rank_zero_only
    def end(self, failed: bool) -> None:
        """Say how the run ended and wait until the client has written everything."""
        if self._experiment is not None:
            self._experiment.finish(exit_code=int(failed))


def agents_project() -> str | None:
    """The project that W&B's agent works for; None where it did not start this process."""
    return os.environ.get("WANDB_PROJECT", "anyonenet") if os.environ.get("WANDB_SWEEP_ID") else None


def new_identity() -> str | None:
    """Eight letters and digits; None where W&B's agent has chosen one."""
    return None if os.environ.get("WANDB_RUN_ID") else secrets.token_hex(4)

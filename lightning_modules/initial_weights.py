"""A training that starts from exported weights: fine-tuning."""

from __future__ import annotations

from pathlib import Path

import pytorch_lightning as pl

from anyonenet.errors import WeightsError
from anyonenet.networks.base import Network
from anyonenet.text.symbols import SYMBOLS
from anyonenet.weights import load_weights, read_card


def start_from(module: pl.LightningModule, folder: str | Path) -> None:
    """Give a stage's module the exported weights of a network like its own.

    Args:
        module: with a `network`; everything else of it (discriminator, classes) stays as it was drawn.
        folder: of the weights, as `anyonenet export` writes them.

    Raises:
        WeightsError: missing or corrupt, of another network, of other sizes, or for other symbols.
    """
    folder = Path(folder)
    name, arguments, card = read_card(folder)
    wanted = module.network
    if not isinstance(wanted, Network):
        raise WeightsError(f"a {type(module).__name__} has no network that could start from {folder}")
    if name != type(wanted).__name__:
        raise WeightsError(f"{folder} holds a {name}; this training is of a {type(wanted).__name__}")
    differing = [
        f"{key} {arguments.get(key)} instead of {wanted.arguments.get(key)}"
        for key in sorted({*arguments, *wanted.arguments})
        if _plain(arguments.get(key)) != _plain(wanted.arguments.get(key)) and key not in _FREE
    ]
    if differing:
        raise WeightsError(
            f"{folder} has {', '.join(differing)}; start from weights of the same sizes, or set the sizes of "
            "--model.init_args to those of the weights"
        )
    if card.symbols is not None and card.symbols != SYMBOLS:
        raise WeightsError(f"{folder} was trained with another symbol table; it cannot be trained further")
    network, _ = load_weights(folder, card.stage)
    wanted.load_state_dict(network.state_dict())


_FREE = {"dropout", "encoder_dropout", "decoder_dropout", "postnet_bfloat16", "initial_step", "initial_width"}
"""arguments that say how is trained; what is stored fits either way"""


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value

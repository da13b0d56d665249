"""Exported weights: a folder with `model.safetensors` and `config.json`, checked on loading.

`config.json` holds the network's class (from a closed list), its constructor arguments, the stage, the audio
settings, the symbol table where there is one, the SHA-256 of the tensors' file, the corpus and the figures measured.
"""

from __future__ import annotations

import importlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch.nn import init
from torch.overrides import TorchFunctionMode

from anyonenet.audio.mel import MelSettings
from anyonenet.checksum import sha256_of
from anyonenet.errors import WeightsError
from anyonenet.networks.base import Network

NETWORKS = {
    "SpeakerEncoder": "anyonenet.networks.speaker_encoder",
    "FaceEncoder": "anyonenet.networks.face_encoder",
    "Tacotron": "anyonenet.networks.tacotron",
    "LandmarkPredictor": "anyonenet.networks.landmark_predictor",
    "DilatedPredictor": "anyonenet.networks.dilated_predictor",
    "ImageTranslator": "anyonenet.networks.image_translation",
    "VoiceConverter": "anyonenet.networks.voice_conversion",
    "SpeechContentBranch": "anyonenet.networks.speech_content",
    "SpeakerAwareBranch": "anyonenet.networks.speaker_aware",
    "ATNet": "anyonenet.networks.at_net",
    "VGNet": "anyonenet.networks.vg_net",
    "MouthStyle": "anyonenet.networks.mouth_style",
    "SpaceTimeTranslator": "anyonenet.networks.space_time_translation",
    "Vocoder": "anyonenet.networks.vocoder",
    "MouthGenerator": "anyonenet.networks.mouth_generator",
    "WordGenerator": "anyonenet.networks.word_generator",
    "Speech2Vid": "anyonenet.networks.speech2vid",
    "FaceSharpener": "anyonenet.networks.face_sharpener",
    "PhonemeRecogniser": "evaluation.phoneme_recogniser",
}
"""The closed list of classes that weights may name, and their modules."""
DRAWN = frozenset(
    (
        torch.Tensor.uniform_,
        torch.Tensor.normal_,
        init.uniform_,
        init.normal_,
        init.kaiming_uniform_,
        init.kaiming_normal_,
    )
)
"""how PyTorch's layers and ours draw their initial values, in place; what draws until all fit (`trunc_normal_`) would
do so for ever where nothing is drawn"""


@dataclass(frozen=True)
class WeightsCard:
    """Everything in `config.json` but the class and its arguments."""

    stage: str
    corpus: str
    """what the weights were trained on, in words"""
    mel: MelSettings = field(default_factory=MelSettings)
    symbols: tuple[str, ...] | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    """plain values a stage needs at inference (embedding backend, speakers' names …)"""
    sha256: str = ""


class _Undrawn(TorchFunctionMode):
    """Networks made inside get no random initial values, which take longer to draw than weights to read."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function in DRAWN:
            return args[0] if args else kwargs["tensor"]
        return function(*args, **(kwargs or {}))


def save_weights(folder: Path, network: Network, card: WeightsCard, half: bool = True) -> None:
    """Write `folder` (made if missing); each file is written beside and renamed.

    Args:
        folder: where `model.safetensors` and `config.json` go.
        network: one of `NETWORKS`.
        card: what to write down about it; its `sha256` is computed here.
        half: store floating-point tensors as float16, which halves the file (they load as float32).

    Raises:
        WeightsError: the network's class is not in the closed list, or a weight is not finite in the stored type.
    """
    name = type(network).__name__
    if name not in NETWORKS:
        raise WeightsError(f"cannot export a {name}: known networks are {', '.join(sorted(NETWORKS))}")
    tensors = {}
    for key, tensor in network.state_dict().items():
        stored = tensor.detach().cpu().contiguous().clone()
        if half and stored.dtype == torch.float32:
            stored = stored.half()
        if stored.is_floating_point() and not stored.isfinite().all():
            raise WeightsError(f"cannot export {name}: {key} holds values that are not finite as {stored.dtype}")
        tensors[key] = stored
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f"model.safetensors.{os.getpid()}.part"
    save_file(tensors, str(beside))
    digest = sha256_of(beside)
    os.replace(beside, folder / "model.safetensors")
    config = {
        "network": name,
        "arguments": network.arguments,
        "stage": card.stage,
        "corpus": card.corpus,
        "mel": card.mel.as_dict(),
        "symbols": list(card.symbols) if card.symbols is not None else None,
        "metrics": card.metrics,
        "extra": card.extra,
        "sha256": digest,
    }
    beside = folder / f"config.json.{os.getpid()}.part"
    beside.write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(beside, folder / "config.json")


def read_card(folder: Path) -> tuple[str, dict[str, Any], WeightsCard]:
    """Read `config.json`: the network's class name, its constructor arguments, and the card.

    Raises:
        WeightsError: the folder or file is missing, is not JSON, or lacks a field.
    """
    path = Path(folder) / "config.json"
    if not path.is_file():
        raise WeightsError(f"no weights in {folder}: {path.name} is missing; train and export them with `make weights`")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        card = WeightsCard(
            stage=config["stage"],
            corpus=config["corpus"],
            mel=MelSettings(**config["mel"]),
            symbols=tuple(config["symbols"]) if config["symbols"] is not None else None,
            metrics=config["metrics"],
            extra=config["extra"],
            sha256=config["sha256"],
        )
        return config["network"], config["arguments"], card
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise WeightsError(f"{path} is not readable JSON ({error}); export the weights again") from None
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{path} lacks or misstates a field ({error}); export the weights again") from None


def load_weights(folder: Path, stage: str, device: torch.device | str = "cpu") -> tuple[Network, WeightsCard]:
    """Rebuild a network from its folder, in evaluation mode, float32, with gradients off.

    Raises:
        WeightsError: missing, corrupt (SHA-256 differs), of another stage, or not fitting the network.
    """
    folder = Path(folder)
    name, arguments, card = read_card(folder)
    if card.stage != stage:
        raise WeightsError(f"{folder} holds weights of stage '{card.stage}', expected '{stage}'")
    if name not in NETWORKS:
        raise WeightsError(f"{folder} names the network '{name}'; known networks are {', '.join(sorted(NETWORKS))}")
    path = folder / "model.safetensors"
    if not path.is_file():
        raise WeightsError(f"{path} is missing; restore it or export the weights again")
    digest = sha256_of(path)
    if digest != card.sha256:
        raise WeightsError(
            f"{path} is corrupt or was exchanged: its SHA-256 begins {digest[:12]}, "
            f"config.json says {card.sha256[:12]}; restore it or export the weights again"
        )
    network_class = getattr(importlib.import_module(NETWORKS[name]), name)
    try:
        with _Undrawn():
            network: Network = network_class(**arguments)
    except TypeError as error:
        raise WeightsError(f"{folder}/config.json does not fit {name}: {error}") from None
    state = {
        # copies, in memory of their own: what was read may be a view of the file
        key: tensor.to(torch.float32 if tensor.is_floating_point() else tensor.dtype, copy=True)
        for key, tensor in load_file(str(path)).items()
    }
    try:
        network.load_state_dict(state, assign=True)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise WeightsError(f"{path} does not fit its config.json: {first}") from None
    return network.to(device).eval().requires_grad_(False), card

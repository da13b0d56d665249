"""A training can start from exported weights of the same network, and of no other."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from anyonenet.errors import WeightsError
from anyonenet.text.symbols import SYMBOLS
from anyonenet.weights import WeightsCard, save_weights
from lightning_modules.face_encoder import FaceEncoderModule
from lightning_modules.initial_weights import start_from
from lightning_modules.tts import TTSModule
from tests.lightning_modules.test_tts import SMALL


def exported(folder: Path, module: TTSModule, symbols: tuple[str, ...] = SYMBOLS) -> Path:
    save_weights(folder, module.network, WeightsCard(stage="tts", corpus="none", symbols=symbols), half=False)
    return folder


def test_training_starts_from_the_exported_network(tmp_path: Path) -> None:
    taught, fresh = TTSModule(**SMALL), TTSModule(**{**SMALL, "encoder_dropout": 0.1})
    start_from(fresh, exported(tmp_path, taught))
    for key, value in taught.network.state_dict().items():
        assert torch.equal(fresh.network.state_dict()[key], value), key
    assert all(parameter.requires_grad for parameter in fresh.network.parameters())


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    folder = exported(tmp_path / "tts", TTSModule(**SMALL))
    with pytest.raises(WeightsError, match="gru_size 4 instead of 8; start from weights of the same sizes"):
        start_from(TTSModule(**{**SMALL, "gru_size": 8}), folder)
    with pytest.raises(WeightsError, match="holds a Tacotron; this training is of a FaceEncoder"):
        start_from(FaceEncoderModule(backend="dlib", hidden=8), folder)
    with pytest.raises(WeightsError, match="another symbol table"):
        start_from(TTSModule(**SMALL), exported(tmp_path / "other", TTSModule(**SMALL), SYMBOLS[:-1]))

"""Fixtures of more than one test package (small weights, faces), and how tests run side by side."""

from __future__ import annotations

import base64
import contextlib
import gc
import os
import sys
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.networks.base import Network
from anyonenet.text.symbols import SYMBOLS
from anyonenet.weights import WeightsCard, save_weights
from commands.starting import nothing_thrown_away

LONG = (
    "tests/slurm/test_training.py",
    "tests/test_readme.py",
    "tests/evaluation/study/test_browser.py",
    "tests/test_training_chain.py",
    "tests/lightning_modules/survival/test_stages.py",
)
"""the longest files, a quarter of a minute and more: what begins last should be short"""


def pytest_configure(config: pytest.Config) -> None:
    if getattr(config.option, "numprocesses", None):  # side by side (pytest -n): each computes in one thread
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    # TensorBoard brings absl, whose handler keeps the stderr of its import and closes it when others configure logging
    # (submitit, uvicorn do); pytest's own must not be that one
    with contextlib.suppress(ImportError), contextlib.redirect_stderr(sys.__stderr__):
        import absl.logging  # noqa: F401


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    with nothing_thrown_away():  # importing everything takes a fifth less
        return (yield)


def pytest_unconfigure() -> None:
    gc.unfreeze()  # what `generate` had set aside: libraries complain of what is not thrown away at the end


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Side by side (pytest -n, --dist loadfile --no-loadscope-reorder), long files begin first."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: next((i for i, long in enumerate(LONG) if item.nodeid.startswith(long)), len(LONG)))


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exported weights of every stage of the pipeline, random and tiny. What they say is noise of the right shape."""
    folder = tmp_path_factory.mktemp("weights")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for stage, network, extra in _networks():
            symbols = SYMBOLS if stage == "tts" else None
            save_weights(folder / stage, network, WeightsCard(stage, "nothing: random", symbols=symbols, extra=extra))
    return folder


def _networks() -> list[tuple[str, Network, dict]]:
    from anyonenet.networks.face_encoder import FaceEncoder
    from anyonenet.networks.image_translation import ImageTranslator
    from anyonenet.networks.landmark_predictor import LandmarkPredictor
    from anyonenet.networks.speaker_encoder import SpeakerEncoder
    from anyonenet.networks.tacotron import Tacotron

    tacotron = Tacotron(
        symbols=len(SYMBOLS), speaker_projection=8, embedding_size=16, encoder_prenet=(16, 8), bank_size=3,
        bank_channels=8, projection_channels=8, highway_layers=1, gru_size=8, decoder_prenet=(16, 16),
        attention_rnn=16, decoder_rnn=16, postnet_channels=8, postnet_layers=2, attention_hidden=8, reduction_factor=2,
        initial_step=0.5, initial_width=1.0,
    )  # fmt: skip
    with torch.no_grad():
        tacotron.decoder.stop.bias.fill_(-20.0)  # it ends where its attention leaves the text
    speakers = np.eye(4, 1024, dtype="<f2")
    names = {"names": [f"p{index}" for index in range(4)], "embeddings": base64.b64encode(speakers.tobytes()).decode()}
    landmarks = LandmarkPredictor(
        audio_width=8, landmark_hidden=8, landmark_width=8, quaternion_hidden=4, cnn_widths=(8, 8), lstm_width=8,
        decoder_hidden=8, smoothing_width=5,
    )  # fmt: skip
    return [
        ("speaker_encoder", SpeakerEncoder(widths=(4, 4, 4, 4)), {}),
        ("face_encoder", FaceEncoder(face_size=128, hidden=8), {"backend": "dlib"}),
        ("tts", tacotron, {"speakers": names}),
        ("landmarks", landmarks, {}),
        ("images", ImageTranslator(widths=(4, 8), blocks=1), {}),
    ]


@pytest.fixture(scope="session")
def astronaut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """scikit-image's photograph of Eileen Collins, 512x512, as a PNG file."""
    from PIL import Image
    from skimage.data import astronaut

    path = tmp_path_factory.mktemp("photos") / "astronaut.png"
    Image.fromarray(astronaut()).save(path)
    return path

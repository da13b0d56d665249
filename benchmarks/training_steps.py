"""The project's own training steps, made of the shipped configurations: forward, losses, backward, clipping, optimiser.

The modules are those that `fit` trains. Their steps are called without a Trainer, which only schedules and logs; what a
Trainer adds is measured by `benchmarks.training_data`.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import yaml
from pytorch_lightning import LightningModule

from anyonenet.types import Batch

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("speaker_encoder", "face_encoder", "tts", "landmarks", "images")
SPEAKERS = 400
"""training speakers of the speaker encoder, as many as aidatatang_200zh has, about"""
BATCHES = {"speaker_encoder": 32, "face_encoder": 256, "tts": 8, "landmarks": 8, "images": 2}
"""items a batch at base sizes, small enough for a laptop"""


def configuration(stage: str, sizes: str) -> dict[str, Any]:
    """`configs/STAGE/SIZES.yaml` as it stands, with paths of weights left out."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "configs" / stage / f"{sizes}.yaml").read_text())
    return found


def batch_size(stage: str, sizes: str) -> int:
    """Items a batch: of the configuration at mini sizes, of `BATCHES` at base sizes."""
    arguments = configuration(stage, sizes)["data"].get("init_args", {})
    return int(arguments.get("batch_size", 128 if sizes == "mini" else 0)) if sizes == "mini" else BATCHES[stage]


def module_of(stage: str, sizes: str, **changes: Any) -> Any:
    """The Lightning module of a configuration; `changes` replace its arguments."""
    model = configuration(stage, sizes)["model"]
    package, _, name = model["class_path"].rpartition(".")
    return getattr(importlib.import_module(package), name)(**{**model.get("init_args", {}), **changes})


class OwnStep:
    """One training step of a module on one batch, again and again.

    Args:
        module: a Lightning module of the project.
        batch: on the device already.
        device: where it runs.
        clip: largest norm of the gradient; None: the module's own way, or none.
        bfloat16: whether it runs under bfloat16 autocast.
    """

    def __init__(
        self, module: Any, batch: Batch, device: torch.device, clip: float | None = None, bfloat16: bool = False
    ):
        self.module, self.device, self.clip, self.bfloat16 = module, device, clip, bfloat16
        module._trainer = _StandIn()
        module._trainer.precision = "bf16-mixed" if bfloat16 else "32-true"
        for name in ("log", "log_dict"):
            setattr(module, name, _nothing)
        if hasattr(module, "margin_softmax"):
            module.setup("fit")
        module.to(device).train()
        self.batch = batch.to(device)
        optimisers = _optimisers(module.configure_optimizers())
        self.optimiser = optimisers[0]
        if not module.automatic_optimization:
            announced = [_Announced(optimiser, module) for optimiser in optimisers]
            module.optimizers = lambda: announced
            module.lr_schedulers = list
            module.manual_backward = lambda loss: loss.backward()

    def __call__(self) -> None:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            loss = self.module.training_step(self.batch, 0)
        if not self.module.automatic_optimization:
            return
        self.optimiser.zero_grad()
        loss.backward()
        if type(self.module).configure_gradient_clipping is not LightningModule.configure_gradient_clipping:
            self.module.configure_gradient_clipping(self.optimiser)
        elif self.clip is not None:
            torch.nn.utils.clip_grad_norm_(self.module.parameters(), self.clip)
        self.optimiser.step()


class PlainStep:
    """One step of any network: `loss()` backward, clipping, optimiser.

    Args:
        loss: a call that gives a scalar.
        networks: whose parameters learn.
        optimiser: of them.
        clip: largest norm of the gradient; 0: never clipped.
    """

    def __init__(self, loss: Any, networks: list[torch.nn.Module], optimiser: torch.optim.Optimizer, clip: float = 0.0):
        self.loss, self.networks, self.optimiser, self.clip = loss, networks, optimiser, clip

    def __call__(self) -> None:
        value = self.loss()
        self.optimiser.zero_grad()
        value.backward()
        if self.clip > 0:
            torch.nn.utils.clip_grad_norm_([p for net in self.networks for p in net.parameters()], self.clip)
        self.optimiser.step()


def own_step(stage: str, sizes: str, batch: Batch, device: torch.device, precision: str, features: str) -> OwnStep:
    """The step of a configuration.

    Args:
        stage, sizes: name the configuration.
        batch: see `benchmarks.training_batches`.
        device: where it runs.
        precision: '32', 'bf16', or 'config' for the configuration's own.
        features: file of VGG-19's weights for the images at base sizes.
    """
    trainer = configuration(stage, sizes).get("trainer", {})
    changes = {"vgg19_weights": features} if stage == "images" and sizes == "base" else {}
    wanted = str(trainer.get("precision", "32")) if precision == "config" else precision
    clip = trainer.get("gradient_clip_val")
    return OwnStep(module_of(stage, sizes, **changes), batch, device, clip, "bf16" in wanted)


class _StandIn:
    """What the modules ask of a Trainer, in the middle of a training on one process."""

    estimated_stepping_batches = 100_000
    num_training_batches = 1_000
    max_epochs = -1
    max_steps = -1
    global_step = 10_000
    current_epoch = 1
    global_rank = 0
    world_size = 1
    sanity_checking = False
    gradient_clip_val = None
    gradient_clip_algorithm = None
    log_dir = None
    precision = "32-true"
    precision_plugin = strategy = SimpleNamespace(model=None, scaler=None)
    datamodule = SimpleNamespace(train_speakers=SPEAKERS)


class _Announced:
    """An optimiser whose steps the module hears of, as Lightning's."""

    def __init__(self, optimiser: torch.optim.Optimizer, module: Any):
        self.optimiser, self.module = optimiser, module

    def zero_grad(self) -> None:
        self.optimiser.zero_grad()

    def step(self) -> None:
        self.module.on_before_optimizer_step(self.optimiser)
        self.optimiser.step()


def _nothing(*_: Any, **__: Any) -> None:
    """Logging is the Trainer's."""


def _optimisers(configured: Any) -> list[torch.optim.Optimizer]:
    if isinstance(configured, dict):
        return [configured["optimizer"]]
    if isinstance(configured, tuple):
        return list(configured[0])
    return [configured]

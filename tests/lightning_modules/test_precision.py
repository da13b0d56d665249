"""In mixed precision attention, losses and the sums of normalisers are in float32, in every stage."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from pytorch_lightning.plugins import MixedPrecision
from torch import nn
from torch.overrides import TorchFunctionMode

from anyonenet.losses.adversarial import AdversarialLoss
from anyonenet.losses.margin_softmax import MarginSoftmax
from anyonenet.losses.perceptual import PerceptualLoss
from anyonenet.losses.tts import TTSLoss
from anyonenet.networks import decoder, speaker_encoder
from anyonenet.networks.batch_norm import BatchNorm
from anyonenet.networks.masked import MaskedInstanceNorm
from lightning_modules import face_encoder, landmarks
from lightning_modules.stage import StageModule
from tests.lightning_modules.one_batch import MODULES, Gradients, OneBatch
from tests.lightning_modules.running import trainer

SENSITIVE: dict[str, list[tuple[Any, str]]] = {
    "speaker_encoder": [(MarginSoftmax, "forward"), (speaker_encoder, "statistics_pooling")],
    "face_encoder": [(face_encoder, "masked_margin_softmax")],
    "tts": [(TTSLoss, "forward"), (decoder, "attend")],
    "landmarks": [(landmarks, "landmark_losses")],
    "images": [(AdversarialLoss, "generator"), (AdversarialLoss, "discriminator"), (PerceptualLoss, "forward")],
}
NORMS = (BatchNorm, MaskedInstanceNorm, nn.InstanceNorm2d, nn.LayerNorm)


class Results(TorchFunctionMode):
    """Notes in which precisions floating-point results came."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[torch.dtype] = set()

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor) and result.is_floating_point():
            self.found.add(result.dtype)
        return result


def watched(function: Callable[..., Any], results: Results) -> Callable[..., Any]:
    def run(*arguments: Any, **named: Any) -> Any:
        with results:
            return function(*arguments, **named)

    return run


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("stage", SENSITIVE)
def test_sensitive_parts_stay_in_float32(stage, monkeypatch, tmp_path):
    monkeypatch.setitem(face_encoder.FACE_SIZES, "dlib", 16)
    called: dict[str, Results] = {}
    for owner, name in SENSITIVE[stage]:
        monkeypatch.setattr(owner, name, watched(getattr(owner, name), called.setdefault(name, Results())))
    module = MODULES[stage]()
    narrow, checked = [], []
    for layer in module.modules():
        if isinstance(layer, (nn.Linear, nn.Conv1d, nn.Conv2d)):
            layer.register_forward_hook(lambda layer, given, made: narrow.append(made.dtype))
        elif isinstance(layer, NORMS):
            twin = copy.deepcopy(layer)
            layer.register_forward_hook(lambda layer, given, made, twin=twin: checked.append((twin, given, made)))
    trainer(tmp_path, 1, precision="bf16-mixed", limit_val_batches=0).fit(module, OneBatch(stage))
    assert torch.bfloat16 in narrow  # mixed precision is on at all
    for name, results in called.items():
        assert results.found == {torch.float32}, name
    assert stage == "face_encoder" or checked
    for twin, given, made in checked:
        full = [value.float() if value.is_floating_point() else value for value in given]
        # bfloat16 may round what comes out, not what is summed up
        torch.testing.assert_close(made.float(), twin(*full), rtol=2**-7, atol=2**-6)
    assert all(value.dtype == torch.float32 for value in module.parameters())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("stage", sorted(SENSITIVE.keys() - {"tts"}))  # CPUs have no LSTM in float16
def test_float16_with_a_scaled_loss_has_the_gradient_of_float32(stage, monkeypatch, tmp_path):
    monkeypatch.setitem(face_encoder.FACE_SIZES, "dlib", 16)
    found = []
    for plugins in ([], [MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=256.0))]):
        # optimisers that divide by the scale themselves, as those for CPUs do, know no clipping
        monkeypatch.setattr(StageModule, "fused", None, raising=False)
        kept = Gradients()
        run = trainer(tmp_path, 1, callbacks=[kept], limit_val_batches=0, plugins=plugins)
        run.fit(MODULES[stage](), OneBatch(stage))
        found.append(torch.cat([gradient.flatten() for gradient in kept.kept.values()]))
    assert torch.nn.functional.cosine_similarity(*found, dim=0) > 0.95
    assert float(found[1].norm() / found[0].norm()) == pytest.approx(1.0, abs=0.2)


def test_a_scale_that_the_first_optimiser_changes_does_not_reach_the_second(monkeypatch):
    module = MODULES["images"]()
    for value in module.parameters():
        value.grad = torch.ones_like(value)
    module._scale = 512.0
    monkeypatch.setattr(module, "_gradient_scale", lambda: 256.0)
    module.on_before_optimizer_step(torch.optim.Adam(module.discriminator.parameters()))
    # they were 512 times too large and have been divided by 256
    assert all((value.grad == 0.5).all() for value in module.discriminator.parameters())
    assert all((value.grad == 1.0).all() for value in module.network.parameters())

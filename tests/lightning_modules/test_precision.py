"""In mixed precision attention, losses and the sums of normalisers are in float32, in every stage."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
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
from tests.lightning_modules.one_batch import MODULES, OneBatch
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

"""A compiled network trains, to the same gradient, and is exported as any other.

The compiler that writes C++ takes minutes on a busy machine; here its front end alone runs. What the network gets
compiled to is PyTorch's to test.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from lightning_modules import face_encoder
from tests.lightning_modules.one_batch import MODULES, Gradients, OneBatch
from tests.lightning_modules.running import trainer


@pytest.mark.filterwarnings("ignore")
def test_the_gradient_is_the_same_and_so_are_the_names(monkeypatch, tmp_path):
    monkeypatch.setitem(face_encoder.FACE_SIZES, "dlib", 16)
    original, compiled_parts = nn.Module.compile, []

    def compile_quickly(module: nn.Module, **options: Any) -> None:
        compiled_parts.append(module)
        original(module, backend="aot_eager", **options)

    monkeypatch.setattr(nn.Module, "compile", compile_quickly)
    ends = []
    for compiled in (False, True):
        kept, module = Gradients(), MODULES["face_encoder"](compiled=compiled)
        trainer(tmp_path, 1, callbacks=[kept], limit_val_batches=1).fit(module, OneBatch("face_encoder"))
        ends.append((kept.kept, module.state_dict()))
        assert compiled_parts == ([module.network] if compiled else [])
    (gradients, state), (gradients_compiled, state_compiled) = ends
    assert state.keys() == state_compiled.keys()
    size = torch.nn.utils.get_total_norm(gradients.values())
    for name, gradient in gradients.items():
        assert (gradient - gradients_compiled[name]).norm() <= 1e-4 * gradient.norm() + 1e-5 * size, name

"""The six matrices of a decoder step's recurrent layers, as functions, in float32 or in fewer bits."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from anyonenet.networks.decoder import Decoder

PRECISIONS = ("fp32", "bf16", "int8")

Product = Callable[[Tensor, Tensor], Tensor]
"""`(in,)` and what is to be added `(out,)` -> a new `(out,)`, float32"""


@dataclass(frozen=True)
class StepProducts:
    """What comes in, and the layer's own state, of attention RNN and of lower and upper LSTM; all to four gates."""

    attention_in: Product
    attention_state: Product
    lower_in: Product
    lower_state: Product
    upper_in: Product
    upper_state: Product


def step_products(decoder: Decoder, precision: str = "fp32") -> StepProducts:
    """The products of a decoder's step. Those in float32 read the decoder's own weights; others are copies.

    Args:
        decoder: on the CPU.
        precision: 'fp32'; 'bf16': weights and inputs rounded to bfloat16; 'int8': weights rounded to 8 bits with a
            scale for each row, inputs to 8 bits with a scale for each step, sums exact.

    Raises:
        ValueError: another precision, or 'int8' with a PyTorch that has no products of bytes.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision is '{precision}'; expected one of {', '.join(PRECISIONS)}")
    if precision == "int8" and not _multiplies_bytes():
        raise ValueError("this PyTorch has no 8-bit products (torch.ops.quantized); choose fp32 or bf16")
    make = {"fp32": _float32, "bf16": _bfloat16, "int8": _int8}[precision]
    cell = decoder.attention_rnn
    (lower_in, lower_state, *_), (upper_in, upper_state, *_) = decoder.rnn.all_weights
    with torch.no_grad():
        return StepProducts(
            make(cell.weight_ih[:, : decoder.prenet.out_size]),
            make(cell.weight_hh),
            make(lower_in[:, : cell.hidden_size]),
            make(lower_state),
            make(upper_in),
            make(upper_state),
        )


def suggested_precision(decoder: Decoder) -> str:
    """'int8' where a step waits for its weights and the processor multiplies bytes, else 'fp32'."""
    weights = decoder.attention_rnn.weight_hh.numel() + sum(weight.numel() for weight in decoder.rnn.parameters())
    return "int8" if weights > _CACHED and _multiplies_bytes() and torch.cpu._is_vnni_supported() else "fp32"


def _multiplies_bytes() -> bool:
    """PyTorch means to take these products away one day."""
    return hasattr(torch, "quantize_per_channel") and hasattr(torch.ops.quantized, "linear_dynamic")


_CACHED = 4_000_000
"""weights that stay near the processor from one step to the next: 16 MB in float32"""


def _float32(weight: Tensor) -> Product:
    return lambda vector, base: torch.addmv(base, weight, vector)


def _bfloat16(weight: Tensor) -> Product:
    rounded = weight.to(torch.bfloat16).contiguous()
    return lambda vector, base: torch.mv(rounded, vector.to(torch.bfloat16)).float().add_(base)


def _int8(weight: Tensor) -> Product:
    scales = weight.abs().amax(dim=1).clamp_min(1e-12).double() / 127
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*quantize")
        rounded = torch.quantize_per_channel(
            weight.contiguous(), scales, torch.zeros(len(weight), dtype=torch.int64), 0, torch.qint8
        )
        packed = torch.ops.quantized.linear_prepack(rounded, None)
    # without these instructions sums of two products are kept in 16 bits, which eight bits of both would overflow
    narrow = not torch.cpu._is_vnni_supported()
    multiply = torch.ops.quantized.linear_dynamic
    return lambda vector, base: multiply(vector[None], packed, narrow)[0].add_(base)

"""What this processor can compute quickly."""

from __future__ import annotations

from pathlib import Path

INT8 = frozenset({"avx512_vnni", "avx_vnni", "amx_int8", "asimddp"})
"""names of instructions that multiply bytes and add them up, as Linux lists them"""
BF16 = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""the same for 16-bit floats with eight bits of exponent"""


def processor_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """The names of the processor's instruction sets; empty where the system has no such list."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    names = (line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features")))
    return frozenset(next(names, []))

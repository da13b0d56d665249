"""The engines by name, and when each is worth taking."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from anyonenet.engines.processor import BF16, INT8, processor_flags
from anyonenet.errors import InputError


@dataclass(frozen=True)
class Kind:
    """One engine."""

    name: str
    extra: str | None = None
    """of setup.cfg; None: nothing beyond PyTorch is needed"""
    packages: tuple[str, ...] = ()
    """what has to be importable to run it"""
    needs: frozenset[str] = frozenset()
    """instructions, any of which makes it quick; empty: any processor will do"""
    why: str = ""

    @property
    def installed(self) -> bool:
        return all(importlib.util.find_spec(package) is not None for package in self.packages)

    @property
    def exported(self) -> bool:
        """Whether it runs a file of its own, which `anyonenet export --engine` makes."""
        return self.extra is not None

    def fits(self, flags: frozenset[str]) -> bool:
        """Whether a processor with these instructions runs it quickly."""
        return not self.needs or bool(self.needs & flags)


KINDS = (
    Kind("openvino-int8", "openvino", ("openvino",), INT8, "8-bit convolutions"),
    Kind("openvino-bf16", "openvino", ("openvino",), BF16, "16-bit floats"),
    Kind("torch-bf16", needs=BF16, why="16-bit floats"),
    Kind("openvino-fp32", "openvino", ("openvino",), why="32-bit floats"),
    Kind("onnx", "onnx", ("onnxruntime",), why="32-bit floats"),
    Kind("torch-fp32", why="32-bit floats"),
)
"""The quickest first, of those whose instructions the processor has."""
NAMES = tuple(kind.name for kind in KINDS)


@dataclass(frozen=True)
class Usable:
    """Whether an engine can be used here, exports aside."""

    name: str
    installed: bool
    fits: bool
    """the processor runs it quickly"""


def usable(flags: frozenset[str] | None = None) -> list[Usable]:
    """All engines, the quickest first.

    Args:
        flags: the processor's instructions; None: this one's.
    """
    known = processor_flags() if flags is None else flags
    return [Usable(kind.name, kind.installed, kind.fits(known)) for kind in KINDS]


def kind_of(name: str, flags: frozenset[str] | None = None) -> Kind:
    """By its name, or by a library's ('openvino', 'onnx', 'torch'): then the quickest for this processor.

    Raises:
        InputError: there is none of that name.
    """
    for kind in KINDS:
        if kind.name == name:
            return kind
    known = processor_flags() if flags is None else flags
    for kind in KINDS:
        if kind.name.partition("-")[0] == name and kind.fits(known):
            return kind
    raise InputError(f"unknown engine '{name}'; choose one of {', '.join(NAMES)}")


def need_package(kind: Kind) -> None:
    """Refuse what is not installed.

    Raises:
        InputError: with the line that installs it.
    """
    if not kind.installed:
        raise InputError(f"engine '{kind.name}' needs a package: pip install 'anyonenet[{kind.extra}]'")


def kind_to_export(name: str) -> Kind:
    """By its name, ready to be exported for.

    Raises:
        InputError: as `kind_of` and `need_package`, or it runs weights as they are.
    """
    kind = kind_of(name)
    if not kind.exported:
        raise InputError(f"engine '{kind.name}' runs the weights as they are; nothing to export")
    need_package(kind)
    return kind

"""Which engine is taken, on which processor, and what is said about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from anyonenet.engines.choice import choose_engine, engines_found
from anyonenet.engines.kinds import KINDS, NAMES, Kind, kind_of, usable
from anyonenet.engines.processor import processor_flags
from anyonenet.engines.record import Record, engine_folder
from anyonenet.errors import InputError, WeightsError
from anyonenet.weights import read_card

OLD = frozenset({"avx2"})
BF16 = frozenset({"avx2", "avx512_bf16"})
NEW = BF16 | {"avx512_vnni"}


@pytest.fixture
def installed(monkeypatch) -> None:
    """All packages are there, whatever is installed."""
    monkeypatch.setattr(Kind, "installed", True)


def pretend_export(weights, engine: str) -> None:
    _, arguments, card = read_card(weights)
    folder = engine_folder(weights, engine)
    folder.mkdir(parents=True)
    Record(engine, "x 1", card.sha256, arguments, 32, 9, 6, "", {}, {}).write(folder)


def chosen(weights, flags: frozenset[str]) -> str:
    return choose_engine(weights, "auto", flags)[0].kind.name


def test_the_quickest_that_is_exported_and_fits_the_processor(weights, installed):
    assert [chosen(weights, flags) for flags in (OLD, BF16, NEW)] == ["torch-fp32", "torch-bf16", "torch-bf16"]
    pretend_export(weights, "onnx")
    assert [chosen(weights, flags) for flags in (OLD, BF16, NEW)] == ["onnx", "torch-bf16", "torch-bf16"]
    pretend_export(weights, "openvino-int8")
    assert [chosen(weights, flags) for flags in (OLD, BF16, NEW)] == ["onnx", "torch-bf16", "openvino-int8"]
    pretend_export(weights, "openvino-bf16")
    pretend_export(weights, "openvino-fp32")
    expected = ["openvino-fp32", "openvino-bf16", "openvino-int8"]
    assert [chosen(weights, flags) for flags in (OLD, BF16, NEW)] == expected


def test_the_reason_names_what_would_be_quicker(weights, installed):
    reason = choose_engine(weights, "auto", NEW)[1]
    assert "torch-bf16" in reason and f"anyonenet export {weights} --engine openvino-int8" in reason
    pretend_export(weights, "openvino-int8")
    assert choose_engine(weights, "auto", NEW)[1] == "engine openvino-int8 (8-bit convolutions)"


def test_a_missing_package_is_one_line_with_its_cure(weights, monkeypatch):
    monkeypatch.setattr(Kind, "installed", property(lambda kind: not kind.packages))
    pretend_export(weights, "openvino-int8")
    with pytest.raises(
        InputError, match=r"engine 'openvino-int8' needs a package: pip install 'anyonenet\[openvino\]'"
    ):
        choose_engine(weights, "openvino-int8", NEW)
    found, reason = choose_engine(weights, "auto", NEW)
    assert found.kind.name == "torch-bf16" and "pip install 'anyonenet[openvino]'" in reason


def test_what_is_not_exported_is_refused_when_asked_for(weights, installed):
    with pytest.raises(WeightsError, match=r"is not exported for engine 'onnx': anyonenet export .* --engine onnx"):
        choose_engine(weights, "onnx", NEW)
    with pytest.raises(InputError, match="unknown engine 'tensorflow'; choose one of openvino-int8, "):
        choose_engine(weights, "tensorflow", NEW)


def test_a_librarys_name_is_its_quickest_engine_here():
    assert [kind_of("openvino", flags).name for flags in (OLD, BF16, NEW)] == [
        "openvino-fp32",
        "openvino-bf16",
        "openvino-int8",
    ]
    assert kind_of("torch", OLD).name == "torch-fp32" and kind_of("onnx", OLD).name == "onnx"


def test_an_export_whose_file_is_gone_is_passed_by(weights, installed):
    pretend_export(weights, "openvino-int8")
    _, arguments, card = read_card(weights)
    folder = engine_folder(weights, "openvino-int8")
    whole = Record("openvino-int8", "x 1", card.sha256, arguments, 32, 9, 6, "", {}, {})
    replace(whole, files={"model.xml": "0" * 64}).write(folder)
    found, reason = choose_engine(weights, "auto", NEW)
    assert found.kind.name == "torch-bf16" and "model.xml is missing" in reason


def test_all_engines_are_told(weights):
    assert [found.kind.name for found in engines_found(weights, OLD)] == list(NAMES)
    assert [found.fits for found in engines_found(weights, OLD)] == [not kind.needs for kind in KINDS]
    assert [one.fits for one in usable(NEW)] == [True] * len(KINDS)


def test_flags_of_processors(tmp_path):
    intel, arm = tmp_path / "intel", tmp_path / "arm"
    intel.write_text("processor\t: 0\nflags\t\t: fpu avx512_vnni\n\nprocessor\t: 1\nflags\t\t: fpu\n")
    arm.write_text("processor\t: 0\nFeatures\t: fp asimddp bf16\n")
    assert processor_flags(intel) == {"fpu", "avx512_vnni"} and processor_flags(arm) == {"fp", "asimddp", "bf16"}
    assert processor_flags(tmp_path / "none") == frozenset()

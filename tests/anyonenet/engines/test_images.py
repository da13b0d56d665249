"""Exporting the image stage, loading it again, and what is refused."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch

from anyonenet.engines import export_images, load_image_engine
from anyonenet.engines.kinds import KINDS
from anyonenet.errors import InputError, WeightsError
from anyonenet.weights import WeightsCard, load_weights, save_weights
from tests.anyonenet.engines.conftest import SIDE, pictures, translator

EXPORTED = [kind.name for kind in KINDS if kind.exported]


def export(weights, engine: str):
    for package in (kind.packages for kind in KINDS if kind.name == engine):
        pytest.importorskip(package[0])
    if engine == "onnx":
        pytest.importorskip("onnx")
    return export_images(weights, engine, pictures(3, 9), pictures(2, 9, seed=1), "blobs", SIDE)


@pytest.mark.parametrize("engine", EXPORTED)
def test_an_export_says_what_the_network_says(weights, engine):
    record = export(weights, engine)
    assert (weights / "engines" / engine / "record.json").is_file()
    assert record.distances["pictures"] == 2 and record.distances["ssim"] > 0.9
    assert ("3 pictures: blobs" in record.calibration) == engine.endswith("int8")
    loaded = load_image_engine(weights, engine, threads=2)
    assert (loaded.name, loaded.inputs, loaded.outputs) == (engine, 9, 6) and "as asked for" in loaded.reason
    seen = pictures(4, 9, seed=2)
    network, _ = load_weights(weights, "images")
    true = network.raw(torch.from_numpy(seen)).numpy()
    made = loaded(seen)
    assert np.abs(made - true).mean() < (0.05 if "int8" in engine or "bf16" in engine else 1e-4)
    assert np.allclose(np.stack(list(loaded.stream(iter(seen)))), made, atol=1e-5)


@pytest.mark.parametrize(("engine", "near"), [("torch-fp32", 1e-4), ("torch-bf16", 0.05)])
def test_pytorch_needs_no_export(weights, engine, near):
    loaded = load_image_engine(weights, engine, threads=2)
    seen = pictures(3, 9)
    true = load_weights(weights, "images")[0].raw(torch.from_numpy(seen)).numpy()
    assert np.abs(loaded(seen) - true).mean() < near
    assert np.allclose(np.stack(list(loaded.stream(iter(seen)))), loaded(seen), atol=near)
    with pytest.raises(InputError, match="nothing to export"):
        export_images(weights, engine, seen, size=SIDE)


def test_pictures_of_another_shape_are_refused(weights):
    with pytest.raises(ValueError, match=r"expected \(batch, 9, height, width\)"):
        load_image_engine(weights, "torch-fp32")(pictures(1, 6))
    pytest.importorskip("openvino")
    with pytest.raises(InputError, match=r"shape \(2, 6, 32, 32\); expected \(N, 9, 32, 32\)"):
        export_images(weights, "openvino-fp32", pictures(2, 6), size=SIDE)


def test_exports_of_other_weights_are_refused_by_name_and_passed_by_auto(weights):
    export(weights, "openvino-fp32")
    save_weights(weights, translator("flow", True), WeightsCard("images", "other"))  # halved: another checksum
    with pytest.raises(WeightsError, match=r"of other weights .* anyonenet export .* --engine openvino-fp32"):
        load_image_engine(weights, "openvino-fp32")
    assert load_image_engine(weights, "auto").name.startswith("torch")


def test_a_corrupt_file_is_refused(weights):
    export(weights, "openvino-fp32")
    path = weights / "engines" / "openvino-fp32" / "model.bin"
    path.write_bytes(path.read_bytes()[:-4] + b"abcd")
    with pytest.raises(WeightsError, match=r"model.bin is corrupt or was exchanged; make it again: anyonenet export"):
        load_image_engine(weights, "openvino-fp32")
    path.unlink()
    with pytest.raises(WeightsError, match=r"model.bin is missing"):
        load_image_engine(weights, "openvino-fp32")


def test_an_unreadable_record_is_refused(weights):
    export(weights, "openvino-fp32")
    path = weights / "engines" / "openvino-fp32" / "record.json"
    earlier = {name: value for name, value in json.loads(path.read_text()).items() if name != "coarse"}
    for text, said in (("{", "cannot be read"), (json.dumps(earlier), "is of another version of the program")):
        path.write_text(text)
        with pytest.raises(WeightsError, match=rf"record.json {said}.*; make it again: anyonenet export"):
            load_image_engine(weights, "openvino-fp32")


def test_an_export_that_fails_leaves_the_old_one(weights, monkeypatch):
    export(weights, "openvino-fp32")
    monkeypatch.setattr("anyonenet.engines.images._write_model", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(weights, "openvino-fp32")
    assert [path.name for path in (weights / "engines").iterdir()] == ["openvino-fp32"]
    assert load_image_engine(weights, "openvino-fp32").name == "openvino-fp32"


def test_without_tensors_an_export_still_runs(weights):
    export(weights, "openvino-fp32")
    (weights / "model.safetensors").unlink()
    assert load_image_engine(weights, "openvino-fp32").card.corpus == "nothing: random"


def test_other_devices_run_pytorch_only(weights, tmp_path):
    shutil.copytree(weights, tmp_path / "copy")
    with pytest.raises(InputError, match="runs on the CPU only"):
        load_image_engine(tmp_path / "copy", "onnx", device="meta")

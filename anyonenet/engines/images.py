"""The image stage's engines: exporting its network, and loading it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import cast

import torch

from anyonenet.checksum import sha256_of
from anyonenet.engine_use import EngineUse
from anyonenet.engines.choice import choose_engine
from anyonenet.engines.image_engine import ImageEngine, threads_or_cores
from anyonenet.engines.kinds import kind_to_export
from anyonenet.engines.record import Record, engine_folder
from anyonenet.engines.runner import Pictures, Runner
from anyonenet.engines.runners import ONNX_FILES, OPENVINO_FILES, run_onnx, run_openvino, run_torch
from anyonenet.engines.walk import coarse_shape
from anyonenet.errors import InputError
from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.weights import load_weights, read_card


def load_image_engine(
    weights: Path,
    engine: EngineUse | str = "auto",
    threads: int | None = None,
    device: torch.device | str = "cpu",
) -> ImageEngine:
    """The image stage's network, ready to run.

    Args:
        weights: folder of the image stage.
        engine: 'auto', or as for `anyonenet.engines.kinds.kind_of`; a name alone: all frames are computed whole, as
            they are on other devices than the CPU whatever is asked for.
        threads: frames computed at once; None: as many as there are cores.
        device: other than the CPU only PyTorch runs.

    Raises:
        InputError, WeightsError: as of `choose_engine` and `load_weights`; an engine that does not run on the device.
    """
    use = engine if isinstance(engine, EngineUse) else EngineUse(engine, whole_every=1)
    engine = use.name
    weights, device, threads = Path(weights), torch.device(device), threads_or_cores(threads)
    if device.type != "cpu":
        if engine != "auto" and not engine.startswith("torch"):
            raise InputError(f"engine '{engine}' runs on the CPU only; leave --device away, or choose torch-bf16")
        engine = "torch-bf16" if engine == "auto" else engine
    found, reason = choose_engine(weights, engine)
    name = found.kind.name
    parts = use.whole_every > 1
    if found.record is None:
        network, card = load_weights(weights, "images", device)
        translator = cast(ImageTranslator, network)
        runner = run_torch(translator, name.removeprefix("torch-"), device, parts)
        inputs, outputs = translator.inputs, translator.outputs
    else:
        card = read_card(weights)[2]
        runner = _run_exported(engine_folder(weights, name), name, threads, parts)
        inputs, outputs = found.record.inputs, found.record.outputs
    threads = threads if device.type == "cpu" else 1
    if parts and runner.fine is not None:
        reason += f"; whole for one in {use.whole_every} frames"
    return ImageEngine(name, reason, inputs, outputs, card, runner, threads, use.whole_every)


def export_images(
    weights: Path, engine: str, pictures: Pictures, check: Pictures | None = None, what: str = "", size: int = 256
) -> Record:
    """Write the image stage's network for an engine, into `engines/NAME` beside the weights.

    Args:
        weights: folder of the image stage.
        engine: as for `kind_of`, not PyTorch's.
        pictures: what the network reads, `(N, inputs, size, size)`; int8 takes its ranges from them.
        check: others, on which the engine is compared with the network in 32-bit floats; None: the same.
        what: what `pictures` are, in words, for the record.
        size: pixels of the pictures' side.

    Returns:
        what was written beside it.

    Raises:
        InputError: an unknown engine, one that needs no export, a package that is not installed, or pictures of
            another shape.
        WeightsError: as of `load_weights`.
    """
    engine = kind_to_export(engine).name
    network, card = load_weights(weights, "images")
    arguments = read_card(weights)[1]  # as they are written, without what was not said
    translator = cast(ImageTranslator, network)
    wanted = (translator.inputs, size, size)
    if pictures.shape[1:] != wanted or not len(pictures):
        raise InputError(f"got pictures of shape {pictures.shape}; expected (N, {', '.join(map(str, wanted))})")
    folder = engine_folder(weights, engine)
    beside = folder.with_name(f".{engine}.{os.getpid()}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        made_with = _write_model(beside, engine, translator, pictures, size)
        from anyonenet.engines.distances import distances

        run = _run_exported(beside, engine, 1).convolved
        int8 = engine.endswith("int8")
        record = Record(
            engine=engine,
            made_with=made_with,
            source_sha256=card.sha256,
            arguments=arguments,
            size=size,
            inputs=translator.inputs,
            outputs=translator.outputs,
            coarse=list(coarse_shape(translator, size)),
            calibration=f"{len(pictures)} pictures{f': {what}' if what else ''}" if int8 else "",
            distances=distances(translator, run, pictures if check is None else check),
            files={path.name: sha256_of(path) for path in sorted(beside.iterdir())},
        )
        record.write(beside)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return record


def _write_model(folder: Path, engine: str, network: ImageTranslator, pictures: Pictures, size: int) -> str:
    """Write the engine's files; returns package and version."""
    if engine.startswith("openvino"):
        import openvino

        from anyonenet.engines.openvino_graph import OpenVinoGraph
        from anyonenet.engines.torch_graph import measured_ranges

        ranges = measured_ranges(network, pictures) if engine.endswith("int8") else None
        graph = OpenVinoGraph(ranges)
        models = graph.whole(network, size), graph.fine(network, size, coarse_shape(network, size))
        for model, file in zip(models, OPENVINO_FILES, strict=True):
            openvino.save_model(model, folder / file, compress_to_fp16=False)
        return f"openvino {openvino.__version__.split('-')[0]}"
    try:
        import onnx
    except ModuleNotFoundError:
        raise InputError("exporting to ONNX needs a package: pip install 'anyonenet[onnx]'") from None
    from anyonenet.engines.onnx_graph import OnnxGraph

    coarse = coarse_shape(network, size)
    models = OnnxGraph().whole(network, size, coarse), OnnxGraph().fine(network, size, coarse)
    for model, file in zip(models, ONNX_FILES, strict=True):
        onnx.save(model, folder / file)
    return f"onnx {onnx.__version__}"


def _run_exported(folder: Path, engine: str, threads: int, parts: bool = False) -> Runner:
    return run_onnx(folder, parts) if engine == "onnx" else run_openvino(folder, engine, threads, parts)

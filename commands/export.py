"""`anyonenet export`: a training run becomes weights with a model card; weights become an engine's files."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from commands.options import Mistake, Options
from commands.stages import STAGES

DESCRIPTION = """\
Turn a training run (or one of its checkpoints) into weights that the program loads: tensors
as safetensors, the network's arguments and audio settings as JSON, and a model card.

With --engine, write such weights once more, for a quicker engine than PyTorch, into engines/
beside them, and print how far its pictures are from theirs (docs/ENGINES.md)."""
EMBEDDED = "the embedded corpora (synthetic; anyonenet mini)"


def options() -> Options:
    """The options of this verb."""
    parser = Options("export", DESCRIPTION, "anyonenet export runs/tts --out weights/tts")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder, or a .ckpt file; for --engine, weights")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder to write, e.g. weights/tts")
    parser.add_argument("--corpus", default=EMBEDDED, help=f"what it was trained on, in words (default: {EMBEDDED})")
    parser.add_argument("--full", action="store_true", help="store 32-bit floats (default: 16-bit)")
    parser.add_argument(
        "--last-weights",
        action="store_true",
        help="of a run with an average of its weights (ema), take the weights themselves",
    )
    parser.add_argument(
        "--engine",
        metavar="NAME",
        help="openvino, onnx, or one of their precisions (openvino-int8, openvino-bf16, openvino-fp32), "
        "of the weights in the folder RUN, e.g. weights/images",
    )
    return parser


def main(arguments: list[str]) -> int:
    values = options().read(arguments)
    if values.engine is not None:
        if values.out is not None:
            raise Mistake("--engine writes into engines/ beside the weights; leave --out away")
        return export_engine(values.run, values.engine)
    if values.out is None:
        raise Mistake("export needs --out DIR, the folder to write (anyonenet export --help)")
    average = not values.last_weights
    stage, path = export(values.run, values.out, values.corpus, half=not values.full, average=average)
    from commands.cards import write_readme

    write_readme(values.out)
    megabytes = (values.out / "model.safetensors").stat().st_size / 1e6
    print(f"{stage}: {path} -> {values.out} ({megabytes:.1f} MB)")
    return 0


def export(
    run: Path,
    out: Path,
    corpus: str = EMBEDDED,
    half: bool = True,
    wanted: str | None = None,
    average: bool = True,
) -> tuple[str, Path]:
    """Write the weights of a run, without their card's page.

    Args:
        run: a run's folder, or a checkpoint.
        out: folder to write.
        corpus: what it was trained on, in words.
        half: store 16-bit floats.
        wanted: the stage it must be of; None: any.
        average: take the average of the weights where the run kept one.

    Returns:
        the stage, and the checkpoint that was taken.

    Raises:
        Mistake: there is no checkpoint, or not of that stage.
    """
    path = checkpoint_of(run)
    module = load_module(path, average)
    from anyonenet.audio.mel import MelSettings
    from anyonenet.weights import WeightsCard, save_weights

    stage = stage_of(module)
    if wanted not in (None, stage):
        raise Mistake(f"{path} is a checkpoint of the stage '{stage}', not of '{wanted}'")
    extra = dict(module.export_extra()) if hasattr(module, "export_extra") else {}
    symbols = None
    if stage == "tts":
        from anyonenet.text.symbols import SYMBOLS

        symbols = SYMBOLS
    mel = MelSettings(**module.export_mel()) if hasattr(module, "export_mel") else MelSettings()
    card = WeightsCard(stage=stage, corpus=corpus, mel=mel, symbols=symbols, extra=extra)
    save_weights(out, module.network, card, half=half)
    return stage, path


def export_engine(weights: Path, engine: str) -> int:
    """Write the image stage's weights for an engine, and print how far it is from PyTorch in 32-bit floats."""
    from anyonenet.engines.images import export_images
    from anyonenet.engines.kinds import kind_to_export
    from anyonenet.engines.record import engine_folder
    from anyonenet.errors import WeightsError
    from anyonenet.networks.image_translation import ImageTranslator
    from anyonenet.weights import load_weights

    kind = kind_to_export(engine)
    network, card = load_weights(weights, "images")
    if not isinstance(network, ImageTranslator):
        raise WeightsError(f"{weights} holds a {type(network).__name__}; engines run an ImageTranslator")
    from datamodules.calibration import calibration_pictures

    faces = float(card.extra.get("crop_faces", 2.0))
    seen = calibration_pictures(faces=faces)[:, : network.inputs]
    unseen = calibration_pictures(faces=faces, frames=1, seed=1)[:, : network.inputs]
    record = export_images(weights, kind.name, seen, unseen, "drawn persons and packaged photographs")
    folder = engine_folder(weights, kind.name)
    megabytes = sum((folder / name).stat().st_size for name in record.files) / 1e6
    print(f"{kind.name}: {weights} -> {folder} ({megabytes:.1f} MB, made with {record.made_with})")
    named = {"ssim": "SSIM", "perceptual_gabor": "perceptual distance", "grey_levels": "grey levels of 255"}
    figures = ", ".join(f"{named.get(name, name)} {value:.6g}" for name, value in record.distances.items())
    print(f"distance from PyTorch in 32-bit floats: {figures}")
    return 0


def checkpoint_of(run: Path) -> Path:
    """The checkpoint itself, or a run's: the best by its own validation where it kept that, else the newest.

    Raises:
        Mistake: there is none.
    """
    if run.is_file():
        return run
    found = sorted(run.rglob("*.ckpt"), key=lambda path: (path.stat().st_mtime, path.name == "last.ckpt"))
    if not found:
        raise Mistake(f"no checkpoint in {run}; give a run's folder or a .ckpt file")
    return ([path for path in found if path.stem.startswith("best")] or found)[-1]


def load_module(path: Path, average: bool = True) -> Any:
    """Rebuild the LightningModule of a checkpoint, on the CPU; with the average of its weights where there is one.

    Raises:
        Mistake: the file is no checkpoint of one of our stages.
    """
    import torch

    from lightning_modules.averaged_weights import AVERAGED

    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    # broad, for a damaged or foreign file takes torch to any error there is, OSError without a name among them
    # (UnpicklingError, RuntimeError, EOFError, KeyError ...); all mean the same to the user
    except Exception as error:
        raise Mistake(f"{path} is not a checkpoint that can be read ({type(error).__name__})") from None
    try:
        hyper, state = dict(checkpoint["hyper_parameters"]), checkpoint["state_dict"]
    except (KeyError, TypeError, ValueError):
        raise Mistake(f"{path} holds no hyper_parameters and state_dict, so it is no training's checkpoint") from None
    hyper.pop("_instantiator", None)
    named = hyper.pop("_class_path", None)
    known = {stage.module for stage in STAGES.values()}
    if named not in known:
        raise Mistake(f"{path} was made by {named}, not by one of {', '.join(sorted(name for name in known if name))}")
    package, _, name = named.rpartition(".")
    try:
        module = getattr(importlib.import_module(package), name)(**hyper)
        module.on_load_checkpoint(checkpoint)
        module.load_state_dict(state)
        averaged = checkpoint.get(AVERAGED) if average else None
        if averaged:
            module.network.load_state_dict(averaged["weights"])
    except (TypeError, RuntimeError) as error:
        raise Mistake(f"{path} was made by another version of {named}: {str(error).splitlines()[-1].strip()}") from None
    return module.eval()


def stage_of(module: Any) -> str:
    """The stage that a LightningModule trains."""
    name = f"{type(module).__module__}.{type(module).__name__}"
    return next(stage for stage, entry in STAGES.items() if entry.module == name)

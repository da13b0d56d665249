"""The image network in every engine that is usable here, beside PyTorch run eagerly in float32: speed and likeness."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from anyonenet.errors import InputError, WeightsError
from anyonenet.side_by_side import usable_cores
from benchmarks.measuring import PeakMemory, Step, interleaved, timed
from benchmarks.speed.part import Setting
from benchmarks.speed.record import Section, Table
from benchmarks.speed.subject import FPS, default_images, network_arguments, paper_images
from benchmarks.speed.work import Work, counted

EAGER = "torch-fp32"
FRAMES = 8
"""that a timed call draws, one behind the other as in the program"""
SIDE = 256
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Drawn:
    """One network in one engine."""

    seconds: float
    """a frame"""
    start_seconds: float
    mebibytes: float
    pictures: np.ndarray


def measure(setting: Setting, section: Section) -> None:
    """Table `engines`, a row a network and engine."""
    head = ["network", "engine", "start-up s", "peak MiB", "ms a frame", "frames/s", "RTF", "times eager", "difference"]
    table = Table("engines", f"Engines, {SIDE} x {SIDE}, the network alone", head)
    section.tables.append(table)
    section.data["engines"] = []
    seen = pictures(FRAMES)
    for network, folder in networks(setting):
        section.notes += prepared(folder)
        work = work_of(folder)
        eager: Drawn | None = None
        for name in tqdm(names(), desc=network, unit="engine", disable=None):
            try:
                drawn = draw(folder, name, seen, setting.repeats(5))
            except (InputError, WeightsError, RuntimeError) as error:
                section.notes.append(f"{network}, {name}: {str(error).splitlines()[0]}")
                continue
            eager = drawn if name == EAGER else eager
            speed = f"{eager.seconds / drawn.seconds:.1f}" if eager else "-"
            table.add(
                *(network, name, f"{drawn.start_seconds:.2f}", f"{drawn.mebibytes:.0f}", f"{1e3 * drawn.seconds:.1f}"),
                *(f"{1 / drawn.seconds:.1f}", f"{FPS * drawn.seconds:.3f}", speed, _difference(drawn, eager)),
            )
            section.data["engines"].append(
                {
                    "name": f"U-Net, {network}, {name}",
                    "precision": precision_of(name),
                    "rtf": {str(usable_cores()): FPS * drawn.seconds},
                    "macs": work.times(FPS).macs,
                    "bytes": work.times(FPS).bytes,
                }
            )
    section.notes.append(
        "difference: mean absolute distance of what the network gives from eager float32, in steps of 8 bits"
    )


def networks(setting: Setting) -> list[tuple[str, Path]]:
    """Name and folder of image weights, into which engines may be exported."""
    return [
        ("default", default_images(setting.scratch, setting.weights)),
        ("paper-sized", paper_images(setting.scratch)),
    ]


def names() -> list[str]:
    """Of the engines that can be used here, eager PyTorch first."""
    from anyonenet.engines import usable

    found = [one.name for one in usable() if one.installed and one.fits]
    return sorted(found, key=lambda name: (name != EAGER, not name.startswith("torch"), name))


def prepared(folder: Path) -> list[str]:
    """Export for the engines that can be used here what is not there yet, or is of other weights.

    Returns:
        What could not be exported and why, one line each.
    """
    from anyonenet.engines import engines_found, export_images

    notes, inputs = [], None
    for found in engines_found(folder):
        kind = found.kind
        if found.ready or not (kind.exported and kind.installed and found.fits):
            continue
        inputs = pictures(12)[:, : channels(folder)] if inputs is None else inputs
        try:
            export_images(folder, kind.name, inputs, what="drawn persons")
        except (InputError, WeightsError, RuntimeError, ImportError) as error:
            notes.append(f"{folder.name}: {kind.name} could not be exported: {str(error).splitlines()[0]}")
    return notes


def draw(folder: Path, name: str, seen: np.ndarray, repeats: int) -> Drawn:
    """Load an engine and let it draw."""
    from anyonenet.engines import load_image_engine

    loaded: list[Any] = []
    inputs = np.ascontiguousarray(seen[:, : channels(folder)])
    with PeakMemory(CPU) as memory:
        loading = timed(lambda: loaded.append(load_image_engine(folder, name)), CPU)
        first = timed(lambda: list(loaded[0].stream(inputs[:1])), CPU)
        times = interleaved([lambda: list(loaded[0].stream(inputs))], repeats, 1, CPU)[0]
        made = np.stack([picture.copy() for picture in loaded[0].stream(inputs)])
    each = times.median / len(inputs)
    return Drawn(each, loading + max(0.0, first - each), memory.mebibytes, made)


def best_engines(setting: Setting) -> dict[str, Step]:
    """Name -> a call that draws one frame in the engine that the program chooses, for both networks."""
    from anyonenet.engines import load_image_engine

    found: dict[str, Step] = {}
    for network, folder in networks(setting):
        prepared(folder)
        engine = load_image_engine(folder)
        inputs = np.ascontiguousarray(pictures(1)[:, : channels(folder)])
        found[f"U-Net, {network}, {engine.name}"] = lambda engine=engine, inputs=inputs: engine(inputs)
    return found


def pictures(count: int) -> np.ndarray:
    """`(count, 9, 256, 256)`: drawn persons, as the renderer hands them to the network."""
    from datamodules.calibration import calibration_pictures

    return calibration_pictures(persons=-(-count // 3), frames=3, packaged=False, progress=False)[:count]


def channels(folder: Path) -> int:
    """That the network reads."""
    return 9 if network_arguments(folder).get("motion_field") else 6


def work_of(folder: Path) -> Work:
    """Of a frame, as the network is written; an engine may do less by rewriting it."""
    from anyonenet.networks.image_translation import ImageTranslator

    network = ImageTranslator(**network_arguments(folder)).eval()  # type: ignore[arg-type]
    return counted(lambda: network.raw(torch.zeros(1, channels(folder), SIDE, SIDE)))


def precision_of(name: str) -> str:
    """In which an engine multiplies, by its name."""
    for ending, precision in (("int8", "int8"), ("bf16", "bfloat16"), ("fp32", "float32")):
        if name.endswith(ending):
            return precision
    return "float32"


def _difference(drawn: Drawn, eager: Drawn | None) -> str:
    if eager is None:
        return "-"
    return f"{127.5 * float(np.abs(drawn.pictures - eager.pictures).mean()):.2f}"

"""The image translation in every engine that is ready here: processor time a frame, in a thread by itself.

    python -m benchmarks.engines                       # the default weights
    python -m benchmarks.engines --paper               # the paper's sizes, random weights
    python -m benchmarks.engines --engines openvino-int8 torch-fp32
    python -m benchmarks.engines --whole-every 1 2 4 8 --engines openvino-int8      # neighbouring frames, see below

Engines are exported into a temporary folder. Processor time is what a frame costs a core; a machine with N idle cores
draws N frames at once (`make bench` measures that by the clock). The least of the repeats counts, as other work on the
machine only ever adds to it. With `--whole-every` each engine draws a second of every face, frame by frame as the
program does, once for each number, and its distances are those of these frames.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import cast

import numpy as np

from anyonenet.engine_use import EngineUse
from anyonenet.engines.distances import distances
from anyonenet.engines.images import export_images, load_image_engine
from anyonenet.engines.kinds import NAMES, kind_of, usable
from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.weights import WeightsCard, load_weights, save_weights
from datamodules.calibration import calibration_pictures

SECOND = 25
"""frames"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=Path("weights/images"))
    parser.add_argument("--paper", action="store_true")
    parser.add_argument("--engines", nargs="+", choices=NAMES, metavar="NAME")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--persons", type=int, default=6, help="drawn ones, beside the packaged photographs")
    parser.add_argument("--whole-every", nargs="+", type=int, metavar="N", help="of so many frames one is whole")
    values = parser.parse_args()
    names = values.engines or [one.name for one in usable() if one.installed and one.fits]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "images"
        if values.paper:
            save_weights(folder, ImageTranslator(), WeightsCard("images", "random"))
        else:
            shutil.copytree(values.weights, folder, ignore=shutil.ignore_patterns("engines"))
        inputs = load_weights(folder, "images")[0].inputs
        seen = calibration_pictures(values.persons)[:, :inputs]
        unseen = calibration_pictures(values.persons, frames=1, seed=1)[:, :inputs]
        if values.whole_every:
            return neighbours(folder, names, values.whole_every, seen, values.persons)
        print("| engine | ms of a core a frame | SSIM | perceptual distance | grey levels |\n" + "| --- " * 5 + "|")
        for name in names:
            row = ["", "", ""]
            if kind_of(name).exported:
                found = export_images(folder, name, seen, unseen).distances
                row = [f"{found['ssim']:.4f}", f"{found['perceptual_gabor']:.1e}", f"{found['grey_levels']:.2f}"]
            print(
                f"| {name} | {milliseconds(folder, name, seen, values.repeats):.1f} | {' | '.join(row)} |", flush=True
            )


def neighbours(folder: Path, names: list[str], numbers: list[int], seen: np.ndarray, persons: int) -> None:
    """Print time and distances of frames that share the coarse levels with their neighbours.

    Args:
        folder: image weights, into which engines are exported.
        names: of the engines.
        numbers: of how many frames one is computed whole.
        seen: pictures for int8's ranges.
        persons: drawn ones.
    """
    network = cast(ImageTranslator, load_weights(folder, "images")[0])
    frames = calibration_pictures(persons, frames=SECOND, seed=1)[:, : network.inputs]
    faces = frames.reshape(-1, SECOND, *frames.shape[1:])
    print("| engine | whole every | ms of a core a frame | SSIM | least SSIM | perceptual distance | grey levels |")
    print("| --- " * 7 + "|")
    for name in names:
        if kind_of(name).exported:
            export_images(folder, name, seen)
        for number in numbers:
            engine = load_image_engine(folder, EngineUse(name, number), threads=1)
            list(engine.stream(faces[0]))
            found, times = [], []
            for face in faces:
                begin = time.process_time()
                made = list(engine.stream(face))
                times.append((time.process_time() - begin) / SECOND)
                found += [_distances(network, raw, picture) for raw, picture in zip(made, face, strict=True)]
            ssim, perceptual, levels = (
                [one[what] for one in found] for what in ("ssim", "perceptual_gabor", "grey_levels")
            )
            cells = [f"{1000 * min(times):.1f}", f"{np.mean(ssim):.5f}", f"{min(ssim):.4f}"]
            cells += [f"{np.mean(perceptual):.1e}", f"{np.mean(levels):.2f}"]
            print(f"| {name} | {number} | {' | '.join(cells)} |", flush=True)


def _distances(network: ImageTranslator, raw: np.ndarray, picture: np.ndarray) -> dict[str, float]:
    """Of one frame as an engine's stream gives it, from the network in 32-bit floats."""
    convolved = raw.copy()
    if len(raw) == 6 and len(picture) == 9:
        convolved[4:] -= picture[6:8]  # what the landmarks say is not the engine's
    return distances(network, lambda _: convolved[None], picture[None])


def milliseconds(folder: Path, name: str, pictures: np.ndarray, repeats: int) -> float:
    """Processor time of one frame."""
    import torch

    torch.set_num_threads(1)
    engine = load_image_engine(folder, name, threads=1)
    engine(pictures[:1])
    times = []
    for number in range(repeats):
        begin = time.process_time()
        engine(pictures[number % len(pictures)][None])
        times.append(time.process_time() - begin)
    return 1000 * min(times)


if __name__ == "__main__":
    main()

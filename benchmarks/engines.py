"""The image translation in every engine that is ready here: processor time a frame, in a thread by itself.

    python -m benchmarks.engines                       # the default weights
    python -m benchmarks.engines --paper               # the paper's sizes, random weights
    python -m benchmarks.engines --engines openvino-int8 torch-fp32

Engines are exported into a temporary folder. Processor time is what a frame costs a core; a machine with N idle cores
draws N frames at once (`make bench` measures that by the clock). The least of the repeats counts, as other work on the
machine only ever adds to it.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from anyonenet.engines.images import export_images, load_image_engine
from anyonenet.engines.kinds import NAMES, kind_of, usable
from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.weights import WeightsCard, load_weights, save_weights
from datamodules.calibration import calibration_pictures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=Path("weights/images"))
    parser.add_argument("--paper", action="store_true")
    parser.add_argument("--engines", nargs="+", choices=NAMES, metavar="NAME")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--persons", type=int, default=6, help="drawn ones, beside the packaged photographs")
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
        print("| engine | ms of a core a frame | SSIM | perceptual distance | grey levels |\n" + "| --- " * 5 + "|")
        for name in names:
            row = ["", "", ""]
            if kind_of(name).exported:
                found = export_images(folder, name, seen, unseen).distances
                row = [f"{found['ssim']:.4f}", f"{found['perceptual_gabor']:.1e}", f"{found['grey_levels']:.2f}"]
            print(
                f"| {name} | {milliseconds(folder, name, seen, values.repeats):.1f} | {' | '.join(row)} |", flush=True
            )


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

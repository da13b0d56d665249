"""`anyonenet generate` as a user calls it, with each renderer: from the shell to the finished file."""

from __future__ import annotations

import multiprocessing
import statistics
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tqdm import tqdm

from benchmarks.generate import SENTENCE, run
from benchmarks.speed.part import Setting
from benchmarks.speed.record import Section, Table
from benchmarks.speed.subject import FPS, all_stages, photo


def measure(setting: Setting, section: Section) -> None:
    """Table `whole`; real-time factors `rtf_warp`, `rtf_unet`, `rtf_unet_paper`, and `start_seconds`."""
    head = [
        "renderer",
        "engine",
        "size",
        "wall s",
        "start-up s",
        "job s",
        "video s",
        "RTF",
        "frames/s",
        "processor s",
        "peak MiB",
    ]
    table = Table("whole", "The whole, from the shell to the file", head)
    section.tables.append(table)
    repeats = setting.repeats(3)
    for name, size, weights, arguments, figure in tqdm(cases(setting, section), unit="case", disable=None):
        common = ["--text", SENTENCE, "--image", str(photo(setting.scratch)), "--weights", str(weights)]
        out = ["--out", str(setting.scratch / "whole.mp4"), "--size", str(size)]
        try:
            runs = [run([*common, *out, *arguments]) for _ in range(repeats)]
        except SystemExit as error:
            section.failed = f"{name}, {size}: {error}"
            section.notes.append(section.failed)
            continue
        wall, job, video, processor, memory, start = (
            statistics.median(values)
            for values in zip(
                *((r.wall, r.job, r.video, r.processor, r.memory, r.wall - r.job) for r in runs), strict=True
            )
        )
        table.add(
            *(
                name,
                runs[0].engine,
                str(size),
                f"{wall:.2f}",
                f"{start:.2f}",
                f"{job:.2f}",
                f"{video:.2f}",
                f"{job / video:.3f}",
            ),
            *(f"{FPS * video / job:.0f}", f"{processor:.2f}", f"{memory:.0f}"),
        )
        if figure:
            section.figures[figure] = job / video
        if figure == "rtf_warp":
            section.figures["whole_start_seconds"] = start


def cases(setting: Setting, section: Section) -> list[tuple[str, int, Path, list[str], str]]:
    """Name, side, folder of weights, further arguments, and the figure that the real-time factor is."""
    from benchmarks.speed.engines import networks, prepared

    unet, found = ["--renderer", "unet"], []
    for network, images in networks(setting):
        # elsewhere: a process begins with its parent's peak of memory in its account
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as elsewhere:
            section.notes += elsewhere.submit(prepared, images).result()
        folder = all_stages(images, setting.weights)
        figure = {"default": "rtf_unet", "paper-sized": "rtf_unet_paper"}[network]
        found.append((f"unet, {network} network", 256, folder, unet, figure))
        found.append((f"unet, {network} network", 512, folder, unet, ""))
        found.append((f"unet, {network} network, --whole-every 1", 256, folder, [*unet, "--whole-every", "1"], ""))
    return [
        ("warp", 256, setting.weights, [], ""),
        ("warp", 512, setting.weights, [], "rtf_warp"),
        *found,
    ]

"""One text and one photo through all systems: a video of each, with the same voice, and all side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from anyonenet.audio.files import read_audio
from anyonenet.pipeline import Pipeline, Summary
from anyonenet.render.video import read_video
from anyonenet.request import Request
from anyonenet.systems.known import known_system
from evaluation.figures.grid import grid_sheet, grid_video

GRID = "side-by-side"


def compare_text(
    weights: Path, request: Request, out: Path, systems: Sequence[str], device: str = "cpu"
) -> dict[str, Summary]:
    """Make a video of each system, `OUT/SYSTEM.mp4`, and `OUT/side-by-side.mp4` with all of them, and a sheet.

    Args:
        weights: folder that holds one folder of exported weights a stage.
        request: what to make; its system and output are replaced, its renderer too where a system cannot use it.
        out: folder; made if missing.
        systems: whose weights are there, at least one.
        device: where networks run.

    Returns:
        System -> how its video came about.

    Raises:
        InputError: the picture or text cannot be used, or a file cannot be written.
        WeightsError: weights are corrupt or of another stage.
    """
    out.mkdir(parents=True, exist_ok=True)
    pipeline = Pipeline(weights, device, systems=())
    summaries = {}
    for name in tqdm(systems, desc="systems", unit="video", disable=None):
        usable = request.renderer in known_system(name).renderers
        renderer = request.renderer if usable else None
        one = dataclasses.replace(request, system=name, renderer=renderer, out=out / f"{name}.mp4")
        pipeline.prepare([one])
        summaries[name] = pipeline.generate(one)
    videos = {known_system(name).title: read_video(out / f"{name}.mp4") for name in systems}
    first = out / f"{systems[0]}.mp4"
    columns = {title: video.frames for title, video in videos.items()}
    grid_video(columns, out / f"{GRID}.mp4", read_audio(first, 16000), request.fps)
    grid_sheet({title: list(video.read()) for title, video in videos.items()}, out / f"{GRID}.png")
    return summaries

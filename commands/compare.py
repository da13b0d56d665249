"""`anyonenet compare`: all systems side by side, on a text of one's own and on test clips."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from anyonenet.systems.known import LANDMARK_RENDERERS, SYSTEMS  # names only: light
from commands.options import Mistake, Options, between, nearest, positive, seed

if TYPE_CHECKING:
    from anyonenet.request import Request

DESCRIPTION = """\
Compare talking-head systems. With --text and --image, each makes a video with the same voice, and
all are shown side by side. With --root (the embedded corpora's test clips) and --clips (a folder of
real ones), each hears a clip's own sound, gets one frame of it as its photograph, and its frames are
measured against the clip's: a table with intervals, JSON, sheets and videos side by side. Stopped and
started again, it goes on. Systems without weights are listed as left out."""

EXAMPLE = "anyonenet compare --clips my-clips --systems all --out out/compared"


def options() -> Options:
    """The options of this verb."""
    parser = Options("compare", DESCRIPTION, EXAMPLE)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for all that is made")
    parser.add_argument(
        "--systems", default="all", metavar="NAMES", help=f"all (default), or some of {', '.join(SYSTEMS)}, with commas"
    )
    parser.add_argument(
        "--renderer",
        choices=LANDMARK_RENDERERS,
        help="draws the systems that move landmarks (default: each system's usual one)",
    )
    parser.add_argument("--seed", type=seed, default=0, help="the same seed gives the same videos (default 0)")
    text = parser.add_argument_group("a text of your own")
    text.add_argument("--text", help="what to say")
    text.add_argument("--image", type=Path, help="a picture with a face")
    text.add_argument("--speech", type=Path, metavar="FILE", help="take the voice of this recording, not the face's")
    text.add_argument("--language", choices=("en", "zh"), help="default: detected")
    text.add_argument("--crop", action="store_true", help="show a square around the head only")
    clips = parser.add_argument_group("test clips")
    clips.add_argument("--root", type=Path, metavar="DIR", help="corpora whose test clips are taken, as data/mini")
    clips.add_argument(
        "--clips", type=Path, action="append", default=[], metavar="DIR", help="folder of clips; again for more"
    )
    clips.add_argument(
        "--corpora",
        nargs="+",
        choices=("obama", "voxceleb2"),
        default=["obama", "voxceleb2"],
        help="of --root (default both)",
    )
    clips.add_argument("--most", type=positive, metavar="N", help="clips of each corpus or folder (default all)")
    clips.add_argument("--seconds", type=between(1.5, 60, float), default=3.0, help="of each clip at most (default 3)")
    clips.add_argument(
        "--photo",
        choices=("closed", "first"),
        default="closed",
        help="the frame with the most closed mouth (default), or the first",
    )
    clips.add_argument(
        "--against", metavar="NAME", help="the system that others are held against (default: own, else the first)"
    )
    clips.add_argument("--syncnet-weights", type=Path, metavar="FILE", help="of SyncNet, for lse_d and lse_c")
    files = parser.add_argument_group("files")
    files.add_argument(
        "--size", type=between(128, 1024), default=384, metavar="PIXELS", help="longest side at most (default 384)"
    )
    files.add_argument("--weights", type=Path, metavar="DIR", help="folder of exported weights (default: ours)")
    files.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    return parser


def main(arguments: list[str]) -> int:
    values = options().read(arguments)
    names = names_of(values.systems)
    wanted = [f"--{name}" for name in ("text", "image") if getattr(values, name) is None]
    if len(wanted) == 1:
        raise Mistake(f"compare: {wanted[0]} missing: a text and an image belong together")
    if wanted and values.root is None and not values.clips:
        raise Mistake("compare: nothing to compare on: give --text and --image, or --root or --clips")
    if values.against is not None and values.against not in names:
        raise Mistake(f"compare: --against '{values.against}' is not among the systems: {', '.join(names)}")
    request = None if wanted else request_of(values)
    from commands.places import default_weights, usable_device
    from evaluation.systems.on_clips import usable_systems

    weights, device = values.weights or default_weights(), usable_device(values.device)
    systems, left_out = usable_systems(names, weights)
    for line in left_out:
        print(f"notice: {line}")
    if not systems:
        raise Mistake(f"compare: no system of {', '.join(names)} has its weights in {weights} (anyonenet doctor)")
    values.out.mkdir(parents=True, exist_ok=True)
    if request is not None:
        on_text(values, request, weights, systems, device)
    if values.root is not None or values.clips:
        on_clips(values, weights, systems, left_out, device)
    return 0


def names_of(given: str) -> list[str]:
    """The systems that `--systems` names."""
    if given == "all":
        return list(SYSTEMS)
    names = [name.strip() for name in given.split(",") if name.strip()]
    for name in names:
        if name not in SYSTEMS:
            raise Mistake(f"compare: '{name}' is not a system{nearest(name, SYSTEMS)} (all, or {', '.join(SYSTEMS)})")
    if not names:
        raise Mistake(f"compare: --systems is empty; give all, or some of {', '.join(SYSTEMS)}")
    return names


def request_of(values: argparse.Namespace) -> Request:
    """The request behind `--text`, checked as far as that goes without models."""
    from anyonenet.request import Request

    values.out.mkdir(parents=True, exist_ok=True)
    request = Request(
        text=values.text,
        image=values.image,
        out=values.out / "video.mp4",
        language=values.language,
        speech=values.speech,
        renderer=values.renderer,
        size=values.size,
        crop=values.crop,
        seed=values.seed,
    )
    request.check()
    return request


def on_text(values: argparse.Namespace, request: Request, weights: Path, systems: list[str], device: str) -> None:
    """A video of each system, and what it took."""
    from evaluation.systems.on_text import GRID, compare_text

    summaries = compare_text(weights, request, values.out, systems, device)
    for notice in next(iter(summaries.values())).notices:
        print(f"notice: {notice}")
    for name, summary in summaries.items():
        frames, factor = summary.frames, summary.real_time_factor
        print(f"{summary.out}: {SYSTEMS[name].title}, {frames} frames, real-time factor {factor:.2f}")
    print(f"{values.out / GRID}.mp4: {len(summaries)} side by side")


def on_clips(values: argparse.Namespace, weights: Path, systems: list[str], left_out: list[str], device: str) -> None:
    """The tables."""
    from evaluation.systems.clips import held_back_clips, own_clips
    from evaluation.systems.on_clips import Settings, compare_clips
    from evaluation.systems.report import report

    clips = held_back_clips(values.root, values.corpora, values.most) if values.root is not None else []
    for folder in values.clips:
        clips += own_clips(folder, values.most)
    settings = Settings(values.renderer, values.seed, values.seconds, values.size, values.photo)
    compared = compare_clips(weights, clips, values.out / "clips", systems, settings, values.syncnet_weights, device)
    compared.notes += left_out
    ours = values.against if values.against in systems else "own" if "own" in systems else systems[0]
    print(report(compared, values.out, ours))

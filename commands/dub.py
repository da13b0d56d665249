"""`anyonenet dub`: the person in a video says something else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from anyonenet.engine_use import WHOLE_EVERY, EngineUse
from commands.options import Mistake, Options, between, seed

if TYPE_CHECKING:
    from anyonenet.dubbing.dubber import Dubber
    from anyonenet.dubbing.request import DubRequest

DESCRIPTION = """\
The person in a video says something else: a recording, or a text. Head, eyes and background stay as
they were filmed, the mouth follows the new sound. Frames in which no face is seen are left as they are.
The new video bears a visible mark and C2PA content credentials that say what was done."""

EXAMPLE = "anyonenet dub --video talk.mp4 --speech other.wav --out dubbed.mp4"


def options() -> Options:
    """The options of this verb."""
    parser = Options("dub", DESCRIPTION, EXAMPLE)
    job = parser.add_argument_group("what to make")
    job.add_argument("--video", type=Path, required=True, help="a video with a face")
    job.add_argument("--speech", type=Path, metavar="FILE", help="the new sound: a recording, or a video's sound")
    job.add_argument("--text", help="or a text to be said, any length, English or Mandarin")
    job.add_argument("--out", type=Path, required=True, help="the video to write, ending in .mp4")
    job.add_argument(
        "--length",
        choices=("loop", "hold", "video"),
        default="loop",
        help="loop: as long as the speech, a shorter video goes forwards and backwards (default); hold: the last frame "
        "of a shorter video stays; video: as long as the video, longer speech is cut",
    )
    voice = parser.add_argument_group("voice of a text")
    voice.add_argument("--language", choices=("en", "zh"), help="default: detected sentence by sentence")
    voice.add_argument(
        "--voice",
        choices=("video", "face"),
        help="take the voice of the video's own sound, or of the face (default: the video's where it has sound)",
    )
    voice.add_argument("--seed", type=seed, default=0, help="the same seed gives the same result (default 0)")
    picture = parser.add_argument_group("picture")
    picture.add_argument(
        "--system", default="anyonenet", metavar="NAME", help="what moves the mouth (default anyonenet)"
    )
    picture.add_argument(
        "--renderer", metavar="NAME", help="what draws it: warp, cartoon, unet (default: the system's)"
    )
    picture.add_argument("--engine", default="auto", metavar="NAME", help="what runs the image network (default auto)")
    picture.add_argument(
        "--whole-every",
        type=between(1, 16),
        default=WHOLE_EVERY,
        metavar="N",
        help=f"as of `anyonenet generate` (default {WHOLE_EVERY})",
    )
    files = parser.add_argument_group("files")
    files.add_argument("--weights", type=Path, metavar="DIR", help="folder of exported weights (default: ours)")
    files.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    files.add_argument("--no-watermark", action="store_true", help="leave the visible mark out")
    files.add_argument("--no-credentials", action="store_true", help="leave the C2PA content credentials out")
    return parser


def main(arguments: list[str]) -> int:
    values = options().read(arguments)
    if (values.speech is None) == (values.text is None):
        raise Mistake("dub: give either --speech or --text (anyonenet dub --help)")
    from anyonenet.dubbing.request import DubRequest

    request = DubRequest(
        video=values.video,
        out=values.out,
        speech=values.speech,
        text=values.text,
        language=values.language,
        voice=values.voice,
        system=values.system,
        renderer=values.renderer,
        length=values.length,
        seed=values.seed,
        watermark=not values.no_watermark,
        credentials=not values.no_credentials,
    )
    request.check()
    from anyonenet.dubbing.dubber import Dubber
    from commands.places import default_weights, usable_device

    device = usable_device(values.device)
    engine = EngineUse(values.engine, values.whole_every)
    report(Dubber(values.weights or default_weights(), values.system, device, engine=engine), request)
    return 0


def report(dubber: Dubber, request: DubRequest) -> None:
    """Make the video with a progress bar and print what came of it."""
    from tqdm import tqdm

    told = {"face": "looking for the face", "frame": "drawing", "file": "finishing the file"}
    now = ""
    with tqdm(unit="frame", desc=request.out.name, leave=False, disable=None) as bar:

        def show(kind: str, done: int, known: int) -> None:
            nonlocal now
            if kind != now:
                now = kind
                bar.reset(known)
                bar.set_postfix_str(told[kind])
            bar.total = known
            bar.update(done - bar.n)

        summary = dubber.dub(request, show)
    for notice in summary.notices:
        print(f"notice: {notice}")
    parts = ", ".join(f"{part} {seconds:.1f}" for part, seconds in summary.wall_seconds.items() if part != "all")
    print(
        f"{summary.out}: {summary.seconds:.1f} s of video ({summary.frames} frames, {summary.untouched} without a "
        f"face) from {summary.video_frames} frames in {summary.wall_seconds['all']:.1f} s ({parts})"
    )

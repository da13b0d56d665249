"""`anyonenet generate`: text and photo in, talking-head video out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from anyonenet.engine_use import WHOLE_EVERY, WHOLE_SECONDS, EngineUse, whole_every_at
from anyonenet.systems.known import RENDERERS, SYSTEMS  # names only: light
from anyonenet.vocoder import VOCODERS
from commands.options import Mistake, Options, between, positive, seed
from commands.starting import nothing_thrown_away

if TYPE_CHECKING:
    from anyonenet.pipeline import Pipeline
    from anyonenet.request import Request

DESCRIPTION = """\
A photo speaks a text, in a voice chosen from the face. The video (H.264, AAC) bears a
visible mark and C2PA content credentials that say it was made by a program."""

EXAMPLE = 'anyonenet generate --text "Good morning." --image photo.jpg --out talk.mp4'


def options() -> Options:
    """The options of this verb."""
    parser = Options("generate", DESCRIPTION, EXAMPLE)
    job = parser.add_argument_group("what to make")
    job.add_argument("--text", help="what to say, any length, English or Mandarin")
    job.add_argument("--image", type=Path, help="a picture with a face: photo, painting, cartoon, statue")
    job.add_argument("--out", type=Path, help="the video to write, ending in .mp4")
    job.add_argument(
        "--manifest",
        type=Path,
        metavar="CSV",
        help="many jobs: a CSV file with the columns text, image, out, and any other option as a column",
    )
    job.add_argument(
        "--verify", type=Path, metavar="FILE", help="make nothing: say what provenance a video carries (0 good, 1 not)"
    )
    voice = parser.add_argument_group("voice")
    voice.add_argument("--language", choices=("en", "zh"), help="default: detected sentence by sentence")
    voice.add_argument("--speech", type=Path, metavar="FILE", help="take the voice of this recording, not the face's")
    voice.add_argument(
        "--vocoder",
        choices=VOCODERS,
        default="griffin_lim",
        help="what makes the sound: griffin_lim, the paper's (default), or a trained network",
    )
    voice.add_argument("--seed", type=seed, default=0, help="the same seed gives the same result (default 0)")
    picture = parser.add_argument_group("picture")
    titles = ", ".join(f"{name} ({known.title})" for name, known in SYSTEMS.items())
    picture.add_argument(
        "--system",
        choices=tuple(SYSTEMS),
        default="anyonenet",
        metavar="NAME",
        help=f"what moves the face: {titles}; default anyonenet. `anyonenet doctor` says which have their weights",
    )
    picture.add_argument(
        "--renderer",
        choices=RENDERERS,
        help="warp: moves the photo itself, needs no learned weights (default of systems that move landmarks); unet: "
        "the paper's network; cartoon: for drawings, keeps their edges sharp; own: the system's own networks (default, "
        "and only one, of those that have some)",
    )
    picture.add_argument(
        "--engine",
        default="auto",
        metavar="NAME",
        help="what runs the paper's network: torch, onnx, openvino or one of their kinds (as openvino-int8); default "
        "auto: the quickest that is installed and exported",
    )
    picture.add_argument(
        "--whole-every",
        type=between(1, 16),
        metavar="N",
        help="the paper's network is computed whole for every Nth frame; between them what its coarse levels make is "
        f"interpolated (default: every {WHOLE_SECONDS} s, {WHOLE_EVERY} at 25 frames a second; 1: whole for each, as "
        "on a GPU always)",
    )
    picture.add_argument("--fps", type=between(5, 60, float), default=25.0, help="frames a second (default 25)")
    picture.add_argument(
        "--size",
        type=between(64, 1024),
        default=512,
        metavar="PIXELS",
        help="longest side at most, 64 to 1024 (default 512); smaller photos are not enlarged",
    )
    picture.add_argument("--crop", action="store_true", help="show a square around the head only")
    picture.add_argument("--face", type=positive, metavar="N", help="which face, 1 = the largest (default)")
    picture.add_argument(
        "--emotion",
        default="neutral",
        metavar="NAME",
        help="of write_a_speaker's faces: surprise, anger, neutral or happiness (default neutral)",
    )
    picture.add_argument(
        "--style",
        type=Path,
        metavar="DIR",
        help="of write_a_speaker's mouths: how a person moves it, as `anyonenet style` learned it from a video",
    )
    picture.add_argument(
        "--landmarks",
        type=Path,
        metavar="FILE",
        help="68 lines x,y: where the face is, for drawings in which it is not found (order of iBUG 300-W)",
    )
    files = parser.add_argument_group("files")
    files.add_argument("--weights", type=Path, metavar="DIR", help="folder of exported weights (default: ours)")
    files.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    files.add_argument("--keep", action="store_true", help="write wav, mel, landmarks and frames beside the video")
    files.add_argument("--no-watermark", action="store_true", help="leave the visible mark out")
    files.add_argument("--no-credentials", action="store_true", help="leave the C2PA content credentials out")
    return parser


def main(arguments: list[str]) -> int:
    values = options().read(arguments)
    if values.verify is not None:
        return verify(values.verify)
    requests = requests_of(values)
    from anyonenet.portrait_process import PortraitProcess

    with PortraitProcess() as reader:  # first of all, as it gets ready while PyTorch is imported
        with nothing_thrown_away(for_good=True):  # the process ends by itself, see `run`
            from anyonenet.pipeline import Pipeline
            from commands.places import default_weights, usable_device

            device = usable_device(values.device)
            slowest = min(request.fps for request in requests)
            engine = EngineUse(values.engine, values.whole_every or whole_every_at(slowest))
            systems = dict.fromkeys(request.system for request in requests)
            weights = values.weights or default_weights()
            pipeline = Pipeline(weights, device, reader, engine=engine, systems=systems, vocoder=values.vocoder)
            pipeline.prepare(requests)
        if pipeline.engine_reason:
            print(f"notice: {pipeline.engine_reason}")
        if values.manifest is None:
            report(pipeline, requests[0])
            return 0
        return report_all(pipeline, requests)


def requests_of(values: argparse.Namespace) -> list[Request]:
    """The jobs that the options ask for, checked as far as that goes without models."""
    from anyonenet.request import Request, read_manifest

    given = {name: getattr(values, name) for name in ("text", "image", "out")}
    if values.manifest is not None:
        extra = [f"--{name}" for name, value in given.items() if value is not None]
        if extra:
            raise Mistake(f"generate: --manifest brings its own text, image and out; leave {extra[0]} away")
    else:
        missing = [f"--{name}" for name, value in given.items() if value is None]
        if missing:
            raise Mistake(f"generate: {', '.join(missing)} missing (anyonenet generate --help)")
    request = Request(
        text=values.text or "",
        image=values.image or Path(),
        out=values.out or Path(),
        language=values.language,
        speech=values.speech,
        renderer=values.renderer,
        system=values.system,
        emotion=values.emotion,
        style=values.style,
        fps=values.fps,
        size=values.size,
        crop=values.crop,
        face=values.face,
        landmarks=values.landmarks,
        seed=values.seed,
        keep=values.keep,
        watermark=not values.no_watermark,
        credentials=not values.no_credentials,
    )
    if values.manifest is not None:
        requests = read_manifest(values.manifest, request)
    else:
        requests = [request]
        request.check()
    drawn = any(one.drawn_by == "unet" for one in requests)
    for option, changed in (
        ("--engine", values.engine != "auto"),
        ("--whole-every", values.whole_every is not None),
    ):
        if changed and not drawn:
            raise Mistake(f"generate: {option} is for the paper's network; add --renderer unet")
    return requests


def report(pipeline: Pipeline, request: Request, then: Request | None = None) -> None:
    """Make one video with a progress bar and print its summary; `then` is the request that comes next."""
    from tqdm import tqdm

    name = request.out.name
    with tqdm(unit="frame", desc=name, leave=False, disable=None) as bar:
        stages = {"photo": "reading the photo", "voice": "speaking the first sentence", "file": "finishing the file"}

        def show(kind: str, done: int, known: int) -> None:
            if kind == "frame":
                bar.total = known
                bar.update(done - bar.n)
            elif kind == "sentence":
                bar.set_postfix_str(f"{done} of {known} sentences drawn", refresh=False)
            else:
                bar.set_postfix_str(stages[kind])

        summary = pipeline.generate(request, show, then)
    for notice in summary.notices:
        print(f"notice: {notice}")
    parts = ", ".join(f"{part} {seconds:.1f}" for part, seconds in summary.wall_seconds.items() if part != "all")
    nearest = ", ".join(f"{name} ({cosine:.2f})" for name, cosine in summary.nearest_speakers)
    print(
        f"{summary.out}: {summary.seconds:.1f} s of video ({summary.frames} frames, {summary.sentences} "
        f"{'sentence' if summary.sentences == 1 else 'sentences'}) in {summary.wall_seconds['all']:.1f} s ({parts}; "
        f"side by side, processor {summary.processor_seconds['all']:.1f}); first frame after "
        f"{summary.first_frame_seconds:.1f} s; real-time factor {summary.real_time_factor:.2f}"
        + (f"; voice nearest to {nearest}" if nearest else "")
    )


def report_all(pipeline: Pipeline, requests: list[Request]) -> int:
    """Make each video; a job that cannot be done is named and does not stop the others."""
    import sys

    from anyonenet.errors import InputError

    failed = 0
    for request, then in zip(requests, [*requests[1:], None]):
        try:
            report(pipeline, request, then)
        except InputError as error:
            failed += 1
            print(f"anyonenet: {request.out}: {error}", file=sys.stderr)
    print(f"{len(requests) - failed} of {len(requests)} videos made")
    return 2 if failed else 0


def verify(path: Path) -> int:
    """Print what provenance a video carries."""
    from anyonenet.render.provenance import verify as verify_file

    found = verify_file(path)
    print(found.message)
    return 0 if found.valid else 1

"""`anyonenet style`: how somebody moves the mouth, learned from videos, for Write-a-Speaker."""

from __future__ import annotations

from pathlib import Path

from commands.options import Mistake, Options, seed

DESCRIPTION = """\
Learn how a person moves the mouth from one or several videos and what is said in them; the more
speech, the better. `generate --system write_a_speaker --style DIR` then moves mouths so."""

EXAMPLE = 'anyonenet style --video anna.mp4 --text "What she says in it." --out styles/anna'


def options() -> Options:
    """The options of this verb."""
    parser = Options("style", DESCRIPTION, EXAMPLE)
    parser.add_argument(
        "--video",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="a video of the person who speaks; several: --video A --text ... --video B --text ...",
    )
    parser.add_argument(
        "--text", action="append", required=True, help="what is said in the video, all of it and nothing else"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    parser.add_argument("--whose", default="", help="the person, in words, for the folder's card (default: the files)")
    parser.add_argument("--seed", type=seed, default=0, help="the same seed gives the same style (default 0)")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="folder of exported weights (default: ours)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default cpu)")
    return parser


def main(arguments: list[str]) -> int:
    values = options().read(arguments)
    if len(values.video) != len(values.text):
        raise Mistake(f"style: {len(values.video)} --video and {len(values.text)} --text; give each video its text")
    if values.out.is_file():
        raise Mistake(f"style: {values.out} is a file; --out is a folder to write")
    from tqdm import tqdm

    from anyonenet.mouth_style import save_style
    from anyonenet.reference_clip import Reference, StyleLearner
    from commands.places import default_weights, usable_device

    references = [Reference(video, text) for video, text in zip(values.video, values.text, strict=True)]
    learner = StyleLearner(values.weights or default_weights(), usable_device(values.device))
    with tqdm(unit="frame", desc="looking for the face", leave=False, disable=None) as bar:

        def show(done: int, known: int) -> None:
            if done < bar.n:
                bar.reset()
            bar.total = known
            bar.update(done - bar.n)

        style, identity = learner.learn(references, show, values.seed)
    save_style(values.out, style, identity, values.whose or ", ".join(path.name for path in values.video))
    print(f"style -> {values.out}; use it: anyonenet generate --system write_a_speaker --style {values.out} ...")
    return 0

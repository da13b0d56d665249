"""`anyonenet figure`: the paper's figures, and others, as PNG and PDF."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from commands.options import Mistake, Options, between, output_file, positive, seed

DESCRIPTION = """\
Draw a figure as PNG and PDF. Each kind has options of its own: anyonenet figure KIND --help.

  attention    where the TTS looks in a text while it speaks it
  voices       one sentence in the voices of several faces: mel with F0 (the paper's Fig. 6)
  frames       frames of several videos in rows, each beside its input picture (Fig. 7 and 8)
  translation  input, target, target landmarks, generated picture (Fig. 9)
  renderers    real faces as the U-Net and the warp draw them, with their mouths, and the true frames of clips
  speakers     map of voices of speakers never trained on (t-SNE)
  head-motion  map of ways of moving the head, true and predicted (t-SNE)
  motion-style map of how speakers move face and head, true and as MakeItTalk says it (its Fig. 11, t-SNE)
  curves       training curves from the CSV logs of runs; as a page to explore where --out ends in .html"""
EXAMPLE = "anyonenet figure curves runs/landmarks --out curves.png"
LANGUAGES = ("en", "zh")


def options(kind: str | None = None) -> Options:
    """The options of this verb, with those of a kind when it is known."""
    parser = Options("figure", DESCRIPTION, EXAMPLE if kind in (None, "curves") else KINDS[kind][2])
    parser.add_argument("kind", choices=tuple(KINDS), metavar="KIND", help=", ".join(KINDS))
    told = "a .png; a .pdf is written beside it (curves: also .html)"
    parser.add_argument("--out", type=output_file, required=True, metavar="FILE", help=told)
    if kind is not None:
        KINDS[kind][0](parser.add_argument_group(f"of {kind}"))
    return parser


def main(arguments: list[str]) -> int:
    values = options(next((word for word in arguments if word in KINDS), None)).read(arguments)
    KINDS[values.kind][1](values)
    for suffix in (".html",) if values.out.suffix == ".html" else (".png", ".pdf"):
        print(values.out.with_suffix(suffix))
    return 0


def _weights(group: Any) -> None:
    group.add_argument("--weights", type=Path, metavar="DIR", help="folder of exported weights (default: ours)")


def _corpora(group: Any) -> None:
    _weights(group)
    group.add_argument("--root", type=Path, default=Path("data/mini"), metavar="DIR", help="folder of the corpora")
    group.add_argument("--seed", type=seed, default=0, metavar="N", help="of the map")


def _text(group: Any) -> None:
    _weights(group)
    group.add_argument("--text", required=True, help="what is said")
    group.add_argument("--language", choices=LANGUAGES, help="default: detected")
    group.add_argument("--seed", type=seed, default=0, metavar="N", help="of the synthesis")


def _attention_options(group: Any) -> None:
    _text(group)
    group.add_argument("--image", type=Path, metavar="FILE", help="a picture whose face gives the voice")
    group.add_argument("--speech", type=Path, metavar="FILE", help="a recording that gives the voice")


def _attention(values: Any) -> None:
    from evaluation.figures.attention import align, attention_figure, speaker_from

    weights = _place(values)
    speaker = speaker_from(weights, values.image, values.speech)
    attention_figure(align(weights, values.text, values.language, speaker, values.seed), values.out)


def _voices_options(group: Any) -> None:
    _text(group)
    group.add_argument(
        "--image", type=Path, action="append", required=True, metavar="FILE", help="a face, one row each"
    )


def _voices(values: Any) -> None:
    from evaluation.figures.voices import voice_figure, voices_of_faces

    voices, pictures, settings = voices_of_faces(
        _place(values), values.text, values.image, values.language, values.seed
    )
    for (name, _, _), pitch in zip(voices, voice_figure(voices, values.out, settings, pictures), strict=True):
        print(f"{name}: mean F0 {pitch:.0f} Hz")


def _frames_options(group: Any) -> None:
    group.add_argument("videos", nargs="+", type=Path, metavar="VIDEO", help="one row each")
    group.add_argument("--names", nargs="+", metavar="NAME", help="of the rows (default: the files' names)")
    group.add_argument("--inputs", nargs="+", type=Path, metavar="FILE", help="pictures that the videos were made from")
    group.add_argument("--fps", type=between(0.1, 60, float), default=3.0, metavar="N", help="shown (default: 3)")
    group.add_argument("--begin", type=between(0, 1e6, float), default=0.0, metavar="S", help="seconds into the videos")
    group.add_argument("--most", type=positive, default=10, metavar="N", help="frames a row (default: 10)")
    group.add_argument("--text", default="", help="what is said, written above")


def _frames(values: Any) -> None:
    from evaluation.figures.frames import Strip, frames_figure

    count = len(values.videos)
    for name in ("names", "inputs"):
        given = getattr(values, name)
        if given is not None and len(given) != count:
            raise Mistake(f"figure: --{name} has {len(given)} for {count} videos; give one for each")
    names = values.names or [path.stem for path in values.videos]
    strips = [Strip(*row) for row in zip(names, values.videos, values.inputs or [None] * count, strict=True)]
    frames_figure(strips, values.out, values.fps, values.begin, values.most, values.text)


def _translation_options(group: Any) -> None:
    _weights(group)
    group.add_argument("--root", type=Path, default=Path("data/mini"), metavar="DIR", help="folder of the corpora")
    group.add_argument("--features", type=Path, default=Path("data/features"), metavar="DIR", help="feature stores")
    group.add_argument("--rows", type=positive, default=4, metavar="N", help="pairs (default: 4)")
    group.add_argument(
        "--choose", choices=("spread", "worst", "best"), default="spread", help="which (default: spread)"
    )


def _translation(values: Any) -> None:
    from evaluation.figures.translation import translation_figure

    found = translation_figure(_place(values), values.root, values.features, values.out, values.rows, values.choose)
    print(f"L1 to the target, in grey levels of 0 to 1: {', '.join(f'{value:.3f}' for value in found)}")


def _renderers_options(group: Any) -> None:
    _weights(group)
    group.add_argument(
        "--clips", type=Path, metavar="DIR", help="videos of talking faces; the first frame is the photo"
    )
    group.add_argument("--pictures", type=Path, metavar="DIR", help="photographs and paintings, made to speak")
    group.add_argument("--frames", type=positive, default=4, metavar="N", help="of each face (default: 4)")
    group.add_argument("--most", type=positive, default=6, metavar="N", help="faces of each folder (default: 6)")


def _renderers(values: Any) -> None:
    if values.clips is None and values.pictures is None:
        raise Mistake("figure: renderers need faces; give --clips DIR or --pictures DIR")
    from evaluation.figures.renderers import renderers_figure

    names = renderers_figure(_place(values), values.out, values.clips, values.pictures, values.frames, values.most)
    print(", ".join(names))


def _speakers(values: Any) -> None:
    from evaluation.figures.maps import speaker_map

    print(f"{speaker_map(_place(values), values.root, values.out, seed=values.seed)} speakers")


def _head_motion_options(group: Any) -> None:
    _corpora(group)
    group.add_argument("--features", type=Path, default=Path("data/features"), metavar="DIR", help="feature stores")


def _head_motion(values: Any) -> None:
    from evaluation.figures.maps import head_motion_map

    print(f"{head_motion_map(_place(values), values.root, values.features, values.out, seed=values.seed)} cuts")


def _motion_style_options(group: Any) -> None:
    _head_motion_options(group)
    group.add_argument("--speakers", type=between(2, 8), default=8, metavar="N", help="that differ most (default: 8)")


def _motion_style(values: Any) -> None:
    from evaluation.figures.motion_style import motion_style_map

    found = motion_style_map(_place(values), values.root, values.features, values.out, values.speakers, values.seed)
    own, stars, speakers = found
    print(f"{own} of {stars} predictions lie nearest to their own speaker; by chance {stars / speakers:.0f} would")


def _curves_options(group: Any) -> None:
    group.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of runs, or their metrics.csv")
    group.add_argument("--only", nargs="+", default=[], metavar="NAME", help="quantities, e.g. loss (default: all)")


def _curves(values: Any) -> None:
    from evaluation.figures.curves import curves_figure, read_log

    names = run_names(values.runs)
    if values.out.suffix != ".html":
        print(", ".join(curves_figure(list(zip(names, values.runs, strict=True)), values.out, values.only)))
        return
    from lightning_modules.logging.curves_html import rows_of, write_page

    logs = [rows_of(read_log(run).to_csv(index=False)) for run in values.runs]
    print(", ".join(write_page(dict(zip(names, logs, strict=True)), values.out, values.only)))


def run_names(runs: list[Path]) -> list[str]:
    """What tells runs apart: their paths without the folders that all of them share at both ends."""
    parts = [list(run.parts) for run in runs]
    for end in (0, -1):
        while all(len(path) > 1 for path in parts) and len({path[end] for path in parts}) == 1:
            for path in parts:
                path.pop(end)
    return ["/".join(path) for path in parts]


def _place(values: Any) -> Path:
    from commands.places import default_weights

    return values.weights or default_weights()


Kind = tuple[Callable[[Any], None], Callable[[Any], None], str]
KINDS: dict[str, Kind] = {
    "attention": (_attention_options, _attention, 'anyonenet figure attention --text "Good morning." --out a.png'),
    "voices": (
        _voices_options,
        _voices,
        'anyonenet figure voices --text "Hello." --image a.jpg --image b.jpg --out v.png',
    ),
    "frames": (_frames_options, _frames, "anyonenet figure frames ours.mp4 theirs.mp4 --fps 3 --out f.png"),
    "translation": (_translation_options, _translation, "anyonenet figure translation --rows 4 --out t.png"),
    "renderers": (_renderers_options, _renderers, "anyonenet figure renderers --pictures photos --out r.png"),
    "speakers": (_corpora, _speakers, "anyonenet figure speakers --out s.png"),
    "head-motion": (_head_motion_options, _head_motion, "anyonenet figure head-motion --out h.png"),
    "motion-style": (_motion_style_options, _motion_style, "anyonenet figure motion-style --out m.png"),
    "curves": (_curves_options, _curves, EXAMPLE),
}
"""kind -> its options, what draws it, an example"""

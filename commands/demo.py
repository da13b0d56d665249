"""`make demo`: two packaged photographs speak, one in English, one in Mandarin."""

from __future__ import annotations

import time
from pathlib import Path

from commands.options import Options

ENGLISH = "Good morning. My name is Eileen, and I have been to space more than once. What would you like to know?"
MANDARIN = "大家好，很高兴见到你们。我在海军工作了很多年，今天想和你们谈谈计算机。"


def options() -> Options:
    """The options of this program."""
    parser = Options("demo", "Make the demonstration: videos, contact sheets, voices.", "make demo")
    parser.add_argument("--out", type=Path, default=Path("out/demo"), metavar="DIR")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="folder of exported weights (default: ours)")
    return parser


def main(arguments: list[str]) -> int:
    values = options().read(arguments)
    begin = time.perf_counter()
    import numpy as np

    from anyonenet.audio.files import read_audio
    from anyonenet.pipeline import Pipeline
    from anyonenet.request import Request
    from commands.generate import report
    from commands.places import default_weights

    values.out.mkdir(parents=True, exist_ok=True)
    photos = packaged_photos(values.out)
    pipeline = Pipeline(values.weights or default_weights())
    print(f"{'loading':<12}{time.perf_counter() - begin:6.1f} s")
    voices = []
    for name, text, language in (("astronaut", ENGLISH, "en"), ("hopper", MANDARIN, "zh")):
        start = time.perf_counter()
        video = values.out / f"{name}.mp4"
        report(pipeline, Request(text=text, image=photos[name], out=video, language=language, keep=True))
        voices.append((f"{name} ({language})", np.load(video.with_suffix(".mel.npy")), read_audio(video, 16000)))
        print(f"{name:<12}{time.perf_counter() - start:6.1f} s")
    start = time.perf_counter()
    from evaluation.figures.sheets import contact_sheet, stacked
    from evaluation.figures.voices import voice_figure

    for name in photos:
        contact_sheet(values.out / f"{name}.mp4", values.out / f"{name}.sheet.png")
    pitches = voice_figure(voices, values.out / "voices.png")
    sheets = [values.out / f"{name}.sheet.png" for name in photos]
    stacked([*sheets, values.out / "voices.png"], values.out / "demo.jpg")
    print(f"{'figures':<12}{time.perf_counter() - start:6.1f} s")
    print(f"{'all':<12}{time.perf_counter() - begin:6.1f} s")
    for (title, _, _), pitch in zip(voices, pitches, strict=True):
        print(f"voice of {title}: mean F0 {pitch:.0f} Hz")
    for name in ("astronaut.mp4", "astronaut.sheet.png", "hopper.mp4", "hopper.sheet.png", "voices.png", "demo.jpg"):
        print(values.out / name)
    return 0


def packaged_photos(folder: Path) -> dict[str, Path]:
    """Two photographs in the public domain that come with installed packages, as files."""
    from matplotlib.cbook import get_sample_data
    from PIL import Image
    from skimage.data import astronaut

    paths = {"astronaut": folder / "astronaut.png", "hopper": folder / "hopper.jpg"}
    Image.fromarray(astronaut()).save(paths["astronaut"])
    paths["hopper"].write_bytes(Path(str(get_sample_data("grace_hopper.jpg", asfileobj=False))).read_bytes())
    return paths

"""`make weights`: the default weights from nothing, in order, going on where it was stopped.

Corpora, then each stage's training, export and figures. What is finished is skipped: corpora that are there, stages
whose weights are exported. A training that was stopped goes on from its newest checkpoint.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from commands.options import Options

ORDER = (
    "speaker_encoder",
    "tts",
    "vocoder",
    "face_encoder",
    "landmarks",
    "own_landmarks",
    "images",
    "makeittalk_content",
    "makeittalk_speech",
    "makeittalk_speaker",
    "atvgnet_landmarks",
    "atvgnet_frames",
    "speech2vid",
    "speech2vid_deblur",
    "write_a_speaker_mouth",
    "write_a_speaker_upper",
    "write_a_speaker_head",
    "write_a_speaker_frames",
)
"""the speaker encoder first: the TTS and the face encoder learn from its embeddings; of a system each part before those
that listen to it"""
LISTENS_TO = {
    "makeittalk_content": {"data.init_args.speaker_encoder": "speaker_encoder"},
    "makeittalk_speech": {
        "data.init_args.speaker_encoder": "speaker_encoder",
        "model.init_args.content_weights": "makeittalk_content",
    },
    "makeittalk_speaker": {
        "data.init_args.speaker_encoder": "speaker_encoder",
        "model.init_args.content_weights": "makeittalk_content",
        "model.init_args.speech_weights": "makeittalk_speech",
    },
}
"""options of a stage's training that name the weights of another stage"""
FURTHER = {stage: f"configs/{stage}/further.yaml" for stage in ("tts", "images", "atvgnet_frames")}
"""stages with a second leg of training, and what is laid over `mini.yaml` for it"""
CORPORA = (
    "VCTK-Corpus-0.92",
    "AISHELL-3",
    "aidatatang_200zh",
    "VoxCeleb2",
    "CN-Celeb",
    "Obama",
    "Animated",
    "Drawn",
    "WriteASpeaker",
)


def options() -> Options:
    """The options of this program."""
    parser = Options("weights", "Train and export the default weights.", "make weights")
    parser.add_argument("--root", type=Path, default=Path("data/mini"), metavar="DIR", help="the embedded corpora")
    parser.add_argument("--features", type=Path, default=Path("data/features"), metavar="DIR", help="feature stores")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="checkpoints and logs")
    parser.add_argument("--out", type=Path, default=Path("weights"), metavar="DIR", help="exported weights")
    parser.add_argument("--only", choices=ORDER, action="append", help="these stages only")
    parser.add_argument("--size", choices=("full", "small"), default="full", help="of the corpora")
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="DIR",
        help="photographs and paintings of faces for the images, beside packages'",
    )
    parser.add_argument("--dry", action="store_true", help="say what would be run, and run nothing")
    return parser


def main(arguments: list[str]) -> int:
    values = options().read(arguments)
    commands: list[list[str]] = []
    if not all((values.root / name).is_dir() for name in CORPORA):
        commands.append(["mini", "--out", str(values.root), "--size", values.size, "--seed", "0"])
        commands[0] += ["--pictures", str(values.pictures)] if values.pictures else []
    for stage in values.only or ORDER:
        commands += of_stage(stage, values.root, values.features, values.runs, values.out)
    for command in commands:
        print("anyonenet", " ".join(command), flush=True)
        if not values.dry:
            start = time.perf_counter()
            code = subprocess.run([sys.executable, "-m", "commands", *command]).returncode
            if code != 0:
                return code
            print(f"  {(time.perf_counter() - start) / 60:.1f} minutes", flush=True)
    return 0


def of_stage(stage: str, root: Path, features: Path, runs: Path, out: Path) -> list[list[str]]:
    """The command lines that are still to be run for one stage."""
    commands = []
    weights = out / stage
    if not (weights / "config.json").is_file():
        data = ["--data.init_args.root", str(root), "--data.init_args.features", str(features)]
        data += [part for key, other in LISTENS_TO.get(stage, {}).items() for part in (f"--{key}", str(out / other))]
        if stage in FURTHER:
            first = runs / stage / "exported"
            if not (first / "config.json").is_file():
                commands += leg([f"configs/{stage}/mini.yaml"], data, runs / stage, first)
            files = [f"configs/{stage}/mini.yaml", FURTHER[stage]]
            commands += leg(files, data, runs / f"{stage}_further", weights, first)
        else:
            commands += leg([f"configs/{stage}/mini.yaml"], data, runs / stage, weights)
    if not measured(weights):
        places = ["--weights", str(out), "--root", str(root), "--features", str(features)]
        commands.append(["evaluate", stage, "--card", *places])
    return commands


def leg(files: list[str], data: list[str], run: Path, weights: Path, first: Path | None = None) -> list[list[str]]:
    """One training and its export; it begins from the weights in `first`, or goes on where it was stopped."""
    fit = ["fit", *(part for file in files for part in ("--config", file)), "--trainer.default_root_dir", str(run)]
    if first is not None:
        fit += ["--initial_weights", str(first)]
    return [[*fit, "--resume", *data], ["export", str(run), "--out", str(weights)]]


def measured(weights: Path) -> bool:
    """Whether the card has its figures."""
    path = weights / "config.json"
    return path.is_file() and bool(json.loads(path.read_text(encoding="utf-8"))["metrics"])

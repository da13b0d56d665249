"""All stages by the program, each fed by the one before: corpora, `fit`, `export`, and videos of what came out.

The configurations are those of the embedded corpora, made narrow and stopped after a few steps.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from anyonenet.render.video import read_video
from anyonenet.systems.known import SYSTEMS as KNOWN
from commands.__main__ import main
from commands.weights import LISTENS_TO
from datamodules.mini import speech, videos
from datamodules.mini.build import build

WIDTHS = {
    "speaker_encoder": {"widths": "[4, 4, 4, 4]"},
    "tts": {
        "speaker_projection": "4", "embedding_size": "8", "encoder_prenet": "[8, 8]", "bank_size": "2",
        "bank_channels": "4", "gru_size": "4", "decoder_prenet": "[8, 8]", "attention_rnn": "8", "decoder_rnn": "8",
        "postnet_channels": "8",
    },
    "face_encoder": {"hidden": "8", "face_rank": "4"},
    "landmarks": {
        "audio_width": "8", "landmark_hidden": "8", "landmark_width": "8", "cnn_widths": "[8, 8, 8, 8, 8, 8]",
        "lstm_width": "8", "decoder_hidden": "8",
    },
    "images": {"widths": "[4, 8, 8, 8, 8, 8]", "discriminator_width": "4", "coarse_steps": "1"},
}  # fmt: skip
DATA = {
    "speaker_encoder": {"validation_share": "0.2", "test_share": "0.01", "batch_size": "4"},
    "tts": {"batch_size": "4"},
    "face_encoder": {"validation_share": "0.3", "test_share": "0.1", "batch_size": "4"},
    "landmarks": {"corpora": "[voxceleb2]"},
    "images": {"validation_share": "0.14", "test_share": "0.01"},
}

HEARD = {"corpora": "[voxceleb2]", "batch_size": "2"}
SEEN = {**HEARD, "validation_share": "0.1", "test_share": "0.1"}
ACTED = {"batch_size": "2", "longest_seconds": "1.0"}
PLAYED = {"embedding": "4", "width": "8", "discriminator_width": "4"}
SYSTEMS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "vocoder": (
        {"width": "8", "inner": "8", "blocks": "1", "periods": "[3]", "windows": "[128]", "discriminator_width": "2",
         "adversarial_start": "0"},
        {"corpora": "[vctk]", "batch_size": "2", "frames": "16"},
    ),
    "own_landmarks": (
        {"width": "8", "dilations": "[1, 2]", "face_hidden": "8", "face_width": "8", "pose_width": "8",
         "pose_history": "4"},
        HEARD,
    ),
    "makeittalk_content": (
        {"speaker_width": "4", "channels": "8", "decoder_channels": "8", "decoder_lstm": "8", "postnet_channels": "4",
         "layers": "1"},
        {"corpora": "[vctk]", "batch_size": "2", "crop_frames": "32"},
    ),
    "makeittalk_speech": ({"lstm_width": "8", "lstm_layers": "1", "window": "3", "hidden": "[8]"}, HEARD),
    "makeittalk_speaker": (
        {"lstm_width": "8", "lstm_layers": "1", "window": "3", "speaker_between": "8", "speaker_width": "4",
         "attention_width": "8", "attention_layers": "1", "hidden": "[8]"},
        {**HEARD, "split_clips": "false"},
    ),
    "atvgnet_landmarks": (
        {"audio_widths": "[4, 4, 4, 4, 4]", "audio_hidden": "8", "audio_width": "8", "example_hidden": "8",
         "example_width": "8", "lstm_width": "8"},
        {**SEEN, "frames": "8"},
    ),
    "atvgnet_frames": (
        {"widths": "[4, 4, 4, 8, 8]", "landmark_hidden": "8", "blocks": "1", "kernel": "3", "discriminator_width": "2",
         "discriminator_hidden": "8", "discriminator_lstm": "8", "coarse_steps": "1"},
        {**SEEN, "frames": "2"},
    ),
    "speech2vid": (
        {"audio_widths": "[4, 4, 4, 4, 4]", "identity_widths": "[4, 4, 4, 4, 4]", "hidden": "8", "embedding": "8",
         "decoder_widths": "[4, 8, 4, 4, 4]"},
        {**SEEN, "frames_per_cut": "2"},
    ),
    "speech2vid_deblur": ({"width": "4", "layers": "3"}, {**SEEN, "frames_per_cut": "2", "patch": "32"}),
    "write_a_speaker_mouth": ({**PLAYED, "dilations": "[1, 2]"}, ACTED),
    "write_a_speaker_upper": ({**PLAYED, "levels": "2", "blocks": "1"}, ACTED),
    "write_a_speaker_head": ({**PLAYED, "levels": "2", "blocks": "1"}, ACTED),
    "write_a_speaker_frames": (
        {"width": "4", "coarse_widths": "[8, 8]", "blocks": "1", "discriminator_width": "2",
         "discriminator_layers": "1", "discriminators": "2", "side": "64", "coarse_steps": "0"},
        {**SEEN, "size": "64"},
    ),
}  # fmt: skip
"""stages of the systems besides the paper's, each behind those that it listens to: options of module and data"""


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A few seconds of each corpus that trains something here; beside them both tests make their features."""
    folder = tmp_path_factory.mktemp("chain") / "corpora"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(videos.COUNTS, "small", videos.Counts(4, 1, 6, 1, 1, 0, 0))
        for kind in speech.SIZES:
            patch.setitem(speech.SIZES[kind], "small", (6, 3))
        build(
            folder,
            "small",
            corpora=["vctk", "aishell3", "aidatatang", "voxceleb2", "cnceleb", "animated", "drawn", "write_a_speaker"],
            progress=False,
        )
        yield folder


def train(stage: str, runs: Path, weights: Path, model: dict[str, str], data: dict[str, str], *more: str) -> None:
    """`fit` and `export`, by a narrow version of the stage's configuration."""
    line = ["fit", "--config", f"configs/{stage}/mini.yaml", "--trainer.default_root_dir", str(runs)]
    kept = {"dirpath": str(runs / stage), "filename": "kept", "monitor": None}
    kept |= {"every_n_train_steps": 1, "every_n_epochs": 0, "save_on_train_epoch_end": False}
    keeper = [{"class_path": "pytorch_lightning.callbacks.ModelCheckpoint", "init_args": kept}]
    line += ["--trainer.callbacks", json.dumps(keeper), "--trainer.logger", "false"]
    line += ["--trainer.enable_progress_bar", "false", "--trainer.max_epochs", "1", *more]
    line += [part for name, value in model.items() for part in (f"--model.init_args.{name}", value)]
    line += [part for name, value in data.items() for part in (f"--data.init_args.{name}", value)]
    assert main(line) == 0, stage
    assert main(["export", str(runs / stage), "--out", str(weights / stage)]) == 0, stage


@pytest.mark.timeout(600)
def test_every_stage_trains_on_what_the_one_before_made(corpora: Path, astronaut: Path, tmp_path: Path, capsys) -> None:
    weights, runs = tmp_path / "weights", tmp_path / "runs"
    for stage in WIDTHS:
        data = {"root": str(corpora), "features": str(corpora.parent / "features"), **DATA[stage]}
        if stage in ("tts", "face_encoder"):
            data["speaker_encoder"] = str(weights / "speaker_encoder")
        train(stage, runs, weights, WIDTHS[stage], data, "--trainer.max_steps", "2", "--trainer.limit_val_batches", "1")
    video = tmp_path / "talk.mp4"
    line = ["generate", "--text", "Hi.", "--image", str(astronaut), "--out", str(video), "--weights", str(weights)]
    assert main([*line, "--renderer", "unet", "--fps", "5"]) == 0, capsys.readouterr().err
    assert video.stat().st_size > 1000


@pytest.mark.timeout(600)
def test_every_other_system_trains_and_speaks(
    corpora: Path, tiny_weights: Path, astronaut: Path, tmp_path: Path, capsys
) -> None:
    weights, runs = tmp_path / "weights", tmp_path / "runs"
    shutil.copytree(tiny_weights, weights)
    for stage, (model, data) in SYSTEMS.items():
        listens = {name: str(weights / of) for name, of in LISTENS_TO.get(stage, {}).items()}
        more = [part for name, folder in listens.items() for part in (f"--{name}", folder)]
        # steps of both optimisers, where there are two
        more += ["--trainer.max_steps", "4", "--trainer.limit_train_batches", "2", "--trainer.limit_val_batches", "0"]
        places = {"root": str(corpora), "features": str(corpora.parent / "features"), "workers": "0"}
        train(stage, runs, weights, model, {**places, **data}, *more)
    assert set(SYSTEMS) >= {stage for name, known in KNOWN.items() if name != "anyonenet" for stage in known.stages}
    for system in [name for name in KNOWN if name != "anyonenet"]:
        video = tmp_path / f"{system}.mp4"
        line = ["generate", "--system", system, "--text", "Hi.", "--image", str(astronaut), "--out", str(video)]
        line += ["--weights", str(weights), "--fps", "5", "--size", "128", "--vocoder", "neural"]
        assert main(line) == 0, (system, capsys.readouterr().err)
        assert len(list(read_video(video))) > 1, system

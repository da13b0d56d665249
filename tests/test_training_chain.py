"""All stages by the program, each fed by the one before: corpora, `fit`, `export`, and a video of what came out.

The configurations are those of the embedded corpora, made narrow and stopped after a few steps.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.__main__ import main
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


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A few seconds of each corpus that trains something here."""
    folder = tmp_path_factory.mktemp("corpora")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(videos.COUNTS, "small", videos.Counts(4, 1, 6, 1, 1, 0, 0))
        for kind in speech.SIZES:
            patch.setitem(speech.SIZES[kind], "small", (6, 3))
        build(
            folder,
            "small",
            corpora=["vctk", "aishell3", "aidatatang", "voxceleb2", "cnceleb", "animated", "drawn"],
            progress=False,
        )
        yield folder


@pytest.mark.timeout(600)
def test_every_stage_trains_on_what_the_one_before_made(corpora: Path, astronaut: Path, tmp_path: Path, capsys) -> None:
    weights, runs = tmp_path / "weights", tmp_path / "runs"
    for stage in WIDTHS:
        line = ["fit", "--config", f"configs/{stage}/mini.yaml", "--trainer.default_root_dir", str(runs)]
        line += ["--trainer.max_steps", "2", "--trainer.max_epochs", "1", "--trainer.limit_val_batches", "1"]
        kept = {"dirpath": str(runs / stage), "filename": "kept", "monitor": None}
        kept |= {"every_n_train_steps": 1, "every_n_epochs": 0, "save_on_train_epoch_end": False}
        keeper = [{"class_path": "pytorch_lightning.callbacks.ModelCheckpoint", "init_args": kept}]
        line += ["--trainer.callbacks", json.dumps(keeper), "--trainer.logger", "false"]
        line += ["--trainer.enable_progress_bar", "false"]
        line += [part for name, value in WIDTHS[stage].items() for part in (f"--model.init_args.{name}", value)]
        data = {"root": str(corpora), "features": str(tmp_path / "features"), **DATA[stage]}
        if stage in ("tts", "face_encoder"):
            data["speaker_encoder"] = str(weights / "speaker_encoder")
        line += [part for name, value in data.items() for part in (f"--data.init_args.{name}", value)]
        assert main(line) == 0, (stage, capsys.readouterr().err)
        assert main(["export", str(runs / stage), "--out", str(weights / stage)]) == 0
    video = tmp_path / "talk.mp4"
    line = ["generate", "--text", "Hi.", "--image", str(astronaut), "--out", str(video), "--weights", str(weights)]
    assert main([*line, "--renderer", "unet", "--fps", "5"]) == 0, capsys.readouterr().err
    assert video.stat().st_size > 1000

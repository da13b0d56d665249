from __future__ import annotations

from dataclasses import fields

import pytest

from commands.__main__ import main
from commands.training import read_configuration
from lightning_modules.survival.checkpoint_file import write
from lightning_modules.survival.wishes import Wishes

CONFIG = ("--config", "configs/landmarks/mini.yaml")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--model.init_args.no_such_width", "3"), "Option 'no_such_width' is not accepted"),
        (("--trainer.max_steps", "many"), "\"trainer.max_steps\": Expected a <class 'int'>. Got value: many"),
        (("--model", "lightning_modules.landmarks.Nope"), "has no attribute 'Nope'"),
        (("--color", "red"), "unrecognized arguments: --color red"),
        (("--model.init_args.decoder", "gru"), "fit: decoder is 'gru'; choose one of cnn_blstm, blstm, tdlstm"),
        (("--data.init_args.root", "no/such/folder"), "no/such/folder"),
        (("--initial_weights", "no/such"), "no weights in no/such"),
        (("--checkpoint_every", "-1"), '"checkpoint_every"'),
        (("--on_bad_loss", "ignore"), '"on_bad_loss"'),
        (("--initial_weights", "weights/tts"), "weights/tts holds a Tacotron; this training is of a LandmarkPredictor"),
        (("--initial_weights", "weights/tts", "--ckpt_path", "last.ckpt"), "choose one"),
    ],
)
def test_mistakes_in_configurations_are_one_line(options, expected, capsys, tmp_path):
    features = ("--data.init_args.features", str(tmp_path), "--trainer.default_root_dir", str(tmp_path))
    assert main(["fit", *CONFIG, *features, *options]) == 2
    error = [line for line in capsys.readouterr().err.splitlines() if line.startswith("anyonenet: ")]
    assert len(error) == 1 and expected in error[0]
    assert "Union" not in error[0] and "NoneType" not in error[0]


def test_whole_configuration_can_be_shown(capsys):
    with pytest.raises(SystemExit) as leaving:
        main(["fit", *CONFIG, "--print_config"])
    assert leaving.value.code in (0, None)
    assert "class_path: lightning_modules.landmarks.LandmarkModule" in capsys.readouterr().out


def test_a_damaged_checkpoint_is_named(capsys, tmp_path):
    path = tmp_path / "last.ckpt"
    write({"hyper_parameters": {}, "state_dict": {}}, path)
    path.write_bytes(path.read_bytes()[:-10])
    for verb in ("fit", "validate"):
        assert main([verb, *CONFIG, "--ckpt_path", str(path)]) == 2
        assert f"anyonenet: the checkpoint {path} is truncated; --resume takes" in capsys.readouterr().err


def test_how_a_training_survives_is_asked_for_on_the_command_line():
    values = read_configuration("fit", [*CONFIG, "--resume", "--checkpoint_every", "7"])
    assert values.resume is True and values.checkpoint_every == 7
    names = {field.name: field.default for field in fields(Wishes)}
    plain = read_configuration("fit", list(CONFIG))
    assert plain.resume is False and {name: plain[name] for name in names} == names

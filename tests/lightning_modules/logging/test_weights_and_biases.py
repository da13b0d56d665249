"""Against the real client, offline."""

from __future__ import annotations

import json
import struct

import pytest

from anyonenet.errors import InputError
from lightning_modules.logging.attach import Wishes
from lightning_modules.logging.run_facts import read_run
from lightning_modules.logging.weights_and_biases import logged_in
from tests.lightning_modules.logging.little import Little, train
from tests.lightning_modules.logging.test_showing import Everything


@pytest.mark.parametrize(
    ("environment", "netrc", "expected"),
    [
        ({}, None, False),
        ({"WANDB_API_KEY": "k"}, None, True),
        ({}, "machine api.wandb.ai login user password k\n", True),
        ({"WANDB_BASE_URL": "https://wandb.example.org"}, "machine api.wandb.ai login user password k\n", False),
        ({"WANDB_BASE_URL": "https://wandb.example.org"}, "machine wandb.example.org login user password k\n", True),
        ({}, "machine ??? what\n", False),
    ],
)
def test_who_is_logged_in(tmp_path, environment, netrc, expected):
    if netrc is not None:
        (tmp_path / ".netrc").write_text(netrc)
        (tmp_path / ".netrc").chmod(0o600)
    assert logged_in({"HOME": str(tmp_path), **environment}) is expected


def records(run) -> list:
    """What the client wrote: W&B's records in LevelDB's log format (blocks of 32 KiB; checksum, length, kind, data)."""
    from wandb.proto import wandb_internal_pb2

    content = next(run.glob("*.wandb")).read_bytes()
    assert content[:4] == b":W&B"
    place, part, found = 7, b"", []
    while place + 7 <= len(content):
        if 32768 - place % 32768 < 7:  # what is left of a block holds no record's head
            place += 32768 - place % 32768
            continue
        length, kind = struct.unpack("<HB", content[place + 4 : place + 7])
        part += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            record = wandb_internal_pb2.Record()
            record.ParseFromString(part)
            found.append(record)
            part = b""
    return found


def test_a_client_that_does_not_start_is_one_clear_line(tmp_path, monkeypatch):
    import wandb

    def refuse(**_):
        raise wandb.errors.CommError("Network unreachable\nand much more")

    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setattr(wandb, "init", refuse)
    with pytest.raises(InputError, match=r"^W&B does not start \(Network unreachable\); WANDB_MODE=offline keeps"):
        train(tmp_path, wishes=Wishes(wandb="little"))


def test_a_run_is_written_offline_and_goes_on_under_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    wishes = Wishes(wandb="little")
    train(tmp_path, epochs=2, module=Little(Everything()), wishes=wishes, kill=None)
    facts = read_run(tmp_path)
    told = facts["wandb"]
    assert told["project"] == "little" and told["mode"] == "offline"
    train(tmp_path, epochs=3, module=Little(), wishes=wishes, checkpoint=tmp_path / "last.ckpt")
    assert read_run(tmp_path)["wandb"]["id"] == told["id"]
    first, second = sorted(path for path in (tmp_path / "wandb").glob("offline-run-*"))
    assert first.name.endswith(told["id"]) and second.name.endswith(told["id"])
    written = records(first)
    rows = [
        {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
        for record in written
        if record.WhichOneof("record_type") == "history"
    ]
    shown = next(row for row in rows if "media/p/path" in row)
    kinds = {name: shown[f"media/{name}/_type"] for name in "psvt"}
    assert kinds == {"p": "image-file", "s": "audio-file", "v": "video-file", "t": "table-file"}
    assert shown["trainer/global_step"] == 5 and (first / "files" / shown["media/s/path"]).is_file()
    config = {item.key: json.loads(item.value_json) for record in written for item in record.config.update}
    assert set(config) >= {"code", "corpora", "corpora_sha256", "config"}
    assert config["code"]["commit"] == facts["code"]["commit"]
    assert config["config"] == {"model": "little"}
    summary = {
        item.nested_key[0]: item.value_json for record in written for item in record.summary.update if not item.key
    }
    assert float(summary["train/loss"]) == [row["train/loss"] for row in rows if "train/loss" in row][-1]
    assert "validation/loss" in summary
    assert any(record.WhichOneof("record_type") == "exit" for record in written)

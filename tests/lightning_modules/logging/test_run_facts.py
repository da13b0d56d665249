from __future__ import annotations

import json
import subprocess

import numpy as np

from datamodules.store import Store, StoreWriter
from lightning_modules.logging.run_facts import code_facts, corpora_hash, corpus_facts, read_run, write_run


def git(folder, *words):
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main")
    told = subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True, text=True)
    return told.stdout.strip()


def test_commit_and_whether_files_were_changed(tmp_path):
    assert code_facts(tmp_path)["commit"] is None and code_facts(tmp_path)["changed"] is None
    git(tmp_path, "init")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-m", "one")
    facts = code_facts(tmp_path)
    assert facts["commit"] == git(tmp_path, "rev-parse", "HEAD") and facts["changed"] is False
    (tmp_path / "new").write_text("not of the program")
    assert code_facts(tmp_path)["changed"] is False
    (tmp_path / "a").write_text("2")
    assert code_facts(tmp_path)["changed"] is True
    (tmp_path / "installed").mkdir()
    assert code_facts(tmp_path / "installed")["commit"] is None  # the program lies in somebody else's checkout
    assert facts["versions"]["torch"]


def test_hashes_are_those_of_the_stores(tmp_path):
    for name in ("one", "two"):
        with StoreWriter(tmp_path / name, {"corpus": name}) as store:
            store.add({"id": "a"}, {"mel": np.ones((3, 2), np.float32)})
    facts = corpus_facts([tmp_path / "one", tmp_path / "two"])
    assert [fact["sha256"] for fact in facts] == [Store(tmp_path / name).checksum for name in ("one", "two")]
    meta = json.loads((tmp_path / "one" / "store.json").read_text())
    assert facts[0]["manifest_sha256"] == meta["files"]["manifest.parquet"] and facts[0]["items"] == 1
    assert facts[0]["options_sha256"] != facts[1]["options_sha256"]
    assert corpora_hash(facts) == corpora_hash(facts[::-1]) != corpora_hash(facts[:1])


def test_what_was_written_is_read_and_what_was_cut_short_is_not(tmp_path):
    assert read_run(tmp_path) == {} == read_run(tmp_path / "none")
    write_run(tmp_path / "run", {"legs": [], "place": tmp_path})
    assert read_run(tmp_path / "run") == {"legs": [], "place": str(tmp_path)}
    (tmp_path / "run" / "run.json").write_text('{"legs": [')
    assert read_run(tmp_path / "run") == {}

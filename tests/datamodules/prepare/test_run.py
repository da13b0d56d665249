"""A preparation ends in the same bytes however it is stopped, split or resumed; nothing is lost silently."""

from __future__ import annotations

import csv
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from anyonenet.errors import CorpusError, InputError, WeightsError
from datamodules.prepare.accounting import TooManySkipped
from datamodules.prepare.parts import cut, facts, write_part
from datamodules.prepare.run import prepare_store
from datamodules.store import Store
from tests.datamodules.prepare.toy import Toy

TROUBLES = {3: "unreadable", 11: "half", 17: "face", 18: "bug", 29: "nothing"}


def prepared(recipe: Toy, features: Path, **how: object) -> Store:
    store = prepare_store(recipe, features, **{"workers": 0, "progress": False, **how})
    assert store is not None
    return store


def skipped(store: Store) -> list[tuple[str, str, str]]:
    with (store.folder / "skipped.csv").open(newline="") as file:
        return [(Path(row["path"]).name, row["reason"], row["stage"]) for row in csv.DictReader(file)]


def test_items_come_in_the_order_of_the_sources_and_faults_are_listed(tmp_path: Path) -> None:
    store = prepared(Toy(tmp_path, 30, TROUBLES), tmp_path / "features")
    usable = [number for number in range(30) if number not in (3, 17, 18, 29)]
    assert list(store.manifest["id"]) == [f"{number}-{place}" for number in usable for place in range(number % 3 + 1)]
    assert store.array("mel", 4)[0, 0] == 2 + 1 and store.lengths("mel")[4] == 3
    assert [(name, stage) for name, _, stage in skipped(store)] == [
        ("k3.wav", "read"), ("k11.wav", "sound"), ("k11.wav", "sound"), ("k11.wav", "sound"), ("k17.wav", "face"),
        ("k18.wav", "unexpected"), ("k29.wav", "items"),
    ]  # fmt: skip
    assert skipped(store)[5][1].startswith("KeyError in toy.py:")
    assert store.summary["sources_lost"] == 4.5 and store.summary["skipped"] == 7
    assert store.summary["skipped_by_reason"]["cut N of N is silent"] == 3
    assert store.summary["speakers"] == 5 and store.summary["hours"] == pytest.approx(1.5 * len(store) / 3600, abs=1e-4)
    store.verify()
    assert not (store.folder.parent / "toy.parts").exists()


def test_workers_and_shards_and_cuts_change_no_byte(tmp_path: Path) -> None:
    recipe = Toy(tmp_path, 70, TROUBLES)
    expected = prepared(recipe, tmp_path / "one").checksum
    assert prepared(recipe, tmp_path / "two", workers=2).checksum == expected
    assert prepared(recipe, tmp_path / "none", workers=None).checksum == expected
    for part_sources in (1, 5, 1000):
        other = Toy(tmp_path, 70, TROUBLES, part_sources=part_sources)
        assert prepared(other, tmp_path / f"cut{part_sources}").checksum == expected
    shards = [
        prepare_store(recipe, tmp_path / "shards", workers=0, progress=False, shard=(number, 3)) for number in (2, 1, 3)
    ]
    assert shards[0] is None and shards[1] is None
    assert shards[2] is not None and shards[2].checksum == expected


def test_complete_parts_are_not_made_again_but_where_they_would_differ(tmp_path: Path) -> None:
    recipe = Toy(tmp_path, 10, {4: "mended"})
    assert prepare_store(recipe, tmp_path / "f", workers=0, progress=False, shard=(1, 2)) is None
    parts = cut(recipe, recipe.options, recipe.sources(), tmp_path / "f" / "tts" / "toy.parts")
    assert [facts(part) is not None for part in parts] == [True, False] * 5
    (tmp_path / "k4.wav").touch()  # mended meanwhile
    assert facts(parts[4]) is None
    changed = cut(recipe, {"rate": 1}, recipe.sources(), parts[0].folder.parent)
    assert facts(changed[0]) is None
    (parts[2].folder / "mel.bin").write_bytes(b"")
    assert facts(parts[2]) is None
    before = parts[0].folder.stat().st_mtime_ns
    assert prepare_store(recipe, tmp_path / "f", workers=0, progress=False, shard=(1, 2)) is None
    assert all(facts(part) for part in parts[::2]) and parts[0].folder.stat().st_mtime_ns == before


def test_leavings_of_a_killed_run_do_no_harm(tmp_path: Path) -> None:
    recipe = Toy(tmp_path, 10)
    expected = prepared(recipe, tmp_path / "a").checksum
    parts = cut(recipe, recipe.options, recipe.sources(), tmp_path / "b" / "tts" / "toy.parts")
    write_part(recipe, parts[3], {}, lambda key: None)
    shutil.copytree(parts[3].folder, parts[2].folder.with_name("000002.machine.77.part"))
    (tmp_path / "b" / "tts" / f"toy.{socket.gethostname()}.88.merging").mkdir()
    assert prepared(recipe, tmp_path / "b").checksum == expected
    assert [path.name for path in (tmp_path / "b" / "tts").iterdir()] == ["toy"]


def test_too_much_loss_is_refused_and_can_be_accepted_or_mended(tmp_path: Path) -> None:
    recipe = Toy(tmp_path, 10, {4: "mended", 5: "face"})
    with pytest.raises(
        TooManySkipped, match=r"20\.0% of the 10 sources .* 1 x no face found.*--max-skipped 21 "
    ) as said:
        prepare_store(recipe, tmp_path / "f", workers=0, progress=False, max_skipped=0.02)
    listed = tmp_path / "f" / "tts" / "toy.parts" / "skipped.csv"
    assert str(listed) in str(said.value) and len(listed.read_text().splitlines()) == 3
    (tmp_path / "k4.wav").touch()
    store = prepared(recipe, tmp_path / "f", max_skipped=0.1)
    assert store.summary["sources_lost"] == 1.0


def test_nothing_usable_is_refused_with_the_reasons(tmp_path: Path) -> None:
    recipe = Toy(tmp_path, 3, dict.fromkeys(range(3), "unreadable"))
    with pytest.raises(CorpusError, match="none of the 3 sources can be used: 3 x cannot be read"):
        prepare_store(recipe, tmp_path / "f", workers=0, progress=False)


def test_other_options_and_other_limits_are_told(tmp_path: Path) -> None:
    prepare_store(Toy(tmp_path), tmp_path / "f", workers=0, progress=False, shard=(1, 2))
    with pytest.raises(CorpusError, match=r"stopped run with other options \(rate = 16000, wanted 24000\)"):
        prepare_store(Toy(tmp_path, rate=24000), tmp_path / "f", workers=0, progress=False)
    store = prepared(Toy(tmp_path), tmp_path / "g", limit=6)
    assert store.summary["sources"] == store.summary["limit"] == 6
    with pytest.raises(CorpusError, match="wanted 24000"):
        prepare_store(Toy(tmp_path, rate=24000), tmp_path / "g", workers=0, progress=False)
    with pytest.raises(ValueError, match="shard 3 of 2"):
        prepare_store(Toy(tmp_path), tmp_path / "h", shard=(3, 2))


def test_missing_models_stop_the_work(tmp_path: Path) -> None:
    class Modelless(Toy):
        def items(self, source, skip):
            raise WeightsError("no weights in weights/fan")

    with pytest.raises(WeightsError, match="weights/fan"):
        prepare_store(Modelless(tmp_path), tmp_path / "f", workers=0, progress=False)


def test_names_that_are_no_utf8_and_reasons_of_several_lines_can_be_listed(tmp_path: Path) -> None:
    class Odd(Toy):
        def sources(self):
            return [replace(source, path=tmp_path / os.fsdecode(b"caf\xe9.wav")) for source in super().sources()]

        def items(self, source, skip):
            if source.content == 3:
                raise InputError(f"{source.path}\n  cannot be read")
            yield from super().items(source, skip)

    store = prepared(Odd(tmp_path), tmp_path / "f")
    assert skipped(store) == [("caf\\udce9.wav", f"{tmp_path}/caf\\udce9.wav cannot be read", "read")]


def test_two_sources_of_one_key_are_an_error_of_the_recipe(tmp_path: Path) -> None:
    class Double(Toy):
        def sources(self):
            return [replace(source, key="k") for source in super().sources()]

    with pytest.raises(ValueError, match="39 sources have the key of another"):
        prepare_store(Double(tmp_path), tmp_path / "f", workers=0, progress=False)


def test_a_script_without_a_main_guard_is_told_and_does_not_wait_for_itself(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from datamodules.prepare.run import prepare_store\n"
        "from tests.datamodules.prepare.toy import Toy\n"
        f"prepare_store(Toy(Path({str(tmp_path)!r})), {str(tmp_path / 'features')!r}, workers=1)\n",
        encoding="utf-8",
    )
    place = {**os.environ, "PYTHONPATH": os.getcwd()}
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, env=place, timeout=120)
    assert ended.returncode == 1
    assert "put the call under `if __name__ == '__main__':`" in ended.stderr
    assert "waiting for another process" not in ended.stderr

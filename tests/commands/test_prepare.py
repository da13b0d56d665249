"""`anyonenet prepare`: problems before work, losses after it, shards, and jobs of a cluster."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from anyonenet.errors import CorpusError
from commands import slurm
from commands.__main__ import main
from commands.prepare import KINDS, chosen
from datamodules.prepare import corpora
from datamodules.prepare.corpora import FOLDERS, MAKERS, Choices
from datamodules.prepare.recipe import NotForThisStage
from tests.datamodules.prepare.toy import Toy


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """VCTK's recipes are two toys; what is put into the result happens at their sources."""
    troubles: dict[int, str] = {}

    def maker(stage: str) -> object:
        return lambda corpus: Toy(corpus.root, 24, dict(troubles), name=f"{stage}/{corpus.name}")

    monkeypatch.setitem(corpora.MAKERS, "vctk", (maker("tts"), maker("voices")))
    return troubles


def test_the_kinds_are_those_of_the_recipes() -> None:
    assert tuple(MAKERS) == tuple(FOLDERS) == KINDS


def test_stores_are_made_and_found_again(toys, tmp_path: Path, capsys) -> None:
    (tmp_path / "VCTK-Corpus-0.92").mkdir()
    line = ["prepare", "vctk", "--root", str(tmp_path), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert main([*line, "--name", "mine", "--only", "tts"]) == 0
    told = capsys.readouterr()
    assert "tts/mine: 48 items of 24 sources, 0.02 h, 5 speakers" in told.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["tts"]
    assert main([*line, "--name", "mine", "--only", "tts"]) == 0
    assert "(was there already)" in capsys.readouterr().err
    assert main([*line, "--name", "mine", "--only", "tts", "--limit", "5"]) == 2
    assert "was made of 24 sources, now there are 5; delete it" in capsys.readouterr().err


def test_a_dry_run_tells_all_problems_and_writes_nothing(toys, tmp_path: Path, capsys, monkeypatch) -> None:
    line = ["prepare", "vctk", "--root", str(tmp_path), "--out", str(tmp_path / "out"), "--dry-run"]
    assert main(line) == 0
    assert (
        capsys.readouterr().out == "tts/vctk: 24 sources, no problem found\nvoices/vctk: 24 sources, no problem found\n"
    )

    def broken(toy):
        raise CorpusError("txt/ is missing", "wav48/p225 is empty")

    monkeypatch.setattr(Toy, "sources", broken)
    monkeypatch.setattr(Toy, "problems", lambda toy: [f"no weights for {toy.name}"])
    assert main(line) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"anyonenet: 4 problems in {tmp_path}",
        "  no weights for tts/vctk",
        "  txt/ is missing",
        "  wav48/p225 is empty",
        "  no weights for voices/vctk",
    ]
    assert not (tmp_path / "out").exists()


def test_a_store_that_the_corpus_has_nothing_for_is_left_out(toys, tmp_path: Path, capsys, monkeypatch) -> None:
    def sources(toy):
        if toy.name.startswith("tts/"):
            raise NotForThisStage("none of the 24 recordings has a text")
        return every(toy)

    every = Toy.sources
    monkeypatch.setattr(Toy, "sources", sources)
    line = ["prepare", "vctk", "--root", str(tmp_path), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert main(line) == 0
    told = capsys.readouterr()
    assert "note: tts/vctk is left out: none of the 24 recordings has a text\n" in told.err
    assert told.out.startswith("1 feature stores") and (tmp_path / "out" / "voices" / "vctk").is_dir()
    assert main([*line, "--only", "tts"]) == 2  # asked for by name
    assert capsys.readouterr().err == "anyonenet: none of the 24 recordings has a text\n"


def test_losses_fail_at_the_end_of_all_the_work_and_can_be_accepted(toys, tmp_path: Path, capsys) -> None:
    toys[4] = "unreadable"
    line = ["prepare", "vctk", "--root", str(tmp_path), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert main(line) == 1
    told = capsys.readouterr().err
    assert told.count("4.2% of the 24 sources are lost, more than 2.0%: 1 x cannot be read") == 2
    assert "Traceback" not in told
    assert main([*line, "--max-skipped", "5"]) == 0
    assert (tmp_path / "out" / "voices" / "vctk" / "skipped.csv").is_file()


def test_shards_wait_for_each_other(toys, tmp_path: Path, capsys) -> None:
    line = ["prepare", "vctk", "--root", str(tmp_path), "--out", str(tmp_path / "out"), "--workers", "1"]
    line += ["--only", "tts"]
    assert main([*line, "--shard", "2/2"]) == 0
    assert "shard 2 of 2 is done; 1 stores wait" in capsys.readouterr().out
    assert main([*line, "--shard", "1/2"]) == 0
    assert "1 feature stores of vctk" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["vtck"], "choose from"),
        (["vctk", "--shard", "3/2"], "'3/2' is not I/N"),
        (["vctk", "--shard", "half"], "is not I/N"),
        (["vctk", "--slurm", "4", "--shard", "1/2"], "leave --shard away"),
        (["vctk", "--slurm-option", "fast"], "is not KEY=VALUE"),
        (["vctk", "--only", "images"], "--only images leaves nothing of vctk"),
        (["vctk", "--max-skipped", "101"], "out of range"),
    ],
)
def test_mistakes_are_one_line(toys, arguments, expected, capsys) -> None:
    assert main(["prepare", *arguments, "--root", "x", "--out", "y"]) == 2
    told = capsys.readouterr().err
    assert expected in told and told.count("\n") == 1


def test_stages_are_chosen_by_the_beginning_of_the_name() -> None:
    assert chosen("face_voice/cnceleb/faces", "tts, face_voice") and chosen("tts/vctk", None)
    assert not chosen("tts_more/vctk", "tts")


def test_slurm_gets_the_same_line_in_shards(toys, tmp_path: Path, capsys, monkeypatch) -> None:
    said: list[object] = []
    monkeypatch.setattr(slurm, "submit_shards", lambda *given: said.append(given) or ["7_0", "7_1", "7_2"])
    line = ["prepare", "vctk", "--root", str(tmp_path), "--out", str(tmp_path), "--limit", "9"]
    assert main([*line, "--slurm", "3", "--slurm-option", "timeout_min=60"]) == 0
    assert said == [([*line, "--slurm-option", "timeout_min=60"], 3, tmp_path / "slurm", {"timeout_min": 60})]
    assert "3 jobs (7_0 to 7_2)" in capsys.readouterr().out
    assert slurm.ShardJob(["prepare", "vctk"], 2, 3).arguments == ["prepare", "vctk", "--shard", "2/3"]


@pytest.mark.skipif(importlib.util.find_spec("submitit") is None, reason="submitit is an extra")
def test_submitit_takes_the_jobs(tmp_path: Path, monkeypatch) -> None:
    import submitit

    ran: list[list[str]] = []
    monkeypatch.setattr("commands.__main__.main", lambda arguments: ran.append(arguments) or 0)
    monkeypatch.setattr(submitit.AutoExecutor, "batch", lambda executor: __import__("contextlib").nullcontext())
    jobs = slurm.submit_shards(["prepare"], 2, tmp_path, {"timeout_min": 5}, cluster="debug")
    assert len(jobs) == 2
    assert json.dumps(ran) == "[]"  # the debug executor runs a job when its result is asked for
    job = slurm.ShardJob(["prepare"], 1, 2)
    job()
    assert ran == [["prepare", "--shard", "1/2"]]
    assert job.checkpoint().function is job
    with pytest.raises(slurm.Mistake, match="--slurm: .*nonsense"):
        slurm.submit_shards(["prepare"], 2, tmp_path, {"nonsense": 5}, cluster="debug")


def test_choices_have_the_defaults_of_the_command_line() -> None:
    assert (Choices().landmarks, Choices().embedding) == ("dlib", "dlib")

"""`anyonenet study` as a user types it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from commands.__main__ import main
from tests.evaluation.study.participants import ab_study, answers_of, at_random, write_answers

STUDY = ab_study(4, 2)


def said(capsys) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "study: the following arguments are required: STEP"),
        (["bild"], "invalid choice: 'bild'"),
        (["build", "x.yaml"], "study build: the following arguments are required: --out"),
        (["build", "no.yaml", "--out", "x"], "no study at no.yaml"),
        (["build", "x.yaml", "--out", "x", "--post", "javascript:x"], "is not an address"),
        (["serve", "nowhere"], "no study in nowhere; make one with: anyonenet study build"),
        (["serve", "x", "--port", "70000"], "out of range"),
        (["analyse"], "give the folder of a study, or --counts"),
        (["analyse", "x", "--counts", "y"], "give the folder of a study, or --counts"),
        (["analyse", "nowhere"], "no study in nowhere"),
        (["check", "--percent", "50", "10"], "expected 3 arguments"),
        (
            ["check", "--percent", "50", "10", "30", "--participants", "9", "--items", "9"],
            "--percent adds up to 90.0, not to 100",
        ),
        (
            ["analyse", "x", "--awnsers", "y"],
            "unknown option '--awnsers' of 'study analyse'; did you mean '--answers'?",
        ),
        (["--out", "x"], "study"),
    ],
)
def test_mistakes_are_one_line(arguments, expected, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["study", *arguments]) == 2
    assert expected in said(capsys)


@pytest.mark.parametrize("step", ["build", "serve", "analyse", "check"])
def test_each_step_has_help_with_an_example(step, capsys):
    with pytest.raises(SystemExit) as left:
        main(["study", step, "--help"])
    assert left.value.code == 0 and f"example: anyonenet study {step}" in capsys.readouterr().out


def test_printed_votes_are_checked(capsys):
    paper = ["--percent", "66.7", "6.7", "26.6", "--participants", "27", "--items", "16", "--f", "7.25"]
    assert main(["study", "check", *paper]) == 0
    printed = capsys.readouterr().out
    assert "432 votes: 288, 29 and 115." in printed and "not possible with participants as units" in printed
    assert "participants     27          16    10.12" in printed


def test_help_needs_nothing_heavy():
    code = (
        "import sys; from commands.study import main\n"
        "try: main(['serve', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'numpy', 'cv2', 'scipy', 'yaml'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_serve_takes_answers_until_ctrl_c(tmp_path):
    """The program itself: it says where it is, takes a participant in, and ends politely."""
    STUDY.save(tmp_path)
    (tmp_path / "public").mkdir()
    (tmp_path / "public" / "index.html").write_text("page", encoding="utf-8")
    command = [sys.executable, "-m", "commands", "study", "serve", str(tmp_path), "--port", "0"]

    def with_ctrl_c() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # what runs in the background of a shell has none

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=with_ctrl_c) as program:
        first = program.stdout.readline()
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+/", first)
        body = json.dumps(answers_of(STUDY, 1, at_random("first"))).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(address + "answers", body, headers)
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 201
        assert program.stdout.readline() == "1 participants\n"
        program.send_signal(signal.SIGINT)
        assert "1 participants' answers in" in program.stdout.read()
    assert program.returncode == 0
    assert len(list((tmp_path / "answers").glob("*.json"))) == 1


def test_analyse_prints_and_writes(tmp_path, capsys):
    STUDY.save(tmp_path)
    write_answers(tmp_path / "answers", STUDY, range(8), at_random("first", "similar", "second"), seconds=10)
    assert main(["study", "analyse", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "8 files of answers came in" in printed and str(tmp_path / "results") in printed
    assert (tmp_path / "results" / "votes.pdf").is_file()


def test_counts_from_a_paper(tmp_path, capsys):
    (tmp_path / "c.csv").write_text(
        "comparison,first_method,second_method,first,similar,second\nr,Image,Random,288,29,115\n", encoding="utf-8"
    )
    assert main(["study", "analyse", "--counts", str(tmp_path / "c.csv"), "--out", str(tmp_path / "out")]) == 0
    assert "66.7% preferred Image" in capsys.readouterr().out

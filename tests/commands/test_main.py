from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

from anyonenet.errors import CorpusError
from commands.__main__ import VERBS, main


def line_of(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr."""
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1 and captured.err.startswith("anyonenet: "), captured.err
    assert "Traceback" not in captured.err
    return captured.err


def test_help_lists_every_verb_with_one_line(capsys):
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    for verb, line in VERBS.items():
        assert f"{verb:<10}{line}\n" in printed
    assert "example: anyonenet generate" in printed


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_is_a_module_and_has_help_with_an_example(verb, capsys):
    assert importlib.util.find_spec(f"commands.{verb}")
    try:
        code = main([verb, "--help"])
    except SystemExit as leaving:  # argparse prints its help and leaves
        code = leaving.code
    assert code == 0
    assert f"example: anyonenet {verb}" in capsys.readouterr().out


def test_help_needs_nothing_heavy():
    code = (
        "import contextlib, io, sys; from commands.__main__ import HOUSE, VERBS, main; out = io.StringIO()\n"
        "for arguments in ([], *([verb] for verb in (*VERBS, *HOUSE))):\n"
        "    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit): main([*arguments, '--help'])\n"
        "heavy = {'torch', 'numpy', 'cv2', 'pytorch_lightning', 'matplotlib', 'gradio'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert out.getvalue().count('example: anyonenet') > len(VERBS)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "no verb given"),
        (["generat"], "unknown verb 'generat'; did you mean 'generate'?"),
        (["xyzzy"], "unknown verb 'xyzzy' ("),
        (["generate", "--txet", "a"], "unknown option '--txet' of 'generate'; did you mean '--text'?"),
        (["generate", "--text"], "expected one argument"),
        (["generate", "--text", "a"], "--image, --out missing"),
        (["generate", "stray"], "unknown argument 'stray'"),
        (["mini"], "--out"),
        (["mini", "--out", "x", "--seed", "-1"], "out of range"),
        (["mini", "--out", "x", "--size", "huge"], "choose from"),
        (["fit"], "--config missing"),
        (["fit", "--config", "no/such.yaml"], "no configuration at no/such.yaml"),
        (["evaluate", "nose"], "choose from"),
        (["export", "no/such/run", "--out", "x"], "no/such/run"),
    ],
)
def test_mistakes_are_one_line_and_exit_two(arguments, expected, capsys):
    assert main(arguments) == 2
    assert expected in line_of(capsys)


def test_interrupt_is_clean(monkeypatch, capsys):
    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("commands.mini.main", interrupted)
    assert main(["mini"]) == 130
    assert line_of(capsys) == "anyonenet: stopped\n"


def test_system_errors_are_one_line(monkeypatch, capsys):
    def full(arguments):
        raise OSError(28, "No space left on device", "talk.mp4")

    monkeypatch.setattr("commands.mini.main", full)
    assert main(["mini"]) == 2
    assert line_of(capsys) == "anyonenet: talk.mp4: No space left on device\n"


def test_our_errors_are_one_line_even_where_they_hold_several(monkeypatch, capsys):
    def refused(arguments):
        raise CorpusError("no speech\n   in here")

    monkeypatch.setattr("commands.mini.main", refused)
    assert main(["mini"]) == 2
    assert line_of(capsys) == "anyonenet: no speech in here\n"


def test_our_own_faults_keep_their_traceback(monkeypatch):
    def broken(arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("commands.mini.main", broken)
    with pytest.raises(ZeroDivisionError):
        main(["mini"])


def test_as_a_program():
    run = subprocess.run([sys.executable, "-m", "commands", "nonsense"], capture_output=True, text=True)
    assert run.returncode == 2 and run.stderr.count("\n") == 1 and not run.stdout

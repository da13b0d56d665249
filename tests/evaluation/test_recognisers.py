"""A user's own recogniser: a callable by name, or a program."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pytest

from anyonenet.errors import InputError
from evaluation.recognisers import recogniser_of

WAVS = [Path("a b.wav"), Path("c.wav")]


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """The current folder, with a module of the user's."""
    (tmp_path / "my_ears.py").write_text(
        "def transcribe(wavs, languages):\n"
        "    return [f'{wav.stem} {language}' for wav, language in zip(wavs, languages)]\n"
        "def one(wavs, languages):\n    return ['only one']\n"
        "def text(wavs, languages):\n    return 'a b'\n"
        "def broken(wavs, languages):\n    raise KeyError('model')\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "my_ears", raising=False)
    return tmp_path


def test_a_callable_of_the_current_folder(here):
    path = list(sys.path)
    assert recogniser_of("my_ears:transcribe")(WAVS, ["en", "zh"]) == ["a b en", "c zh"]
    assert sys.path == path


def test_the_documents_example_is_true(here, monkeypatch):
    """`ears.py` of docs/METRICS.md, with something small in the place of the package that it imports."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "METRICS.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (name,) = re.findall(r"`--recogniser (ears:\w+)`", page)
    model = types.SimpleNamespace(transcribe=lambda path, language: {"text": f"{Path(path).stem} in {language}"})
    small = types.SimpleNamespace(load_model=lambda size: model)
    monkeypatch.setitem(sys.modules, "whisper", small)
    monkeypatch.delitem(sys.modules, "ears", raising=False)
    (here / "ears.py").write_text(example, encoding="utf-8")
    assert recogniser_of(name)(WAVS, ["en", "zh"]) == ["a b in en", "c in zh"]


def test_a_callable_that_answers_wrongly_is_named(here):
    for name, expected in (
        ("one", "'my_ears:one' gave 1 texts for 2 recordings"),
        ("text", "'my_ears:text' gave no list of texts"),
        ("broken", "'my_ears:broken' failed: KeyError: 'model'"),
    ):
        with pytest.raises(InputError, match=expected):
            recogniser_of(f"my_ears:{name}")(WAVS, ["en", "zh"])


def test_a_program_is_asked_for_each_recording():
    line = f"{sys.executable} -c 'import sys; print(sys.argv[1:])' {{wav}} --language={{language}}"
    heard = recogniser_of(line)(WAVS, ["en", "zh"])
    assert [text.strip() for text in heard] == ["['a b.wav', '--language=en']", "['c.wav', '--language=zh']"]


def test_programs_that_cannot_hear_are_named():
    for line, expected in (
        ("no-such-program {wav}", "program 'no-such-program' is not there"),
        (f"{sys.executable} -c 'x", r"lacks \{wav\}"),
        ("sh -c 'echo {wav}", "is no command line"),
        ("whisper --model small", r"'whisper --model small' lacks \{wav\}"),
        ("nowhere:to_be_found", "cannot be imported"),
        ("whisper", "expected 'package.module:callable'"),
    ):
        with pytest.raises(InputError, match=expected):
            recogniser_of(line)
    with pytest.raises(InputError, match=r"'sh' ended with 3 at a b\.wav: no model"):
        recogniser_of("sh -c 'echo no model >&2; exit 3' {wav}")(WAVS, ["en", "zh"])

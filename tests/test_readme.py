"""Every command in README.md runs: the `anyonenet` lines in order, in one folder, with tiny weights and small corpora.

`make demo` and `make test` are not run from here (the second would run itself): that they are targets is checked, and
what `make demo` calls is run by `tests/commands/test_demo.py`.
"""

from __future__ import annotations

import re
import shlex
import shutil
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from commands.__main__ import VERBS, main
from datamodules.corpora.manifest import split_of
from evaluation.study.definition import load_study
from tests.evaluation.study.participants import at_random, write_answers

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
COMMANDS = [line for line in LINES if line.startswith("anyonenet ")]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory, tiny_weights, astronaut) -> Path:
    """A folder with the files that the commands name."""
    folder = tmp_path_factory.mktemp("readme")
    photo = Image.open(astronaut).convert("RGB").crop((100, 0, 356, 256))
    photo.resize((192, 192)).save(folder / "photo.jpg")
    with wave.open(str(folder / "voice.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(np.random.default_rng(0).normal(0, 3000, 16000).astype("<i2").tobytes())
    (folder / "jobs.csv").write_text("text,image,out,fps\nHi.,photo.jpg,job.mp4,5\n", encoding="utf-8")
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.copytree(ROOT / "sweeps", folder / "sweeps", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree(tiny_weights, folder / "weights")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.timeout(900)
def test_command_runs(command, workplace, monkeypatch, capsys):
    monkeypatch.chdir(workplace)
    assert main(shlex.split(command)[1:]) == 0, capsys.readouterr().err
    if command.startswith("anyonenet mini"):
        keep_one_address_unseen(workplace / "data/mini/Obama")
    if command.startswith("anyonenet study build"):
        take_part(workplace / "out/voices")


def keep_one_address_unseen(folder: Path) -> None:
    """Rename an address so that its hash falls into the test split: of so few, chance gives 5 % of them none."""
    name = next(name for name in map("unseen_{}".format, range(1000)) if split_of(name) == "test")
    first = min(folder.glob("*.mp4")).stem
    for path in list(folder.glob(f"{first}.*")):
        path.rename(folder / path.name.replace(first, name, 1))


def take_part(folder: Path) -> None:
    """Three participants who choose at random: a study needs some before it can be analysed."""
    choose = at_random("first", "similar", "second")
    write_answers(folder / "answers", load_study(folder), range(3), choose, seconds=20)


def test_every_verb_has_its_section():
    headings = re.findall(r"^### (.+)$", README, re.MULTILINE)
    assert {verb.strip() for heading in headings for verb in heading.split(",")} == set(VERBS)


def test_the_two_commands_are_targets():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {line.split()[1] for line in LINES if line.startswith("make ")} | set(re.findall(r"`make (\w+)`", README))
    assert named >= {"demo", "test", "weights"}
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_line_in_a_block_is_known():
    assert [line for line in LINES if line and not line.startswith(("anyonenet ", "make "))] == []


def test_what_the_readme_points_to_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target

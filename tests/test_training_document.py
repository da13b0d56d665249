"""Every command in docs/TRAINING.md can be understood: verbs and options exist, configurations fit together."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest

from commands.__main__ import VERBS
from commands.options import Mistake, Options
from commands.slurm import without_slurm
from commands.training import read_configuration

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "TRAINING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\w*\n(.*?)```", TEXT, re.DOTALL)
LINES = [line for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if line.strip()]
OURS = [line for line in LINES if "anyonenet " in line and not line.startswith("pip ")]
OTHERS = (
    "sbatch ",
    "srun ",
    "pip install",
    "python -m ",
    "wandb ",
    "tensorboard ",
    "apt install ",
    "make ",
    "scancel ",
)
TRAINING = ("fit", "validate", "test")


class Understood(Exception):
    """Parsing is over."""


@pytest.fixture
def only_parsing(monkeypatch):
    """A verb of argparse reads its options and goes no further."""
    read = Options.read

    def stop(self, arguments):
        read(self, arguments)
        raise Understood

    monkeypatch.setattr(Options, "read", stop)
    monkeypatch.chdir(ROOT)


def words_of(line: str) -> list[str]:
    """From `anyonenet` on, however it is started; what a shell or scheduler fills in stands for 1."""
    line = re.sub(r"\$\{?\w+\}?", "1", line.split(" # ")[0])
    words = shlex.split(line)
    if "anyonenet" not in words:  # inside what another program starts
        words = shlex.split(next(word for word in words if "anyonenet " in word))
    return words[words.index("anyonenet") + 1 :]


def understand(line: str) -> None:
    """Read a command's options.

    Raises:
        Mistake: one is wrong.
    """
    verb, *arguments = words_of(line)
    assert verb in VERBS
    if verb in TRAINING:
        assert read_configuration(verb, without_slurm(arguments)[0]).trainer is not None
        return
    with pytest.raises(Understood):
        importlib.import_module(f"commands.{verb}").main(arguments)


@pytest.mark.parametrize("line", OURS)
def test_command_is_understood(line, only_parsing):
    understand(line)


@pytest.mark.parametrize(
    "line", ["anyonenet fit --config configs/tts/none.yaml", "anyonenet figure curves run --outt x", "anyonenet git"]
)
def test_a_wrong_command_would_be_found(line, only_parsing):
    with pytest.raises((Mistake, AssertionError)):
        understand(line)


def test_every_line_in_a_block_is_of_a_known_program():
    unknown = [line for line in LINES if not line.startswith(("anyonenet ", *OTHERS))]
    assert unknown == []


def test_what_the_document_points_to_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        if not target.startswith("http"):
            assert (ROOT / "docs" / target).exists(), target
    for target in re.findall(r"\b(configs/[\w/.-]+\.(?:yaml|sbatch)|sweeps/[\w/.-]+\.yaml)\b", TEXT):
        assert (ROOT / target).exists(), target
    for module in re.findall(r"python -m ([\w.]+)", TEXT):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module

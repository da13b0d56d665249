"""Imports go down only: the floors of the house, held by reading every import statement."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "anyonenet": set(),
    "datamodules": {"anyonenet"},
    "lightning_modules": {"anyonenet"},
    "evaluation": {"anyonenet", "datamodules"},
    "sweeps": {"anyonenet", "datamodules", "lightning_modules"},
    "commands": {"anyonenet", "datamodules", "lightning_modules", "evaluation", "sweeps"},
}
FORBIDDEN_OUTSIDE = {
    "anyonenet": {"pytorch_lightning", "lightning", "argparse", "jsonargparse", "omegaconf"},
    "evaluation": {"pytorch_lightning", "lightning"},
    "lightning_modules": {"pandas"},
}
"""other packages that a floor must do without"""


def imported(source: str) -> set[str]:
    """Top-level names of every package that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the floor"
            names.add((node.module or "").split(".")[0])
    return names


def modules() -> list[Path]:
    return sorted(path.relative_to(ROOT) for floor in MAY_IMPORT for path in (ROOT / floor).rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=str)
def test_imports_go_down_only(path: Path) -> None:
    floor = path.parts[0]
    names = imported((ROOT / path).read_text(encoding="utf-8"))
    up = (names & set(MAY_IMPORT)) - MAY_IMPORT[floor] - {floor}
    assert not up, f"{path} imports {', '.join(sorted(up))}"
    foreign = names & FORBIDDEN_OUTSIDE.get(floor, set())
    assert not foreign, f"{path} imports {', '.join(sorted(foreign))}"


def test_the_reader_sees_every_kind_of_import() -> None:
    source = "import a.b, c\nfrom d.e import f\ndef g():\n    import h\n"
    assert imported(source) == {"a", "c", "d", "h"}


def test_every_floor_is_there() -> None:
    for floor in MAY_IMPORT:
        assert (ROOT / floor / "__init__.py").is_file(), floor

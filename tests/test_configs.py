"""Every YAML in `configs/` is understood by the program's own parser, together with the files it builds on."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytorch_lightning.cli import LightningCLI

from commands.stages import STAGES
from commands.training import make_cli
from sweeps.rows import read_row

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = sorted(
    path.relative_to(ROOT / "configs")
    for path in (ROOT / "configs").rglob("*.yaml")
    if path.parent.name != "study"  # another program's: tests/evaluation/study/test_plan_file.py reads them
)
SOME_STAGE = "landmarks/base.yaml"


def files_of(config: Path) -> list[Path]:
    """The configuration with what it is meant to be laid over."""
    if config.parts[0] == "trainer":
        return [Path(SOME_STAGE), config]
    if "ablations" in config.parts:
        row = read_row(ROOT / "configs" / config)
        return [row.config] if row.config else [Path(config.parts[0]) / "base.yaml", config]
    if config.name == "further.yaml":
        return [config.with_name("mini.yaml"), config]
    return [config]


@pytest.fixture
def parse(monkeypatch):
    """Parse only: what a configuration names is found and typed by its signature, but not built."""
    monkeypatch.setattr(LightningCLI, "instantiate_classes", lambda self: None)
    monkeypatch.chdir(ROOT)

    def parsed(files: list[Path], *more: str):
        arguments = [argument for file in files for argument in ("--config", str(ROOT / "configs" / file))]
        return make_cli([*arguments, *more], run=False).config

    return parsed


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_parses(parse, config):
    values = parse(files_of(config))
    assert values.model.class_path and values.data.class_path


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_has_the_paper_and_the_embedded_corpus(stage):
    for name in ("base.yaml", "mini.yaml"):
        assert Path(stage) / name in CONFIGS


@pytest.mark.parametrize("stage", STAGES)
def test_configurations_train_the_stage_they_are_named_after(parse, stage):
    for name in ("base.yaml", "mini.yaml"):
        assert parse([Path(stage) / name]).model.class_path == STAGES[stage].module


def test_the_machines_are_there():
    assert {Path("trainer") / f"{name}.yaml" for name in ("cpu", "gpu", "ddp", "slurm")} <= set(CONFIGS)


def test_a_machine_changes_the_trainer_only(parse):
    plain, on_gpu = parse([Path(SOME_STAGE)]), parse([Path(SOME_STAGE), Path("trainer/gpu.yaml")])
    assert on_gpu.trainer.precision == "bf16-mixed" and on_gpu.trainer.accelerator == "gpu"
    assert on_gpu.model == plain.model and on_gpu.data == plain.data


def test_slurm_reads_the_number_of_machines(parse, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_NUM_NODES", "3")
    assert parse([Path(SOME_STAGE), Path("trainer/slurm.yaml")]).trainer.num_nodes == 3


def test_a_wrong_key_is_refused(parse):
    with pytest.raises(Exception, match="no_such_width"):
        parse([Path(SOME_STAGE)], "--model.init_args.no_such_width", "3")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", ("base.yaml", "mini.yaml"))
def test_the_newest_checkpoint_is_kept_whether_it_is_the_best_or_not(parse, stage, name):
    savers = [callback.init_args for callback in parse([Path(stage) / name]).trainer.callbacks]
    newest = [saver for saver in savers if saver.monitor is None]
    assert len(newest) == 1 and (newest[0].filename == "last" or newest[0].save_last)
    assert not any(saver.save_last for saver in savers if saver.monitor is not None)


@pytest.mark.parametrize("stage", STAGES)
def test_a_run_lies_where_its_root_is_set_to(parse, stage):
    for name in ("base.yaml", "mini.yaml"):
        trainer = parse([Path(stage) / name], "--trainer.default_root_dir", "elsewhere").trainer
        places = [callback.init_args.dirpath for callback in trainer.callbacks if "Checkpoint" in callback.class_path]
        places += [trainer.logger.init_args.save_dir] if trainer.logger else []
        assert places and set(places) == {"elsewhere"}

"""Every metric gives the same on one process and on two that saw different items, more on one than on the other."""

from __future__ import annotations

import inspect
import pkgutil
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torchmetrics import Metric

import evaluation.metrics
from evaluation.metrics.aggregates import Gathered, ItemMean
from tests.evaluation.metrics.cases import CASES

BASES = {ItemMean, Gathered}
pytestmark = pytest.mark.timeout(900)  # importing everything takes the second rank minutes on a busy machine
ONE_SIDED = ("EqualErrorRate", "VoiceDiversity", "SpeakerSimilarity", "RecallAt")
"""computed once more with all items on one rank and none on the other"""


def public_metrics() -> dict[str, type[Metric]]:
    """Every metric class that a module of evaluation/metrics defines under a public name."""
    found = {}
    for module in pkgutil.iter_modules(evaluation.metrics.__path__, "evaluation.metrics."):
        for name, value in vars(import_module(module.name)).items():
            own = inspect.isclass(value) and issubclass(value, Metric) and value.__module__ == module.name
            if own and not name.startswith("_") and value not in BASES:
                found[name] = value
    return found


def _rank(rank: int, folder: str, imported: Any = None) -> None:
    if imported is not None:
        imported.set()
    dist.init_process_group("gloo", f"file://{folder}/store", timedelta(seconds=120), world_size=2, rank=rank)
    try:
        torch.save(_results(rank), f"{folder}/{rank}.pt")
        dist.barrier()
    finally:
        dist.destroy_process_group()


def _results(rank: int) -> dict[str, Any]:
    """Of every case on the updates of this rank, and of `ONE_SIDED` with all updates on the second."""
    results = {}
    for name, case in CASES.items():
        metric = case.make()
        for arguments in case.updates()[rank::2]:
            metric.update(*arguments)
        results[name] = metric.compute()
    for name in ONE_SIDED:
        metric = CASES[name].make()
        for arguments in CASES[name].updates() if rank == 1 else []:
            metric.update(*arguments)
        results[f"{name} of one rank"] = metric.compute()
    return results


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What both ranks computed; the first is this process, which has imported everything already."""
    folder: Path = tmp_path_factory.mktemp("ranks")
    context = mp.get_context("spawn")
    imported = context.Event()
    other = context.Process(target=_rank, args=(1, str(folder), imported), daemon=True)
    other.start()
    while not imported.wait(1.0):  # on a busy machine longer than the process group would
        assert other.is_alive(), "the second rank ended before it began"
    _rank(0, str(folder))
    other.join()
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2)]


def alone(name: str) -> Any:
    metric = CASES[name].make()
    for arguments in CASES[name].updates():
        metric.update(*arguments)
    return metric.compute()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_two_ranks_agree_with_one(ranks: list[dict[str, Any]], name: str) -> None:
    expected = alone(name)
    for results in ranks:
        torch.testing.assert_close(results[name], expected, check_dtype=False, msg=name)
    for value in expected.values() if isinstance(expected, dict) else [expected]:
        assert value.isfinite()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ONE_SIDED)
def test_a_rank_may_see_nothing(ranks: list[dict[str, Any]], name: str) -> None:
    for results in ranks:
        torch.testing.assert_close(results[f"{name} of one rank"], alone(name), check_dtype=False)


def test_every_public_metric_is_tested_on_two_ranks() -> None:
    assert set(CASES) == set(public_metrics())


@pytest.mark.parametrize("name", CASES)
def test_what_one_rank_saw_is_not_the_whole(name: str) -> None:
    """Guards the test above: a metric that does not gather would be told apart."""
    metric = CASES[name].make()
    try:
        for arguments in CASES[name].updates()[1::2]:
            metric.update(*arguments)
        part = metric.compute()
    except ValueError:  # it says that a side is missing
        return
    with pytest.raises(AssertionError):
        torch.testing.assert_close(part, alone(name), check_dtype=False)

"""Run the embedded corpora's independent jobs in several processes, results in order."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

import cv2
from tqdm import tqdm

Job = TypeVar("Job")
Result = TypeVar("Result")


def run_jobs(
    function: Callable[[Job], Result], jobs: Sequence[Job], workers: int | None, progress: bool, description: str
) -> list[Result]:
    """`[function(job) for job in jobs]`, in `workers` processes (None: one a core; 1: in this process)."""
    count = workers if workers is not None else available_cores()
    if count <= 1 or len(jobs) < 2:
        return [function(job) for job in tqdm(jobs, desc=description, disable=not progress)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(count, len(jobs)), mp_context=context, initializer=_one_thread) as pool:
        return list(tqdm(pool.map(function, jobs), total=len(jobs), desc=description, disable=not progress))


def available_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _one_thread() -> None:
    cv2.setNumThreads(1)

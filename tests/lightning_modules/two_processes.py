"""Two processes of one training, on the CPU."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import torch
import torch.multiprocessing as mp

from lightning_modules import face_encoder


def in_two_processes(work: Callable[[int, str], None], folder: Path) -> None:
    """Call `work(rank, folder)` in both; their trainers find each other."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mp.spawn(_begin, (port, work, str(folder)), nprocs=2)


def _begin(rank: int, port: int, work: Callable[[int, str], None], folder: str) -> None:
    torch.set_num_threads(1)
    os.environ.pop("PL_GLOBAL_SEED", None)  # left by a test before; Lightning would draw from it anew with ranks only
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "RANK": str(rank), "WORLD_SIZE": "2"}
    os.environ |= {"LOCAL_RANK": str(rank), "NODE_RANK": "0"}
    face_encoder.FACE_SIZES["dlib"] = 16
    work(rank, folder)
